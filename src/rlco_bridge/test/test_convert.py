# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Messages of the bridge: what comes in is judged as it is, what goes out is complete."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from sensor_msgs.msg import JointState

from rlco_bridge import convert
from rlco_bridge.episode import Episode, Outcome, Played
from rlco_core.chunks import ChunkPlayer
from rlco_core.errors import ConfigError
from rlco_core.motion import ActionPath, Command
from rlco_core.robot import RobotConfig
from rlco_core.types import ACCEPTED
from rlco_interfaces.action import RunEpisode
from rlco_interfaces.msg import SafetyState

PANDA = RobotConfig.load("panda")
STAMP = 3_050_000_000


def joint_state(**changes: Any) -> JointState:
    """The arm at home with half-open fingers, in an order that is not ours."""
    names = ["panda_finger_joint2", "panda_finger_joint1", *reversed(PANDA.joint_names)]
    values = {"name": names, "position": [0.0, 0.02, *reversed(PANDA.home)], **changes}
    message = JointState(**values)
    message.header.stamp = convert.time_message(STAMP)
    return message


def measured(message: JointState) -> Any:
    return convert.measured_from_message(
        message, PANDA.joint_names, "panda_finger_joint1", PANDA.gripper
    )


def test_times_are_split_and_joined_without_loss() -> None:
    message = convert.time_message(STAMP)
    assert (message.sec, message.nanosec) == (3, 50_000_000)


def test_joints_are_found_by_name() -> None:
    found = measured(joint_state())
    assert found.stamp_ns == STAMP
    assert found.joints.tolist() == list(PANDA.home)
    assert found.gripper_opening == 0.5


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"name": ["a"], "position": [0.0]}, "no position of panda_joint1, panda_joint2"),
        ({"position": []}, "no position of panda_joint1"),
        ({"position": [0.0, float("nan"), *PANDA.home]}, "panda_finger_joint1 is nan"),
    ],
    ids=["others", "none", "nan"],
)
def test_incomplete_joint_states_are_refused(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        measured(joint_state(**changes))


def test_trajectories_have_one_point_at_the_end_of_the_period() -> None:
    message = convert.trajectory_message(STAMP, ["a", "b"], [0.1, 0.2], 0.05)
    (point,) = message.points
    assert message.joint_names == ["a", "b"]
    assert list(point.positions) == [0.1, 0.2]
    assert (point.time_from_start.sec, point.time_from_start.nanosec) == (0, 50_000_000)
    assert message.header.stamp == convert.time_message(STAMP)


def test_instructions_and_safety_states_carry_what_they_are_given() -> None:
    instruction = convert.instruction_message(STAMP, 4, "push")
    assert (instruction.episode, instruction.text) == (4, "push")
    state = convert.safety_message(STAMP, SafetyState.HOLDING, "limit", "too fast")
    assert (state.mode, state.reason, state.detail) == (SafetyState.HOLDING, "limit", "too fast")
    assert instruction.header.stamp == state.header.stamp == convert.time_message(STAMP)


def test_an_executed_action_says_when_and_whose_it_was() -> None:
    player = ChunkPlayer(dt=0.05, horizon=8, execute=4, contract_hash="a")
    episode = Episode(3, 0, 6, player, ActionPath(PANDA, 0.05))
    episode.steps = 5
    action = np.arange(7, dtype=np.float32)
    played = Played(action, True, Command(np.array(PANDA.home), 0.02, ACCEPTED))
    message = convert.executed_message(STAMP, "panda_link0", episode, played)
    assert (message.episode, message.step, message.by_person) == (3, 4, True)
    assert message.header.frame_id == "panda_link0"
    assert message.header.stamp == convert.time_message(STAMP)
    assert list(message.action) == list(range(7))
    assert list(message.told) == [*PANDA.home, 0.02]


def test_the_result_tells_steps_and_latencies() -> None:
    player = ChunkPlayer(dt=0.05, horizon=8, execute=4, contract_hash="a")
    episode = Episode(1, 0, 6, player, ActionPath(PANDA, 0.05))
    episode.steps, episode.latencies_ms = 5, [1.5, 2.5]
    result = convert.result_message(Outcome("success"), episode, "push")
    assert (result.success, result.steps, result.instruction) == (True, 5, "push")
    assert result.stop_reason == RunEpisode.Result.STOP_SUCCESS
    assert list(result.latency_ms) == [1.5, 2.5]


def test_the_result_of_an_episode_that_never_began_has_no_steps() -> None:
    result = convert.result_message(Outcome("refused", "busy"), None, "")
    assert (result.success, result.steps, list(result.latency_ms)) == (False, 0, [])
    assert (result.stop_reason, result.detail) == ("refused", "busy")


@pytest.mark.parametrize(
    ("last", "level", "text"),
    [
        (None, DiagnosticStatus.OK, ""),
        (Outcome("success"), DiagnosticStatus.OK, "success"),
        (Outcome("step_limit", "after 6"), DiagnosticStatus.OK, "step_limit: after 6"),
        (Outcome("limit", "too fast"), DiagnosticStatus.WARN, "limit: too fast"),
        (Outcome("canceled"), DiagnosticStatus.WARN, "canceled"),
    ],
)
def test_diagnostics_warn_of_a_fault(last: Outcome | None, level: bytes, text: str) -> None:
    message = convert.diagnostics_message(STAMP, "/bridge_node: bridge", last, {"episodes": "3"})
    (status,) = message.status
    assert (status.name, status.level, status.message) == ("/bridge_node: bridge", level, text)
    assert [(value.key, value.value) for value in status.values] == [("episodes", "3")]
