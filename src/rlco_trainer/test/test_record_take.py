# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What comes in during an episode is paired as a policy would have seen it."""

from __future__ import annotations

import random

import numpy as np
import pytest

from rlco_core.errors import DatasetError
from rlco_core.robot import RobotConfig
from rlco_policy.measurements import Image, JointState
from rlco_trainer.recording.take import Act, Budget, Memory

PANDA = RobotConfig.load("panda")
MS = 1_000_000
EXACT, LOOSE = Budget(0, 0), Budget(age_ns=200 * MS, skew_ns=30 * MS)


def joints(stamp_ms: int, first: float = 0.0) -> JointState:
    return JointState(stamp_ms * MS, np.array([first, *PANDA.home[1:], 0.02, 0.02]))


def image(stamp_ms: int, size: int = 8) -> Image:
    return Image(stamp_ms * MS, np.full((size, size, 3), stamp_ms % 256, np.uint8))


def act(stamp_ms: int, by_person: bool = False) -> Act:
    return Act(stamp_ms * MS, np.full(7, stamp_ms, np.float32), by_person, joints(0).positions)


def memory(budget: Budget = EXACT) -> Memory:
    return Memory(PANDA, (8, 8), budget)


def test_any_order_and_repetitions_give_the_same_take() -> None:
    made = memory()
    said = [
        (put, what)
        for ms in (0, 50, 100)
        for put, what in (
            (made.on_image, image(ms)),
            (made.on_joints, joints(ms, ms / 1e3)),
            (made.on_act, act(ms, ms == 50)),
        )
    ] * 2
    random.Random(0).shuffle(said)
    for put, what in said:
        put(what)  # type: ignore[operator]
    assert made.complete(3)
    take = made.take()
    assert take.images[:, 0, 0, 0].tolist() == [0, 50, 100]
    assert take.actions[:, 0].tolist() == [0, 50, 100]
    assert take.by_person.tolist() == [False, True, False]
    # The base turns ahead of the command: what is pending turns back.
    np.testing.assert_allclose(take.states[:, 15], [0.0, -0.05, -0.1], atol=1e-6)


def test_the_newest_image_of_then_is_seen_with_the_joints_before_it() -> None:
    made = memory(LOOSE)
    for ms in (0, 33, 66):
        made.on_image(image(ms))
    for ms in range(5, 100, 10):
        made.on_joints(joints(ms, ms / 1e3))
    made.on_act(act(50))
    take = made.take()
    assert take.images[0, 0, 0, 0] == 33
    np.testing.assert_allclose(take.states[0, 15], -0.025, atol=1e-6)


def test_pictures_of_another_size_are_resized_whole() -> None:
    made = memory()
    assert made.on_image(image(0, size=32)).shape == (8, 8, 3)
    made.on_joints(joints(0))
    made.on_act(act(0))
    assert made.take().images.shape == (1, 8, 8, 3)


def test_the_pixels_outlive_their_message() -> None:
    made, seen = memory(), image(0)
    made.on_image(seen)
    seen.pixels[:] = 99
    made.on_joints(joints(0))
    made.on_act(act(0))
    assert (made.take().images == 0).all()


@pytest.mark.parametrize(
    ("budget", "ms", "line"),
    [
        (EXACT, (10, 0), "no image within 0 ms before 0.000 s"),
        (EXACT, (0, 10), "no joint state within 0 ms before 0.000 s"),
        (LOOSE, (-201, 0), "no image within 200 ms before 0.000 s"),
        (LOOSE, (0, -31), "no joint state within 30 ms before 0.000 s"),
    ],
)
def test_what_is_missing_is_named(budget: Budget, ms: tuple[int, int], line: str) -> None:
    made = memory(budget)
    made.on_image(image(ms[0]))
    made.on_joints(joints(ms[1]))
    made.on_act(act(0))
    assert line in made.missing()
    assert not made.complete(1)
    with pytest.raises(DatasetError, match=line):
        made.take()


def test_an_episode_without_an_action_is_none() -> None:
    made = memory()
    assert made.missing() == "no action was played"
    made.on_act(act(0))
    made.begin()
    assert made.missing() == "no action was played"


@pytest.mark.parametrize(
    ("stamps_ms", "line"),
    [
        ((0, 50, 100, 150, 200, 300), ""),
        ((*range(0, 2500, 50), 3000), "0.550 s between instants 49 and 50, not 0.05 s; was the"),
        ((0, 100, 200, 300), "recorded at 10.0 Hz; policies act at 20 Hz; was the robot slowed"),
    ],
)
def test_what_went_on_slower_is_not_taken_for_as_fast(
    stamps_ms: tuple[int, ...], line: str
) -> None:
    made = memory()
    for ms in (*range(0, -1000, -50), *stamps_ms):
        made.on_image(image(ms))
        made.on_joints(joints(ms))
        if ms >= 0 or not line:
            made.on_act(act(ms))
    assert made.missing().startswith(line)
    assert bool(made.missing()) == bool(line)
