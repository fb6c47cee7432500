# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Who acts when, and what the chunk says of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pinocchio as pin
import pytest
from desk import DT_NS, HERE, PANDA, Desk, contract_of
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from rlco_core.chunks import ChunkPlayer
from rlco_core.contract import Contract
from rlco_core.types import ActionChunk
from rlco_teleop.buttons import Layout
from rlco_teleop.operator import Told
from rlco_teleop.parameters import BUTTONS

FORWARD = np.array([0.2, 0.0, 0.0, 0.0, 0.0, 0.0])
REST = [0.0] * 6


def desk(lockstep: bool = False, policy: Contract | None = None, **layout: int) -> Desk:
    """In an episode that begins with period 4."""
    made = Desk(lockstep, policy, Layout(**{"deadman": -1, **layout}))
    made.operator.instruct(4 * DT_NS, 1, "push")
    return made


@pytest.mark.parametrize("lockstep", [False, True])
def test_chunks_are_what_the_bridge_plays(lockstep: bool) -> None:
    at = desk(lockstep)
    at.say(4, FORWARD)
    chunk = at.answer(4)
    assert chunk is not None
    action = contract_of(lockstep).action
    player = ChunkPlayer(
        dt=0.05,
        horizon=action.horizon,
        execute=action.execute,
        contract_hash=contract_of(lockstep).sha256(),
    )
    assert player.accept(chunk, 4 * DT_NS).accepted
    np.testing.assert_allclose(player.at(4 * DT_NS), [0.01, 0, 0, 0, 0, 0, 0.5], atol=1e-9)
    assert (chunk.episode, chunk.by_person) == (1, True)


def test_motion_goes_on_for_two_periods_and_then_the_arm_holds() -> None:
    at = desk()
    at.say(4, FORWARD)
    chunk = at.answer(4)
    assert chunk is not None
    assert (chunk.actions[:2, 0] == np.float32(0.01)).all()
    assert (chunk.actions[2:, :6] == 0.0).all()
    assert (chunk.actions[:, 6] == 0.5).all()


def test_nothing_is_said_outside_of_episodes() -> None:
    at = desk()
    at.say(3, FORWARD)
    assert at.answer(3) is None
    at.operator.instruct(6 * DT_NS, 1, "")
    at.say(7, FORWARD)
    assert at.answer(7) is None


def test_an_episode_has_its_number_while_it_runs() -> None:
    at = desk()
    assert at.operator.episode == 1
    at.operator.instruct(6 * DT_NS, 1, "")
    assert at.operator.episode is None


def test_a_silent_device_means_rest() -> None:
    at = desk()
    at.say(4, FORWARD)
    at.answer(4)
    at.clock.now += 0.25
    at.told.put(9 * DT_NS, Told(HERE, 0.5))
    assert at.answer(9).actions[0, :6].tolist() == REST  # type: ignore[union-attr]


def test_without_the_deadman_nothing_moves() -> None:
    at = desk(deadman=5)
    at.say(4, FORWARD)
    assert at.answer(4) is None
    assert at.operator.withheld
    at.say(5, FORWARD, pressed=(5,))
    assert at.answer(5).actions[0, 0] == np.float32(0.01)  # type: ignore[union-attr]
    assert not at.operator.withheld
    at.say(6, FORWARD)
    assert at.answer(6).actions[0, :6].tolist() == REST  # type: ignore[union-attr]


@pytest.mark.parametrize("pressed", [(), (Layout().close,)])
def test_an_episode_begins_when_the_person_first_moves_something(pressed: tuple[int]) -> None:
    at = desk()
    for period in range(4, 8):
        at.say(period)
        assert at.answer(period) is None
    at.say(8, None if pressed else FORWARD, pressed)
    assert at.answer(8) is not None
    at.say(9)
    assert at.answer(9) is not None
    at.operator.instruct(10 * DT_NS, 2, "push")
    at.say(10)
    assert at.answer(10) is None


@given(st.lists(st.floats(-5.0, 5.0), min_size=6, max_size=6))
def test_nobody_asks_for_more_than_the_arm_s_speed(velocity: list[float]) -> None:
    at = desk(lockstep=True)
    at.say(4, np.array(velocity))
    chunk = at.answer(4)
    assert chunk is not None
    action = chunk.actions[0].astype(np.float64)
    assert np.linalg.norm(action[:3]) / 0.05 <= 0.981 * PANDA.limits.linear_speed
    assert np.linalg.norm(action[3:6]) / 0.05 <= 0.981 * PANDA.limits.angular_speed


