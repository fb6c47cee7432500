# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Demonstrations in memory, and the batches that training draws from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rlco_core.errors import ConfigError
from rlco_core.language import LanguageEncoder
from rlco_core.types import readonly


class Batch(NamedTuple):
    """What some frames show, and what was done from there on; see ``Policy.see``."""

    image: Tensor
    state: Tensor
    words: Tensor
    mask: Tensor
    actions: Tensor
    weight: Tensor


@dataclass(frozen=True)
class Demonstrations:
    """All frames of a dataset, N in all, episode after episode.

    Attributes:
        images: (N, H, W, 3) uint8 RGB.
        states: (N, 17) float32.
        actions: (N, 7) float32.
        episode_ends: (N,) int, index just past the last frame of a frame's episode.
        sentence: (N,) int, row of ``words`` and ``mask``.
        words: (S, tokens, width) float32, and mask: (S, tokens) float32.
        points: (N, P, 2) float32 px, see ``Demonstration.points``; P is 0 where nobody knows them.
    """

    images: NDArray[np.uint8]
    states: NDArray[np.float32]
    actions: NDArray[np.float32]
    episode_ends: NDArray[np.int64]
    sentence: NDArray[np.int64]
    words: NDArray[np.float32]
    mask: NDArray[np.float32]
    points: NDArray[np.float32]

    @classmethod
    def build(
        cls,
        images: NDArray[np.uint8],
        states: NDArray[np.float32],
        actions: NDArray[np.float32],
        lengths: Sequence[int],
        instructions: Sequence[str],
        points: NDArray[np.float32] | None = None,
    ) -> Demonstrations:
        """From flat frames, with the length and the instruction of every episode."""
        unknown = np.zeros((len(images), 0, 2), np.float32)
        encoder = LanguageEncoder.load()
        sentences = sorted(set(instructions))
        tokens = [encoder.encode(sentence) for sentence in sentences]
        rows = [sentences.index(instruction) for instruction in instructions]
        return cls(
            images=readonly(images),
            states=readonly(states),
            actions=readonly(actions),
            episode_ends=readonly(np.repeat(np.cumsum(lengths), lengths)),
            sentence=readonly(np.repeat(rows, lengths)),
            words=readonly(np.stack([t.tokens for t in tokens])),
            mask=readonly(np.stack([t.mask for t in tokens])),
            points=readonly(unknown if points is None else points),
        )

    @classmethod
    def joined(cls, parts: Sequence[Demonstrations]) -> Demonstrations:
        """Several datasets one after the other, as one."""
        frames = np.cumsum([0, *(len(part.actions) for part in parts)])
        rows = np.cumsum([0, *(len(part.words) for part in parts)])
        ends = [part.episode_ends + n for part, n in zip(parts, frames, strict=False)]
        sentences = [part.sentence + n for part, n in zip(parts, rows, strict=False)]
        kept = ("images", "states", "actions", "words", "mask", "points")
        return cls(
            **{name: readonly(np.concatenate([getattr(p, name) for p in parts])) for name in kept},
            episode_ends=readonly(np.concatenate(ends)),
            sentence=readonly(np.concatenate(sentences)),
        )

    def spoken(self) -> NDArray[np.float32]:
        """(words, width): every real word of every sentence."""
        return self.words[self.mask > 0.0]

    def early(self, frames: NDArray[np.int64], count: int) -> NDArray[np.int64]:
        """Those of ``frames`` that are among the first ``count`` of their episode."""
        ends = np.unique(self.episode_ends)
        starts = np.concatenate([[0], ends[:-1]])
        since = frames - starts[np.searchsorted(ends, self.episode_ends[frames])]
        return frames[since < count]

    def split(self, held_out: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Frame numbers to train on and of the last ``held_out`` episodes.

        Raises:
            ConfigError: no episode is left to train on.
        """
        ends = np.unique(self.episode_ends)
        if held_out >= len(ends):
            raise ConfigError(
                f"{held_out} held-out episodes of {len(ends)} leave none to train on; "
                "collect more episodes or hold fewer out"
            )
        first_held_out = ends[-held_out - 1] if held_out else ends[-1]
        frames = np.arange(len(self.actions))
        return frames[frames < first_held_out], frames[frames >= first_held_out]

    def batch(self, frames: NDArray[np.int64], horizon: int) -> Batch:
        """The observations at ``frames`` and the actions that follow.

        Rows past the end of an episode repeat its last action and have weight 0.
        """
        sentence = self.sentence[frames]
        arrays = (self.images[frames], self.words[sentence], self.mask[sentence])
        image, words, mask = (torch.from_numpy(array) for array in arrays)
        state, actions, weight = self.chunks(frames, horizon)
        return Batch(image, state, words, mask, actions, weight)

    def chunks(self, frames: NDArray[np.int64], horizon: int) -> tuple[Tensor, Tensor, Tensor]:
        """States at ``frames``, and the actions that follow with their weights."""
        rows = frames[:, None] + np.arange(horizon)
        ends = self.episode_ends[frames][:, None]
        arrays = (
            self.states[frames],
            self.actions[np.minimum(rows, ends - 1)],
            (rows < ends).astype(np.float32),
        )
        state, actions, weight = (torch.from_numpy(array) for array in arrays)
        return state, actions, weight
