# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""An arm that has nothing to play waits for a while, unless something is known to be wrong."""

from __future__ import annotations

from wired import Wired

from rlco_bridge.silence import Silence
from rlco_interfaces.msg import PolicyState
from rlco_ros.qos import COMMAND


def silence(wired: Wired, patience: float, gripper: str = "") -> Silence:
    made = Silence(wired.bridge, "joint_states", 0.5, 5.0, patience, 0.2, lambda: gripper)
    made.begin()
    made.heard()
    made.played()
    return made


def test_it_waits_as_long_as_patience_lasts(wired: Wired) -> None:
    assert silence(wired, 60.0).starved() is None
    over = silence(wired, 0.0).starved()
    assert over is not None
    assert over.stop_reason == "chunk_timeout"
    assert over.detail == "no chunk on /action_chunk for 0.0 s; it has 0 publishers"


def test_what_the_policy_says_is_wrong_ends_the_wait(wired: Wired) -> None:
    made = silence(wired, 60.0)
    said = PolicyState(reason="camera_silent", detail="no image on /front/image_raw")
    publisher = wired.driver.create_publisher(PolicyState, "policy_state", COMMAND)

    def told() -> bool:
        publisher.publish(said)
        made.heard()
        return made.starved() is not None

    wired.wait(told)
    made.heard()
    known = made.starved()
    assert known is not None
    assert (known.stop_reason, known.detail) == (said.reason, said.detail)


def test_joint_states_that_tell_nothing_end_the_wait(wired: Wired) -> None:
    made = silence(wired, 60.0)
    made.misheard("panda_joint3 is missing")
    known = made.starved()
    assert known is not None
    assert (known.stop_reason, known.detail) == ("joints_invalid", "panda_joint3 is missing")


def test_a_gripper_that_is_not_heard_ends_the_episode_and_is_named(wired: Wired) -> None:
    assert silence(wired, 60.0).outcome(unmeasured=False) is None
    ended = silence(wired, 60.0, gripper="nothing new of knuckle").outcome(unmeasured=False)
    assert ended is not None
    assert (ended.stop_reason, ended.detail) == ("observation_timeout", "nothing new of knuckle")


def test_the_silence_of_both_is_the_arm_s(wired: Wired) -> None:
    made = Silence(wired.bridge, "joint_states", 1e-9, 5.0, 60.0, 0.2, lambda: "nothing new of it")
    ended = made.outcome(unmeasured=False)
    assert ended is not None
    assert ended.detail == "nothing new on /joint_states for 0.0 s"
