# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Messages <-> the bridge's own types. Messages never get past this module and the node."""

from __future__ import annotations

import array
from collections.abc import Mapping, Sequence

import numpy as np
from builtin_interfaces.msg import Duration, Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from rlco_bridge.course import Course
from rlco_bridge.episode import ORDERLY, Episode, Measured, Outcome, Played
from rlco_bridge.sent import Sent
from rlco_core.joint_states import positions_of
from rlco_core.robot import GripperConfig
from rlco_core.stamps import seconds_to_ns, set_stamp, stamp_to_ns
from rlco_interfaces.action import RunEpisode
from rlco_interfaces.msg import ExecutedAction, Instruction, SafetyState


def time_message(stamp_ns: int) -> Time:
    """Integer nanoseconds as a time message."""
    return set_stamp(Time(), stamp_ns)


def measured_from_message(
    message: JointState, arm: Sequence[str], finger: str, gripper: GripperConfig
) -> Measured:
    """Arm and gripper by joint name.

    Raises:
        ConfigError: a joint is missing or not finite.
    """
    positions = positions_of(message, [*arm, finger])
    opening = gripper.opening(float(positions[-1]))
    return Measured(stamp_to_ns(message.header.stamp), positions[:-1], opening)


def joint_state_message(
    stamp_ns: int, names: Sequence[str], positions: Sequence[float]
) -> JointState:
    """Where the joints are, or are told to be, rad or m."""
    message = JointState(name=list(names), position=list(positions))
    set_stamp(message.header.stamp, stamp_ns)
    return message


def trajectory_message(
    stamp_ns: int, names: Sequence[str], positions: Sequence[float], dt: float
) -> JointTrajectory:
    """One point that is to be reached ``dt`` seconds after ``stamp_ns``; rad or m."""
    duration = set_stamp(Duration(), seconds_to_ns(dt))
    point = JointTrajectoryPoint(positions=list(positions), time_from_start=duration)
    message = JointTrajectory(joint_names=list(names), points=[point])
    set_stamp(message.header.stamp, stamp_ns)
    return message


def course_message(course: Course, names: Sequence[str]) -> JointTrajectory:
    """Motion as a trajectory with velocities and accelerations; rad and per second."""
    points = [
        JointTrajectoryPoint(
            positions=state.joints.tolist(),
            velocities=state.velocity.tolist(),
            accelerations=state.acceleration.tolist(),
            time_from_start=set_stamp(Duration(), number * course.period_ns),
        )
        for number, state in enumerate(course.states)
    ]
    message = JointTrajectory(joint_names=list(names), points=points)
    set_stamp(message.header.stamp, course.stamp_ns)
    return message


def instruction_message(stamp_ns: int, episode: int, text: str) -> Instruction:
    """What the policy is to do from ``stamp_ns`` on; empty text stops it."""
    message = Instruction(episode=episode, text=text)
    set_stamp(message.header.stamp, stamp_ns)
    return message


def executed_message(stamp_ns: int, frame: str, episode: Episode, played: Played) -> ExecutedAction:
    """What the newest control period of ``episode``, which began at ``stamp_ns``, played."""
    message = ExecutedAction(episode=episode.number, step=episode.steps - 1)
    message.header.frame_id = frame
    set_stamp(message.header.stamp, stamp_ns)
    message.action, message.by_person = played.action, played.by_person
    message.told = [*played.told.joints.tolist(), played.told.fingers]
    return message


def safety_message(stamp_ns: int, mode: int, reason: str, detail: str) -> SafetyState:
    """What the bridge does and why."""
    message = SafetyState(mode=mode, reason=reason, detail=detail)
    set_stamp(message.header.stamp, stamp_ns)
    return message


def result_message(
    outcome: Outcome, episode: Episode | None, instruction: str
) -> RunEpisode.Result:
    """How an episode ended; without one (it never began) there are no steps."""
    result = RunEpisode.Result(success=outcome.stop_reason == RunEpisode.Result.STOP_SUCCESS)
    result.stop_reason, result.detail = outcome.stop_reason, outcome.detail
    result.instruction = instruction
    if episode is not None:
        result.steps = episode.steps
        result.latency_ms = array.array("f", episode.latencies_ms)
    return result


def sent_from_message(message: JointTrajectory) -> Sent:
    """A trajectory, for who looks on."""
    after = tuple(stamp_to_ns(point.time_from_start) for point in message.points)
    positions = np.array([point.positions for point in message.points], dtype=np.float64)
    return Sent(stamp_to_ns(message.header.stamp), after, positions)


def diagnostics_message(
    stamp_ns: int, name: str, last: Outcome | None, values: Mapping[str, str]
) -> DiagnosticArray:
    """REP 107 diagnostics of one component; a warning while its last episode ended in a fault."""
    status = DiagnosticStatus(name=name, level=DiagnosticStatus.OK)
    if last is not None:
        status.message = str(last)
        if last.stop_reason not in ORDERLY:
            status.level = DiagnosticStatus.WARN
    status.values = [KeyValue(key=key, value=value) for key, value in values.items()]
    message = DiagnosticArray(status=[status])
    set_stamp(message.header.stamp, stamp_ns)
    return message
