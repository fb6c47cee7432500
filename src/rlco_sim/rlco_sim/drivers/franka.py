# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The driver of a Franka arm and its hand.

With a controller that commands the arm, a reflex takes the hardware component down: the arm brakes,
every controller of it is inactive, joint states and robot state fall silent. Only the merged
``joint_states`` goes on, with the arm as it was last heard of. The way back: error_recovery,
set_hardware_component_state to active, switch_controller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile, ReliabilityPolicy, qos_profile_system_default
from sensor_msgs.msg import JointState

from rlco_core.stamps import seconds_to_ns
from rlco_sim import convert
from rlco_sim.drivers.arm_driver import ArmDriver
from rlco_sim.drivers.driver import Fault, Stand
from rlco_sim.drivers.franka_gripper import FrankaGripperEnd
from rlco_sim.drivers.franka_recovery import FrankaRecovery
from rlco_sim.drivers.franka_state import StateMessages
from rlco_sim.drivers.packages import kind
from rlco_sim.drivers.wrench_end import WrenchEnd
from rlco_sim.machine.controller import Controller, Kind
from rlco_sim.machine.forward import Forward
from rlco_sim.machine.franka import FrankaRobot
from rlco_sim.machine.hand import Hand
from rlco_sim.machine.joint_impedance import JointImpedance
from rlco_sim.machine.joint_trajectory import Habits, JointTrajectoryController
from rlco_sim.machine.manager import ControllerManager
from rlco_sim.machine.tolerances import Tolerances

_STATE = "franka_robot_state_broadcaster"
_JOINTS = "joint_state_broadcaster"
_CONVENIENCE = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
_MERGED_NS, _FINGERS_NS = seconds_to_ns(1 / 30), seconds_to_ns(1 / 15)


class FrankaDriver(ArmDriver):
    """Ends of the driver.

    Args:
        stand: where it stands.
        from_desired: trajectories begin where the arm was last commanded to be.
        initial: the arm's controller that is active at first; empty: the robot's trajectories.
    """

    def __init__(self, stand: Stand, from_desired: bool, initial: str) -> None:
        manager = ControllerManager(_controllers(stand, from_desired), stand.complain)
        self._robot = FrankaRobot(manager)
        hand = Hand(stand.robot.gripper, stand.session.fingers)
        super().__init__(stand, manager, initial or _trajectories(stand), self._robot, hand)
        self._gripper = FrankaGripperEnd(stand, hand)
        FrankaRecovery(stand, self._robot)
        self._open_topics()
        self._due_ns = {"joint_states": 0, "franka_gripper/joint_states": 0}

    def say(self) -> None:
        """What active broadcasters tell, and what the nodes beside the driver tell anyway."""
        stand, (positions, velocities) = self._stand, self._body.seen
        stamp, count = stand.session.stamp_ns, len(stand.arm_names)
        arm = convert.joint_state_message(
            stamp, stand.arm_names, positions[:count], velocities[:count]
        )
        fingers = convert.joint_state_message(
            stamp, stand.finger_names, positions[count:], velocities[count:]
        )
        if self._manager.controllers[_JOINTS].active:
            self._arm_states.publish(arm)
            self._arm_heard = arm
        if self._manager.controllers[_STATE].active:
            self._say_state(arm)
        if self._due("franka_gripper/joint_states", _FINGERS_NS):
            self._finger_states.publish(fingers)
        if self._due("joint_states", _MERGED_NS):
            self._merged.publish(convert.merged_joint_states(self._arm_heard, fingers))

    def settle(self) -> None:
        """Goals of the hand, too."""
        super().settle()
        self._gripper.settle()

    @property
    def faults(self) -> Mapping[str, Fault]:
        """Stops of the arm, and what every arm has."""
        robot = self._robot
        return {
            **super().faults,
            "reflex": lambda _: robot.reflex(),
            "user_stop": lambda _: robot.user_stop(),
            "release": lambda _: robot.release(),
            "felt_force": self._wrench.lean,
        }

    def switched(self) -> None:
        """Activating what commands the arm clears a reflex."""
        self._robot.switched()

    def _due(self, topic: str, every_ns: int) -> bool:
        """Whether a slow topic is to be said; in lock-step every instant is."""
        now = self._stand.session.stamp_ns
        if not self._stand.lockstep and now < self._due_ns[topic]:
            return False
        self._due_ns[topic] = now + every_ns
        return True

    def _say_state(self, arm: JointState) -> None:
        self._measured.publish(arm)
        if self._states is not None:
            self._states.publish(self._state.message(arm, self._body.drive.goal))
        self._wrench.say()

    def _open_topics(self) -> None:
        node, default = self._stand.node, qos_profile_system_default
        self._arm_heard = JointState()
        self._arm_states: Publisher = node.create_publisher(
            JointState, "franka/joint_states", default
        )
        self._finger_states: Publisher = node.create_publisher(
            JointState, "franka_gripper/joint_states", default
        )
        self._merged: Publisher = node.create_publisher(
            JointState, self._stand.robot.joint_states_topic, default
        )
        self._measured = node.create_publisher(
            JointState, f"{_STATE}/measured_joint_states", _CONVENIENCE
        )
        self._wrench = WrenchEnd(
            self._stand,
            f"{_STATE}/external_wrench_in_stiffness_frame",
            self._stand.robot.ee_frame,
            _CONVENIENCE,
            np.zeros((2, 3)),
        )
        state = kind(self._stand, "franka_msgs.msg.FrankaRobotState", f"{_STATE}/robot_state")
        self._states = None
        if state is not None:
            self._state = StateMessages(state, self._stand, self._robot)
            self._states = node.create_publisher(state, f"{_STATE}/robot_state", default)


def _controllers(stand: Stand, from_desired: bool) -> Sequence[Controller]:
    """Those of the arm. Torques follow its trajectories, and only their end is looked at."""
    names, log, count = stand.arm_names, stand.complain, len(stand.arm_names)
    habits = Habits(
        Tolerances(np.zeros(count), np.zeros(count), stopped=0.01),
        from_desired=from_desired,
        takes_effort=True,
    )
    return [
        Controller(_JOINTS, "joint_state_broadcaster/JointStateBroadcaster"),
        Controller(_STATE, f"{_STATE}/FrankaRobotStateBroadcaster"),
        JointTrajectoryController(_trajectories(stand), names, habits, log),
        *(Forward(of, names, log) for of in (Kind.VELOCITY, Kind.POSITION)),
        JointImpedance(names, log),
    ]


def _trajectories(stand: Stand) -> str:
    """The controller that the robot's trajectories go to."""
    return stand.robot.controller_topic.split("/")[0]