def test_the_gripper_keeps_what_was_pressed_though_it_is_told_late() -> None:
    at = desk()
    at.say(4, pressed=(Layout().close,), opening=1.0)
    at.say(4, opening=1.0)
    assert at.answer(4).actions[0, 6] == 0.0  # type: ignore[union-attr]
    at.say(5, opening=1.0)
    assert at.answer(5).actions[0, 6] == 0.0  # type: ignore[union-attr]


# --- lock-step ---------------------------------------------------------------------------


def test_in_lockstep_an_instant_waits_for_all_that_bears_its_stamp() -> None:
    at = desk(lockstep=True)
    at.say(4, FORWARD)
    assert at.answer(5) is None
    at.say(5, FORWARD)
    assert at.answer(5) is not None


def test_in_lockstep_a_repeated_instant_is_answered_alike() -> None:
    at = desk(lockstep=True)
    at.say(4, FORWARD)
    first = at.answer(4)
    at.say(4, -FORWARD)
    assert at.answer(4) is first


# --- a policy beside ---------------------------------------------------------------------


def test_a_policy_s_rows_are_passed_on_in_time(policy: Contract) -> None:
    at = desk(policy=policy)
    at.suggest(4)
    for period in range(4, 8):
        at.say(period)
        chunk = at.answer(period)
        assert chunk is not None
        assert not chunk.by_person
        assert chunk.stamp_ns == period * DT_NS
        assert chunk.actions[0, 0] == np.float32(0.001 * (period - 3))


def test_rows_are_not_mixed_up_between_periods(policy: Contract) -> None:
    at = desk(policy=policy)
    at.suggest(4)
    at.say(5)
    chunk = at.operator.answer(5 * DT_NS + 30_000_000)
    assert chunk is not None
    assert chunk.stamp_ns == 5 * DT_NS


@pytest.mark.parametrize("how", ["button", "motion"])
def test_a_person_takes_over_and_hands_back(policy: Contract, how: str) -> None:
    at = desk(policy=policy)
    at.suggest(4)
    pressed = (Layout().takeover,) if how == "button" else ()
    at.say(5, FORWARD if how == "motion" else None, pressed, opening=0.25)
    taken = at.answer(5)
    at.say(6, opening=0.25)
    handed_back = at.answer(6)
    at.suggest(7)
    at.say(7, opening=0.25)
    policys = at.answer(7)
    assert taken is not None
    assert taken.by_person
    assert taken.actions[0, 6] == 0.25
    # The plan of before is void; the arm holds until there is a new one, which nobody chose.
    assert handed_back is not None
    assert not handed_back.by_person
    assert handed_back.actions[0, :6].tolist() == REST
    assert policys is not None
    assert not policys.by_person


@pytest.mark.parametrize(("seen", "acts"), [(3, False), (5, False), (6, True)])
def test_what_the_policy_saw_before_the_person_let_go_does_not_act(
    policy: Contract, seen: int, acts: bool
) -> None:
    """An answer that comes late, to what was seen up to the person's last act."""
    at = desk(policy=policy)
    at.operator.instruct(2 * DT_NS, 1, "push")
    at.say(5, FORWARD)
    at.answer(5)
    at.say(7)
    at.suggest(seen, now=7)
    chunk = at.answer(7)
    assert chunk is not None
    assert not chunk.by_person
    assert bool(chunk.actions[0, :6].any()) is acts


def test_while_the_arm_holds_for_the_policy_the_gripper_stays(policy: Contract) -> None:
    at = desk(policy=policy)
    at.say(4, FORWARD, pressed=(Layout().close,), opening=1.0)
    at.answer(4)
    at.say(5, pressed=(Layout().open,), opening=1.0)
    assert at.answer(5).actions[0].tolist() == [*REST, 0.0]  # type: ignore[union-attr]


def test_a_policy_that_stays_silent_after_a_takeover_is_not_covered_for_long(
    policy: Contract,
) -> None:
    at = desk(policy=policy)
    at.say(4, FORWARD)
    at.answer(4)
    answers = []
    for period in range(5, 30):
        at.say(period)
        answers.append(at.answer(period) is not None)
    assert answers == [True] * 10 + [False] * 15


def test_a_silent_policy_is_not_covered_at_all_without_a_takeover(policy: Contract) -> None:
    at = desk(policy=policy)
    at.say(4)
    assert at.answer(4) is None


def test_gripper_presses_while_the_policy_acts_mean_nothing(policy: Contract) -> None:
    at = desk(policy=policy)
    at.suggest(4)
    at.say(4, pressed=(Layout().close,))
    at.say(4)
    assert at.answer(4).actions[0, 6] == 0.25  # type: ignore[union-attr]
    at.say(5, FORWARD, opening=0.25)
    assert at.answer(5).actions[0, 6] == 0.25  # type: ignore[union-attr]


