# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Ends that come at odd times: the arm is told nothing that nobody planned from where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hand_bridge import DT_NS, PANDA, HandBridge
from rclpy.lifecycle import TransitionCallbackReturn

from rlco_bridge import silence
from rlco_bridge.episode import Outcome

AWAY = [*(np.array(PANDA.home[:6]) + 0.1), PANDA.home[6] + 0.6]
PRESSED = Outcome("force_exceeded", "80 N act on the tool")


@pytest.fixture
def bridge(
    ros: None, make_bundle: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[HandBridge]:
    """With an episode that has begun, far from the robot's home."""
    monkeypatch.setattr(silence, "_SOON", 60.0)
    made = HandBridge(make_bundle(), observation_timeout=60.0)
    made.joints = AWAY
    made.start()
    yield made
    made.destroy_node()


def move(bridge: HandBridge, periods: int = 12) -> None:
    for period in range(periods):
        if period % 4 == 0:
            bridge.answer(max(period - 1, 0))
        bridge.pass_period()
    assert bridge.courses


def test_ended_before_it_was_measured_the_arm_is_told_nothing(bridge: HandBridge) -> None:
    bridge._stop(Outcome("software_stop", "a person"))
    assert bridge._episode is None
    assert bridge.courses == []


def test_ended_where_the_arm_may_not_be_it_is_told_nothing(bridge: HandBridge) -> None:
    bridge.joints = [*PANDA.home[:3], 0.5, *PANDA.home[4:]]  # beyond the elbow's stop
    for _ in range(5):
        bridge.pass_period()
    assert bridge._episode is None
    assert bridge.courses == []


def test_an_episode_begins_where_the_arm_stands(bridge: HandBridge) -> None:
    for period in range(6):
        bridge.joints = [0.02 * period, *PANDA.home[1:]]
        bridge.answer(period)
        bridge.pass_period()
    assert bridge.courses == []
    assert bridge._episode is not None
    for period in range(6, 12):
        bridge.answer(period)
        bridge.pass_period()
    assert bridge.courses[0].states[0].joints[0] == pytest.approx(0.1)


def test_an_arm_that_never_stands_is_told_so(
    bridge: HandBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    for period in range(6):
        bridge.joints = [0.02 * period, *PANDA.home[1:]]
        bridge.pass_period()
    monkeypatch.setattr(type(bridge._lookout._waits), "expired", True)
    trouble = bridge._lookout.trouble()
    assert trouble is not None
    assert trouble.stop_reason == "limit"
    assert trouble.detail.startswith("the arm has not stood still for 10 s, as it has to when")


def test_the_next_episode_s_early_end_knows_nothing_of_the_last_one(bridge: HandBridge) -> None:
    move(bridge)
    bridge._end(Outcome("canceled", "enough"))
    bridge.joints = list(PANDA.home)
    bridge.start()
    told = len(bridge.courses)
    bridge._end(Outcome("canceled", "at once"))
    assert len(bridge.courses) == told


def test_an_arm_that_presses_is_told_to_stay_where_it_is(bridge: HandBridge) -> None:
    """Blocked, it does not get where it was told to be."""
    move(bridge)
    bridge._finish(PRESSED)
    bridge._settle()
    assert np.abs(bridge.courses[-1].states[-1].joints - AWAY).max() > 1e-3
    told = len(bridge.courses)
    for _ in range(30):
        bridge.pass_period()
        bridge._watch()
    flushes = bridge.courses[told:]
    assert len(flushes) == 3, "it is told again, as it may not have listened"
    assert min(np.diff(bridge.followed[told:])) >= 4
    for flush in flushes:
        assert np.abs(flush.states[-1].joints - AWAY).max() < 1e-9


def test_an_arm_that_fell_silent_is_not_told_where_it_once_was(bridge: HandBridge) -> None:
    move(bridge)
    bridge._finish(PRESSED)
    bridge._settle()
    told = len(bridge.courses)
    for _ in range(6):
        bridge._watch()
    assert len(bridge.courses) == told


@pytest.mark.parametrize("leave", ["trigger_deactivate", "trigger_shutdown"])
def test_whoever_ends_the_bridge_ends_its_episode(bridge: HandBridge, leave: str) -> None:
    move(bridge)
    getattr(bridge, leave)()
    assert bridge._episode is None
    assert not bridge._active
    assert not bridge.courses[-1].states[-1].velocity.any()


def test_a_bridge_is_configured_once(bridge: HandBridge) -> None:
    bridge.trigger_deactivate()
    timers = len(list(bridge.timers))
    assert bridge.trigger_cleanup() == TransitionCallbackReturn.FAILURE
    assert len(list(bridge.timers)) == timers
    assert bridge.trigger_activate() == TransitionCallbackReturn.SUCCESS


def test_a_gripper_that_falls_silent_ends_the_episode_and_the_arm_is_still_looked_at(
    bridge: HandBridge,
) -> None:
    move(bridge, 4)
    bridge.fingers_heard = False
    bridge._state._heard.timeout = 0.0  # its patience is over
    stamp_ns = bridge.now_ns
    bridge.pass_period()
    episode, seen = bridge._episode, bridge._commander._measured
    assert episode is not None
    assert seen is not None
    assert (seen.stamp_ns, bridge._at.measured_ns) == (stamp_ns, stamp_ns - DT_NS)
    bridge._watch()
    assert bridge._episode is None
    assert episode.outcome is not None
    assert episode.outcome.stop_reason == "observation_timeout"
    assert episode.outcome.detail.startswith("nothing new of panda_finger_joint1 on /joint_states")


def test_an_episode_does_not_begin_with_what_the_gripper_told_before(bridge: HandBridge) -> None:
    bridge.pass_period()
    bridge._end(Outcome("canceled", "enough"))
    bridge.fingers_heard = False
    bridge.start()
    bridge.pass_period()
    assert bridge._at.measured_ns is None
    bridge.fingers_heard = True
    bridge.pass_period()
    assert bridge._at.measured_ns is not None
