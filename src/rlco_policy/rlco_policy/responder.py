# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""From gated measurements to an action chunk: the policy node's work, without ROS."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rlco_core.kinematics import Kinematics
from rlco_core.proprioception import Posture, proprioception
from rlco_core.robot import RobotConfig
from rlco_core.stamps import seconds_to_ns
from rlco_core.types import ActionChunk, Observation
from rlco_policy.gate import Gate, Ready
from rlco_policy.health import SOUND, Fault, Health, Limits
from rlco_policy.measurements import Image, Instruction, JointState, Topics
from rlco_policy.pairing import Before, Exact, Skewed, Waiting
from rlco_policy.policy import Policy
from rlco_policy.timing import timing


class Responder:
    """Answers what its gate releases; the same observation sent again gets the same chunk.

    While something is wrong with what comes nothing is answered.

    Attributes:
        health: watches where the measurements come from.
        fault: what was wrong at the last look.
        decisions: observations that were answered, repetitions not counted.
        latency_s: how long the last decision took.
        waiting_for: why there was nothing to answer; empty after an answer.
    """

    def __init__(self, policy: Policy, robot: RobotConfig, gate: Gate, health: Health) -> None:
        self.health = health
        self.fault = SOUND
        self.decisions = 0
        self.latency_s = 0.0
        self.waiting_for = ""
        self._gate = gate
        self._policy = policy
        self._robot = robot
        self._kinematics = Kinematics(robot)
        self._answered: tuple[Ready, ActionChunk] | None = None

    def on_image(self, camera: str, image: Image) -> None:
        """A sound image."""
        self._gate.on_image(camera, image)
        self.health.on_image(camera, image)

    def on_joints(self, joints: JointState) -> None:
        """Where the joints were measured."""
        self._gate.on_joints(joints)
        self.health.on_joints(joints)

    def on_commanded(self, joints: JointState) -> None:
        """Where the joints are told to be."""
        self._gate.on_commanded(joints)

    def on_instruction(self, instruction: Instruction, now_ns: int) -> None:
        """What to do from now on."""
        self._gate.on_instruction(instruction)
        self.health.on_instruction(instruction, now_ns)

    def respond(self, now_ns: int) -> ActionChunk | None:
        """The chunk to publish now, if any; `now_ns` is the ROS time.

        Raises:
            RlcoError: the observation does not fit the contract, or the model's answer is broken.
        """
        self.fault = self.health.look(now_ns)
        if self.fault:
            self.waiting_for = self.fault.detail
            return None
        released = self._gate.take(now_ns)
        if isinstance(released, Waiting):
            self.waiting_for = released.reason
            if isinstance(released, Skewed):
                self.fault = Fault("skew", released.reason)
            return None
        self.waiting_for = ""
        if self._answered is None or not released.repeats(self._answered[0]):
            self._answered = (released, self._decide(released))
            self._gate.on_answer(now_ns + seconds_to_ns(self.latency_s))
        return self._answered[1]

    def _decide(self, ready: Ready) -> ActionChunk:
        start = time.perf_counter()
        chunk = self._policy.infer(self._observation(ready))
        self.latency_s = time.perf_counter() - start
        self.decisions += 1
        return dataclasses.replace(chunk, episode=ready.episode)

    def _observation(self, ready: Ready) -> Observation:
        measured = posture(self._robot, ready.positions)
        commanded = posture(self._robot, ready.commanded)
        return Observation(
            stamp_ns=ready.stamp_ns,
            images=ready.images,
            proprioception=proprioception(self._kinematics, measured, commanded),
            instruction=ready.instruction,
        )


def make_responder(
    policy: Policy,
    robot: RobotConfig,
    topics: Topics,
    limits: Limits | None,
    execution: str = "asynchronous",
) -> Responder:
    """For real time and chunks that are played as `execution` says, or for lock-step where `limits`
    is None.
    """
    cameras, health = list(topics.cameras), Health(topics, limits)
    if limits is None:
        return Responder(policy, robot, Gate(cameras, Exact()), health)
    again = timing(execution, policy.contract.action)
    gate = Gate(cameras, Before(limits.skew_ns, topics), limits.image_age_ns, again)
    return Responder(policy, robot, gate, health)


def measured_joints(robot: RobotConfig, tf_prefix: str) -> Sequence[str]:
    """Names to read from joint states: the arm's joints, then the fingers'."""
    return [tf_prefix + name for name in (*robot.joint_names, *robot.gripper_joint_names)]


def posture(robot: RobotConfig, positions: NDArray[np.float64]) -> Posture:
    """Of positions in the order of `measured_joints`."""
    count = len(robot.joint_names)
    return Posture(positions[:count], robot.gripper.opening(float(positions[count])))