def test_chunks_of_other_episodes_are_ignored(policy: Contract) -> None:
    at = desk(policy=policy)
    at.suggest(4, episode=2)
    at.say(4)
    assert at.answer(4) is None


def test_a_foul_chunk_is_refused_and_says_why(policy: Contract) -> None:
    at = desk(policy=policy)
    chunk = at.suggest(4)
    at.operator.suggest(replace(chunk, contract_hash="b" * 64), 4 * DT_NS)
    assert at.suggestions is not None
    assert at.suggestions.verdict.limit == "contract"


def test_in_lockstep_rows_do_not_depend_on_when_chunks_come(policy: Contract) -> None:
    """A policy that answers every instant is heard at every fourth, early or late."""

    def played(early: bool) -> NDArray[np.float32]:
        at = desk(lockstep=True, policy=policy)
        rows = []
        for period in range(4, 14):
            if early:
                at.suggest(period)
            at.say(period)
            chunk = at.answer(period)
            if chunk is None:
                at.suggest(period)
                chunk = at.answer(period)
            elif not early:
                at.suggest(period)
            assert chunk is not None
            rows.append(chunk.actions[0])
        return np.stack(rows)

    np.testing.assert_array_equal(played(early=True), played(early=False))
    np.testing.assert_allclose(played(True)[:5, 0], [0.001, 0.002, 0.003, 0.004, 0.001], atol=1e-7)


@pytest.mark.parametrize("where", ["without", "beside"])
def test_a_device_s_noise_is_nobody_s_motion(policy: Contract, where: str) -> None:
    at = desk(policy=policy if where == "beside" else None)
    noise = np.full(6, 1e-6)
    at.say(4, noise)
    if where == "without":
        assert at.answer(4) is None
        return
    at.suggest(4)
    assert not at.answer(4).by_person  # type: ignore[union-attr]


# --- a leader beside a policy ------------------------------------------------------------


class Leading:
    """A person who holds the deadman and a leader, beside a policy that moves the arm by a
    centimetre in every period.
    """

    def __init__(self, policy: Contract) -> None:
        self.at = Desk(False, policy, Layout(), device="pose")
        self.at.operator.instruct(4 * DT_NS, 1, "push")
        self.leader, self.arm = np.array([1.0, 2.0, 0.0]), HERE.translation.copy()
        self.period = 3

    def step(self, moved: float = 0.0, arm: float = 0.01) -> ActionChunk:
        """Leader and arm go along x, m."""
        self.period += 1
        self.leader[0] += moved
        self.arm[0] += arm
        now = self.period * DT_NS
        pose = pin.SE3(np.eye(3), self.leader.copy())
        self.at.motion.inbox.put(now, pose)
        self.at.buttons.put(now, [], [int(index == Layout().deadman) for index in range(8)])
        self.at.told.put(now, Told(pin.SE3(HERE.rotation, self.arm.copy()), 0.5))
        self.at.suggest(self.period)
        chunk = self.at.answer(self.period)
        assert chunk is not None
        return chunk


def test_a_leader_at_rest_leaves_the_arm_to_the_policy(policy: Contract) -> None:
    leading = Leading(policy)
    assert not any(leading.step().by_person for _ in range(20))


def test_a_hand_that_drifts_takes_nothing_over(policy: Contract) -> None:
    leading = Leading(policy)
    assert not any(leading.step(moved=0.0001).by_person for _ in range(200))


def test_after_a_takeover_the_policy_acts_as_soon_as_the_leader_rests(policy: Contract) -> None:
    """However far it went, and though the arm has not come after it all the way."""
    leading = Leading(policy)
    leading.step()
    assert leading.step(moved=0.05, arm=0.0).by_person
    assert leading.step(arm=0.0495).by_person is False
    assert not any(leading.step().by_person for _ in range(10))


def test_a_leader_that_moves_takes_over_from_where_the_policy_brought_the_arm(
    policy: Contract,
) -> None:
    leading = Leading(policy)
    for _ in range(20):
        leading.step()
    chunks = [leading.step(moved=0.002, arm=0.0) for _ in range(5)]
    assert all(chunk.by_person for chunk in chunks)
    # Forward, as the leader goes, and not faster: not back to where the deadman was first held.
    assert all(0.0 < chunk.actions[0, 0] < 0.011 for chunk in chunks)


def test_every_button_has_a_parameter() -> None:
    assert {"axes", "dead_zone", *BUTTONS} == set(vars(Layout()))
