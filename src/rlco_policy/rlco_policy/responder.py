# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""From gated measurements to an action chunk: the policy node's work, without ROS."""

from __future__ import annotations

import dataclasses
import time
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from rlco_core.contract import Contract
from rlco_core.kinematics import Kinematics
from rlco_core.proprioception import Posture, proprioception
from rlco_core.robot import RobotConfig
from rlco_core.stamps import seconds_to_ns
from rlco_core.types import ActionChunk, Observation
from rlco_policy.gate import Gate, Ready
from rlco_policy.health import SOUND, Fault, Health, Limits
from rlco_policy.measurements import Image, Instruction, JointState, Topics
from rlco_policy.pairing import Before, Exact, Skewed, Waiting
from rlco_policy.timing import timing

_LATENCIES_KEPT = 1024


class Askable(Protocol):
    """A `Policy`, or one whose answers come later."""

    @property
    def contract(self) -> Contract:
        """See `Policy.contract`."""

    def infer(self, observation: Observation) -> ActionChunk | None:
        """See `Policy.infer`; None where `Responder.deliver` will get the answer."""


class Asked(NamedTuple):
    """What an answer is still to come for, and since when: ROS time, and s of the performance
    counter.
    """

    ready: Ready
    now_ns: int
    since_s: float


class Responder:
    """Answers what its gate releases; the same observation sent again gets the same chunk.

    While something is wrong with what comes nothing is answered.

    Attributes:
        health: watches where the measurements come from.
        fault: what was wrong at the last look.
        decisions: observations that were answered, repetitions not counted.
        waiting_for: why there was nothing to answer; empty after an answer.
    """

    def __init__(self, policy: Askable, robot: RobotConfig, gate: Gate, health: Health) -> None:
        self.health = health
        self.fault = SOUND
        self.decisions = 0
        self.waiting_for = ""
        self._gate = gate
        self._policy = policy
        self._robot = robot
        self._kinematics = Kinematics(robot)
        self._answered: tuple[Ready, ActionChunk] | None = None
        self._asked: Asked | None = None
        self._idle = True
        self._latencies_ms = deque[float](maxlen=_LATENCIES_KEPT)

    @property
    def idle(self) -> bool:
        """Whether no instruction is in force."""
        return self._idle

    def figures(self) -> dict[str, str]:
        """How many decisions there were, and how long the last ones took."""
        figures = {"decisions": str(self.decisions)}
        if self._latencies_ms:
            p50, p99 = np.percentile(self._latencies_ms, (50, 99))
            figures |= {"latency_ms": f"{self._latencies_ms[-1]:.2f}"}
            figures |= {"latency_p50_ms": f"{p50:.2f}", "latency_p99_ms": f"{p99:.2f}"}
        return figures

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
        self._idle = not instruction.text.strip()
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
        if self._asked is not None:
            self.waiting_for = "the server's answer"
            return None
        released = self._gate.take(now_ns)
        if isinstance(released, Waiting):
            self.waiting_for = released.reason
            if isinstance(released, Skewed):
                self.fault = Fault("skew", released.reason)
            return None
        self.waiting_for = ""
        if self._answered is not None and released.repeats(self._answered[0]):
            return self._answered[1]
        return self._decide(released, now_ns)

    def deliver(self, chunk: ActionChunk) -> ActionChunk:
        """The chunk to publish now: the answer that came to what a server was asked."""
        assert self._asked is not None, "one answer for one question"
        asked, self._asked = self._asked, None
        return self._decided(asked, chunk)

    def give_up(self) -> None:
        """No answer will come to what a server was asked: the next observation is asked of it."""
        self._asked = None

    def _decide(self, ready: Ready, now_ns: int) -> ActionChunk | None:
        asked = Asked(ready, now_ns, time.perf_counter())
        chunk = self._policy.infer(self._observation(ready))
        if chunk is not None:
            return self._decided(asked, chunk)
        self._asked, self.waiting_for = asked, "the server's answer"
        return None

    def _decided(self, asked: Asked, chunk: ActionChunk) -> ActionChunk:
        latency_s = time.perf_counter() - asked.since_s
        self._latencies_ms.append(latency_s * 1e3)
        self._gate.on_answer(asked.now_ns + seconds_to_ns(latency_s))
        self.decisions += 1
        answer = dataclasses.replace(chunk, episode=asked.ready.episode)
        self._answered = (asked.ready, answer)
        return answer

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
    policy: Askable,
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
