# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Sticks, twists and poses ask for speeds; poses for those that lead to them."""

from __future__ import annotations

import numpy as np
import pinocchio as pin
import pytest
from desk import HERE, PANDA, STILL, Clock

from rlco_teleop.buttons import Buttons, Layout
from rlco_teleop.inbox import Inbox
from rlco_teleop.motions import Poses, Sticks, Stillness, Twists

DT = 0.05
REST = Stillness.of(PANDA.limits, STILL)
LEADER = pin.SE3(pin.exp3(np.array([0.0, 0.0, 1.0])), np.array([-2.0, 1.0, 0.0]))


def test_sticks_are_scaled_to_the_fastest() -> None:
    buttons = Buttons(Layout(), Inbox(False, 0.2, Clock()))
    sticks = Sticks(buttons, np.array([0.5, 0.5, 0.5, 1.5, 1.5, 1.5]))
    assert sticks.velocity(0, HERE, True) is None
    buttons.put(0, [0.0, -1.0, 0.0, 1.0], [])
    velocity = sticks.velocity(0, HERE, True)
    assert velocity is not None
    assert velocity.tolist() == [-0.5, 0.0, 0.0, 0.0, 0.0, 1.5]


def test_twists_are_taken_as_they_come() -> None:
    twists = Twists(Inbox(True, 0.2), REST)
    twists.inbox.put(5, np.arange(6.0))
    assert twists.velocity(4, HERE, True) is None
    np.testing.assert_array_equal(twists.velocity(5, HERE, True), np.arange(6.0))


@pytest.mark.parametrize(
    ("linear", "angular", "moves"),
    [(0.0, 0.0, False), (0.0049, 0.0149, False), (0.0051, 0.0, True), (0.0, 0.0151, True)],
)
def test_what_is_slower_than_a_hand_can_mean_is_rest(
    linear: float, angular: float, moves: bool
) -> None:
    twists = Twists(Inbox(True, 0.2), REST)
    told = np.array([0.0, -linear, 0.0, 0.0, 0.0, angular])
    twists.inbox.put(5, told)
    velocity = twists.velocity(5, HERE, True)
    assert velocity is not None
    np.testing.assert_array_equal(velocity, told if moves else np.zeros(6))


def poses(leader: pin.SE3) -> Poses:
    motion = Poses(Inbox(False, 0.2, Clock()), REST)
    motion.inbox.put(0, leader)
    return motion


def test_where_leader_and_arm_begin_does_not_matter() -> None:
    velocity = poses(LEADER).velocity(0, HERE, True)
    assert velocity is not None
    assert np.abs(velocity).max() < 1e-12


@pytest.mark.parametrize("delay", [0, 1, 2])
def test_the_arm_comes_to_where_the_leader_went_without_swinging(delay: int) -> None:
    """What was told is known some periods late."""
    motion = poses(LEADER)
    motion.velocity(0, HERE, True)
    step = pin.SE3(pin.exp3(np.array([0.1, -0.2, 0.3])), np.array([0.05, -0.02, 0.1]))
    moved = pin.SE3(step.rotation @ LEADER.rotation, LEADER.translation + step.translation)
    motion.inbox.put(0, moved)
    goal = HERE.translation + step.translation
    told = [HERE.copy() for _ in range(delay + 1)]
    distances = []
    for _ in range(60):
        velocity = motion.velocity(0, told[-1 - delay], True)
        assert velocity is not None
        now = told[-1]
        turned = pin.exp3(DT * velocity[3:]) @ now.rotation
        told.append(pin.SE3(turned, now.translation + DT * velocity[:3]))
        distances.append(float(np.linalg.norm(told[-1].translation - goal)))
    assert distances[-1] < REST.linear / 5.0 + 1e-9
    assert max(distances[20:]) < 0.1 * distances[0] + 1e-3
    np.testing.assert_allclose(told[-1].rotation, step.rotation @ HERE.rotation, atol=4e-3)


def test_letting_go_of_the_deadman_moves_the_leader_alone() -> None:
    motion = poses(LEADER)
    motion.velocity(0, HERE, True)
    motion.inbox.put(0, pin.SE3(LEADER.rotation, LEADER.translation + 1.0))
    released = motion.velocity(0, HERE, False)
    held_again = motion.velocity(0, HERE, True)
    assert released is not None
    assert held_again is not None
    assert not released.any()
    assert np.abs(held_again).max() < 1e-12
