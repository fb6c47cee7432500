# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What goes out to the arm's and the gripper's controllers, and word of it to the policy."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from rclpy.node import Node
from sensor_msgs.msg import JointState

from rlco_bridge import convert
from rlco_bridge.controllers.make import make_arm_controller
from rlco_bridge.course import Course
from rlco_bridge.driver import DriverConfig
from rlco_bridge.episode import Episode, Measured, Outcome
from rlco_bridge.flush import Flush
from rlco_bridge.grippers.make import make_gripper
from rlco_bridge.mover import Mover
from rlco_bridge.pace import Pace
from rlco_bridge.shadow import Glance, Shadow
from rlco_bridge.tracking import Tracking
from rlco_core.kinematics import Kinematics
from rlco_core.motion import Command
from rlco_core.robot import RobotConfig
from rlco_core.types import ACCEPTED, ActionChunk, Verdict
from rlco_interfaces.action import RunEpisode
from rlco_interfaces.msg import Instruction
from rlco_ros.qos import LATCHED, STATE

#: By how much a robot's speed scaling may change unheeded, where it is not the controller that
#: stretches time by it.
_SCALING = 0.05
#: ns that any stop takes, at most.
_STOP_NS = 5_000_000_000
#: ns from one word of the arm's state to the next; drivers may tell it 1000 times per second.
_SAY_NS = 8_000_000

Vector = NDArray[np.float64]
_Stamped = TypeVar("_Stamped", Measured, ActionChunk)


