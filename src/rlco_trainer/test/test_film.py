# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The film of a trial: what was seen, large, side by side, with what was said and how it ended."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from rlco_core.errors import RlcoError
from rlco_trainer.learning.film import Film
from rlco_trainer.learning.trial import Outcome

WIDTH, HEIGHT, BAR = 256, 256, 26


def outcomes(count: int, success: bool = True) -> list[Outcome]:
    return [Outcome(seed, success, 8, "push the red cube") for seed in range(count)]


def picture(colour: int, size: tuple[int, int] = (64, 64)) -> NDArray[np.uint8]:
    """Dark on the left, ``colour`` on the right."""
    image = np.zeros((*size, 3), np.uint8)
    image[:, size[1] // 2 :] = colour
    return image


def filmed(path: Path, lengths: list[int], execute: int = 4) -> list[NDArray[np.uint8]]:
    film = Film()
    for episode, length in enumerate(lengths):
        for step in range(length):
            film(episode, picture(60 * (step + 1)))
    film.write(path, outcomes(len(lengths)), execute)
    with av.open(str(path)) as video:
        assert video.streams.video[0].average_rate == 20 / execute
        return [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]


def shades(frame: NDArray[np.uint8], row: int, column: int) -> tuple[int, int]:
    """Of the left and of the right half of a tile."""
    y = row * (HEIGHT + BAR) + HEIGHT // 2
    middles = [column * WIDTH + WIDTH // 4, column * WIDTH + 3 * WIDTH // 4]
    left, right = (int(frame[y - 20 : y + 20, x - 20 : x + 20].mean()) for x in middles)
    return left, right


def test_episodes_are_in_a_square_each_at_its_own_step(tmp_path: Path) -> None:
    frames = filmed(tmp_path / "videos" / "film.mp4", [3, 2, 1, 4])
    assert len(frames) == 4
    assert frames[0].shape == (2 * (HEIGHT + BAR), 2 * WIDTH, 3)
    for step, frame in enumerate(frames):
        for episode, length in enumerate([3, 2, 1, 4]):
            left, right = shades(frame, *divmod(episode, 2))
            assert left == pytest.approx(0, abs=6)
            assert right == pytest.approx(60 * (min(step, length - 1) + 1), abs=6)


@pytest.mark.parametrize(("count", "rows", "columns"), [(1, 1, 1), (2, 1, 2), (3, 2, 2), (9, 2, 2)])
def test_there_may_be_fewer_and_more_are_left_out(
    count: int, rows: int, columns: int, tmp_path: Path
) -> None:
    (frame,) = filmed(tmp_path / "film.mp4", [1] * count)
    assert frame.shape == (rows * (HEIGHT + BAR), columns * WIDTH, 3)


def test_no_pixel_is_hidden_and_words_are_below(tmp_path: Path) -> None:
    frame = filmed(tmp_path / "film.mp4", [2])[0]
    assert frame[HEIGHT - 12 : HEIGHT - 2, WIDTH // 2 + 10 :].mean() == pytest.approx(60, abs=6)
    bar = frame[HEIGHT + 2 :]
    assert bar.max() > 150
    assert np.median(bar) < 30


def test_the_end_of_an_episode_is_told(tmp_path: Path) -> None:
    frames = filmed(tmp_path / "film.mp4", [3])
    words = [frame[HEIGHT + 2 :].astype(int) for frame in frames]
    assert np.abs(words[0] - words[1]).mean() < 2
    assert np.abs(words[1] - words[2]).mean() > 5


def test_other_sizes_are_brought_to_the_same_height(tmp_path: Path) -> None:
    film = Film()
    film(0, picture(90, (48, 64)))
    film.write(tmp_path / "film.mp4", outcomes(1), 4)
    with av.open(str(tmp_path / "film.mp4")) as video:
        assert (video.streams.video[0].width, video.streams.video[0].height) == (256, 192 + BAR)


def test_it_keeps_what_it_was_only_lent(tmp_path: Path) -> None:
    film, image = Film(), picture(60)
    film(0, image)
    image[:] = 255
    film(0, image)
    film.write(tmp_path / "film.mp4", outcomes(1), 4)
    with av.open(str(tmp_path / "film.mp4")) as video:
        first = next(video.decode(video=0)).to_ndarray(format="rgb24")
    assert shades(first, 0, 0) == pytest.approx((0, 60), abs=6)


def test_nothing_to_see_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RlcoError, match="no frames"):
        Film().write(tmp_path / "film.mp4", outcomes(2), 4)
