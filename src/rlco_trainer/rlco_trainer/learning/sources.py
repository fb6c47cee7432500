# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What training draws from: demonstrations as images, or as what a frozen backbone made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rlco_trainer.learning.augment import varied
from rlco_trainer.learning.batches import Demonstrations
from rlco_trainer.policies.policy import Examples, Learner, Policy, Seen

_CHUNK = 512


class Source(Protocol):
    """Where supervised examples come from."""

    def __len__(self) -> int: ...

    def examples(
        self, policy: Learner, frames: NDArray[np.int64], rng: torch.Generator
    ) -> Examples: ...


@dataclass(frozen=True)
class ImageSource:
    """Demonstrations whose images go through the backbone every time.

    Attributes:
        data: the demonstrations.
        horizon: rows of a chunk.
        strength: of the augmentation of images, 0 for none.
        pointing: examples say how badly the backbone points, too.
    """

    data: Demonstrations
    horizon: int
    strength: float = 0.0
    pointing: bool = False

    def __len__(self) -> int:
        return len(self.data.actions)

    def examples(
        self, policy: Learner, frames: NDArray[np.int64], rng: torch.Generator
    ) -> Examples:
        """The examples at ``frames``, with gradients into the backbone."""
        batch = self.data.batch(frames, self.horizon)
        points = torch.from_numpy(self.data.points[frames])
        image, points = varied(batch.image, points, rng, self.strength)
        seen, scores = policy.look(image, batch.state, batch.words, batch.mask)
        actions, weight = batch.actions.to(policy.device), batch.weight.to(policy.device)
        if not self.pointing:
            return Examples(seen, actions, weight)
        points = points.to(policy.device)
        return Examples(seen, actions, weight, policy.backbone.pointing_loss(scores, points))


@dataclass(frozen=True)
class ContextSource:
    """Demonstrations seen once by a backbone that stays as it is.

    Attributes:
        data: the demonstrations; their images are not looked at again.
        horizon: rows of a chunk.
        contexts: (copies, N, tokens, width) float16, one of the copies plain, the others of
            augmented images.
    """

    data: Demonstrations
    horizon: int
    contexts: Tensor

    @classmethod
    @torch.no_grad()
    def build(
        cls,
        policy: Policy,
        data: Demonstrations,
        copies: int = 1,
        strength: float = 0.0,
        seed: int = 0,
    ) -> ContextSource:
        """Runs the backbone over all frames, ``copies`` times, the first time without change."""
        rng = torch.Generator().manual_seed(seed)
        parts = []
        for copy in range(copies):
            seen = []
            for frames in np.array_split(
                np.arange(len(data.actions)), -(-len(data.actions) // _CHUNK)
            ):
                batch = data.batch(frames, 1)
                nowhere = torch.zeros((len(frames), 0, 2))
                image, _ = varied(batch.image, nowhere, rng, strength if copy else 0.0)
                context = policy.see(image, batch.state, batch.words, batch.mask).context
                seen.append(context.to(torch.float16).cpu())
            parts.append(torch.cat(seen))
        return cls(data, policy.horizon, torch.stack(parts))

    @property
    def plain(self) -> ContextSource:
        """The copy of unchanged images alone."""
        return replace(self, contexts=self.contexts[:1])

    def __len__(self) -> int:
        return len(self.data.actions)

    def examples(
        self, policy: Learner, frames: NDArray[np.int64], rng: torch.Generator
    ) -> Examples:
        """The examples at ``frames``, each from a copy drawn at random."""
        copies = torch.randint(len(self.contexts), (len(frames),), generator=rng)
        context = self.contexts[copies, torch.from_numpy(frames)].float().to(policy.device)
        chunks = self.data.chunks(frames, self.horizon)
        state, actions, weight = (part.to(policy.device) for part in chunks)
        return Examples(Seen(context, state), actions, weight)


@dataclass(frozen=True)
class Portion:
    """What a mixture draws from: some frames of a source, and for which share of the examples.

    Attributes:
        kind: what it is, such as sim or real; several portions may be of one kind.
        source, frames, share: see above.
    """

    kind: str
    source: Source
    frames: NDArray[np.int64]
    share: float


class Mixture:
    """Examples of several portions, each example from one drawn by its share.

    Args:
        portions: of which the shares need not sum to one.
    """

    def __init__(self, portions: Sequence[Portion]) -> None:
        self._portions = [portion for portion in portions if portion.share > 0.0]
        shares = np.array([portion.share for portion in self._portions])
        self._shares = shares / shares.sum()

    def draw(
        self, policy: Learner, size: int, key: tuple[int, ...]
    ) -> tuple[list[Examples], Mapping[str, float]]:
        """The examples of one training step, portion by portion, and the realised share of each
        kind.

        A function of ``key``, so that a resumed run sees the same.
        """
        choice = np.random.default_rng(key)
        rng = torch.Generator().manual_seed(int(choice.integers(2**63)))
        counts = choice.multinomial(size, self._shares)
        found, shares = [], {portion.kind: 0.0 for portion in self._portions}
        for count, portion in zip(counts, self._portions, strict=True):
            if count:
                drawn = choice.choice(portion.frames, count)
                found.append(portion.source.examples(policy, drawn, rng))
                shares[portion.kind] += count / size
        return found, shares


@torch.no_grad()
def held_out_loss(policy: Learner, source: Source, frames: NDArray[np.int64]) -> float:
    """Supervised loss where nothing was trained: what is forgotten of the real world shows here
    first. The same draws every time, so that figures of different moments compare.
    """
    rng = torch.Generator().manual_seed(0)
    return float(policy.imitation_loss(source.examples(policy, frames, rng), rng))


def together(parts: Sequence[Examples]) -> Examples:
    """Several batches as one."""
    seen = Seen(
        torch.cat([part.seen.context for part in parts]),
        torch.cat([part.seen.state for part in parts]),
    )
    pointing = [part.pointing for part in parts if part.pointing is not None]
    return Examples(
        seen,
        torch.cat([part.actions for part in parts]),
        torch.cat([part.weight for part in parts]),
        torch.cat(pointing) if pointing else None,
    )
