# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A film of a trial: what the policy saw in its first episodes, side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from rlco_sim.session import DT
from rlco_trainer.learning.trial import Outcome
from rlco_trainer.video import Frame, caption, write_mp4

#: px, of an episode's tile without and of the bar below it with its words.
_TILE, _BAR = 256, 26


class Film:
    """Takes the pictures of one trial; it is a ``trial.Look``.

    Args:
        episodes: how many are filmed.
    """

    def __init__(self, episodes: int = 4) -> None:
        self._seen: list[list[NDArray[np.uint8]]] = [[] for _ in range(episodes)]

    def __call__(self, episode: int, image: NDArray[np.uint8]) -> None:
        if episode < len(self._seen):
            self._seen[episode].append(image.copy())

    def write(self, path: Path, outcomes: Sequence[Outcome], execute: int) -> None:
        """Writes an mp4 at the episodes' own pace, a picture for every ``execute`` actions.

        Raises:
            RlcoError: there is nothing to be seen, or it cannot be written.
        """
        pairs = zip(self._seen, outcomes, strict=False)
        tiles = [_tiles(seen, outcome) for seen, outcome in pairs if seen]
        write_mp4(path, _side_by_side(tiles), 1.0 / (DT * execute))


def _tiles(seen: Sequence[NDArray[np.uint8]], outcome: Outcome) -> list[Frame]:
    """The pictures of one episode, large and with words below: the last one says how it ended."""
    end = "success" if outcome.success else "no success"
    words = [outcome.instruction] * (len(seen) - 1) + [f"{outcome.instruction}: {end}"]
    return [caption(_large(image), text) for image, text in zip(seen, words, strict=True)]


def _large(image: NDArray[np.uint8]) -> Frame:
    """Every pixel as it is, only larger, and room for words below."""
    height, width = image.shape[:2]
    scale = _TILE / max(height, width)
    size = (round(width * scale), round(height * scale))
    large = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_NEAREST), np.uint8)
    return np.pad(large, ((0, _BAR), (0, 0), (0, 0)))


def _side_by_side(tiles: Sequence[Sequence[Frame]]) -> Iterator[Frame]:
    """Rows of tiles as near to a square as they can be; an episode that is over stays in view."""
    columns = math.ceil(math.sqrt(len(tiles)))
    for step in range(max(map(len, tiles), default=0)):
        now = [frames[min(step, len(frames) - 1)] for frames in tiles]
        now += [np.zeros_like(now[0])] * (-len(now) % columns)
        rows = [np.concatenate(now[i : i + columns], 1) for i in range(0, len(now), columns)]
        yield np.concatenate(rows)