class Commander:
    """Tells controllers what to do.

    In lock-step they are told where to be at the end of every period. In real time they are told
    all of the motion, ahead, until rest.

    Args:
        node: whose publishers and clients these are.
        robot, driver: the arm and how it is reached.
        prefix: of joint names.
        dt: control period, s.
        mover: of the arm, in real time; None in lock-step.

    Attributes:
        arm_names, finger_names: joints by name, prefix included.
        gripper: its controller.
        opening: what it was last told, in [0, 1]; open before that.
        pace: the time in which motion is reckoned.
        shadow: what would have been done, in shadow mode.

    Raises:
        ConfigError: the driver needs a message package that is not installed.
    """

    def __init__(
        self,
        node: Node,
        robot: RobotConfig,
        driver: DriverConfig,
        prefix: str,
        dt: float,
        mover: Mover | None,
    ) -> None:
        self.arm_names = [prefix + name for name in robot.joint_names]
        self.finger_names = [prefix + name for name in robot.gripper_joint_names]
        self._fingers, self._scaled = robot.gripper, driver.arm.scaled
        self._unheard = driver.arm.kind == "unheard"
        self._node, self._dt, self._mover = node, dt, mover
        self._arm = make_arm_controller(
            node, driver.arm, robot, prefix, None if mover is None else mover.rate
        )
        self.gripper = make_gripper(node, driver.gripper, robot, self.finger_names, dt)
        self.opening = 1.0
        self.pace, self._tracking = Pace(), Tracking(robot.limits.tracking)
        self._scaling, self._rests_ns, self._unsaid = 1.0, 0, False
        self.shadow = Shadow(Kinematics(robot))
        self._measured: Measured | None = None
        self._said_ns, self._moves = 0, False
        self._flush = Flush()
        self._instructions = node.create_publisher(Instruction, "instruction", LATCHED)
        self._commanded = node.create_publisher(JointState, "commanded_joint_states", STATE)
        self._state = node.create_publisher(JointState, "measured_joint_states", STATE)

    def prepare(self) -> None:
        """An episode begins: what was asked before counts no more, of the gripper either."""
        self._moves, self.pace, self._rests_ns = False, Pace(), 0
        self._unsaid = False
        self._flush.cancel()
        self.gripper.begin()
        self.shadow.begin()

    def begin(self, measured: Measured) -> Verdict:
        """The arm stands where it was measured; refused where it may not be."""
        if self._mover is None:
            return ACCEPTED
        if not self._unheard:
            self._tracking.begin(measured.joints, measured.stamp_ns)
        verdict = self._mover.begin(measured.joints, self.pace.at(measured.stamp_ns))
        self._moves = verdict.accepted
        return verdict

    def send(self, now_ns: int, command: Command) -> Verdict:
        """The command of the period that begins at ``now_ns``; refused, the arm comes to rest."""
        verdict = ACCEPTED
        self.opening = self._fingers.opening(command.fingers)
        self.gripper.command(now_ns, self.opening)
        if self._mover is None:
            self._arm.step(now_ns, command.joints, self._dt)
        else:
            verdict, course = self._mover.follow(command.joints, self.pace.at(now_ns))
            self._follow(now_ns, course)
        return verdict

    def keep_pace(self, now_ns: int, robot: float, tempo: float) -> None:
        """The robot plays motion at the speed ``robot``, which is to be sent at ``tempo``."""
        plays, told = (robot, tempo) if self._scaled else (1.0, tempo * self._heeded(now_ns, robot))
        if self._braking(now_ns):
            told = 0.0
        ease = self._mover.ease if self._mover is not None and self._moves else math.inf
        self._unsaid |= self.pace.set(now_ns, plays, told, ease)

    def go_on(self, now_ns: int) -> None:
        """Where the speed is another one, and nothing new was sent since: what the arm was told
        already, at that.
        """
        if self._mover is None or not self._moves or not self._unsaid or self._braking(now_ns):
            return
        if math.isfinite(self._mover.ease):  # it moves
            self._follow(now_ns, self._mover.go_on(self.pace.at(now_ns)))

    @property
    def stands(self) -> bool:
        """Whether the arm stands still, or is not ours to hold."""
        return self._mover is None or self._unheard or self._tracking.still

    @property
    def held(self) -> Verdict:
        """What held the arm back lately; accepted if nothing."""
        return ACCEPTED if self._mover is None else self._mover.held

    def halt(self, now_ns: int, at_once: bool = False) -> None:
        """In real time, brings an arm to rest that was begun with; in lock-step it stands already.

        Args:
            at_once: the clock that stamps are of is not to be trusted.
        """
        self._tracking.end()
        if at_once or not self._braking(now_ns):
            self._brake(now_ns, at_once)
        self._moves = False

    def measure(self, measured: Measured) -> Outcome | None:
        """Where arm and gripper are; in real time, why the arm should not be there."""
        if measured.whole:
            self.gripper.measure(measured.stamp_ns, measured.gripper_opening)
        if self._mover is None:
            return None
        if measured.whole:
            self._say(measured)
        self._measured = measured
        astray = self._tracking.measure(measured.joints, measured.stamp_ns)
        return Outcome(RunEpisode.Result.STOP_TRACKING_ERROR, astray) if astray else None

    def compare(self, episode: Episode) -> Glance | None:
        """A chunk was accepted. In shadow mode, what came of the one before, while the arm went its
        own way; what follows begins where it is now.
        """
        if not self._unheard or self._measured is None or not self._measured.whole:
            return None
        self.begin(self._measured)
        return self.shadow.glance(episode, self._measured)

    def forget(self, now_ns: int) -> None:
        """The arm was stopped: once it stands, its controller is to forget where it was going. It
        would press on there, or go on from there when the robot is released.
        """
        if self._mover is not None:
            self._flush.ask(now_ns)

    def flush(self, now_ns: int) -> None:
        """Makes the controller forget, if it is to and the arm stands; called now and then."""
        course = self._flush.due(now_ns, self._measured, self._tracking.still)
        if course is not None:
            self._arm.follow(course)

    def paced(self, stamped: _Stamped) -> _Stamped:
        """The same with its stamp in the time in which motion is reckoned."""
        return replace(stamped, stamp_ns=self.pace.at(stamped.stamp_ns))

    def tell(self, stamp_ns: int, command: Command) -> None:
        """Says which command was in force at ``stamp_ns``."""
        self._commanded.publish(self._joint_state(stamp_ns, command.joints, command.fingers))

    def instruct(self, stamp_ns: int, episode: int, instruction: str) -> None:
        """What the policy is to do from ``stamp_ns`` on; empty text stops it."""
        message = convert.instruction_message(stamp_ns, episode, instruction)
        self._instructions.publish(message)

    def problem(self) -> str:
        """Why arm or gripper cannot be commanded, as one line; empty if they can."""
        return self.other_owner() or self.lost()

    def lost(self) -> str:
        """Why commands do not get to arm or gripper, as one line; empty if they do."""
        return self._arm.problem() or self.gripper.problem()

    def other_owner(self) -> str:
        """Who else publishes commands for arm or gripper, as one line; empty if nobody does."""
        return self._arm.other_owner() or self.gripper.other_owner()

    def _say(self, measured: Measured) -> None:
        """Arm and gripper under the robot's own names, for those who do not know its driver."""
        if abs(measured.stamp_ns - self._said_ns) >= _SAY_NS:
            self._said_ns = measured.stamp_ns
            fingers = self._fingers.joint_position(measured.gripper_opening)
            self._state.publish(self._joint_state(measured.stamp_ns, measured.joints, fingers))

    def _joint_state(self, stamp_ns: int, joints: Vector, fingers: float) -> JointState:
        names = self.arm_names + self.finger_names
        positions = [*joints.tolist(), *[fingers] * len(self.finger_names)]
        return convert.joint_state_message(stamp_ns, names, positions)

    def _heeded(self, now_ns: int, robot: float) -> float:
        """The robot's speed scaling, where its controller does not stretch time by it. Where it
        changes, the arm comes to rest first: a step of speed would be one of set-points.
        """
        if abs(robot - self._scaling) > _SCALING or (robot == 0.0 < self._scaling):
            self._scaling = robot
            if not self._braking(now_ns):
                self._brake(now_ns)
        return self._scaling

    def _braking(self, now_ns: int) -> bool:
        """Whether the arm was told to come to rest, and has not yet."""
        return 0 < self._rests_ns - now_ns < _STOP_NS

    def _brake(self, now_ns: int, at_once: bool = False) -> None:
        """To rest, as soon as limits allow."""
        if self._mover is None or not self._moves:
            return
        course = self.pace.told(self._mover.halt(self.pace.at(now_ns)), now_ns)
        if self.pace.told_speed(now_ns) < 1.0:
            course = self._mover.halt_sooner(course, now_ns)
        self._mover.stand(course.states[-1].joints)
        played = self.pace.played(course, now_ns)
        self._rests_ns = played.end_ns
        self._tracking.tell(played)
        self._arm.follow(replace(course, stamp_ns=0) if at_once else course)

    def _follow(self, now_ns: int, course: Course) -> None:
        """Sends a course of paced time."""
        self._unsaid, told = False, self.pace.told(course, now_ns)
        self._tracking.tell(self.pace.played(told, now_ns))
        self._arm.follow(told)
