# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The driver of a UR arm, with a Robotiq gripper beside it.

Protective stop, safeguard stop and emergency stop only pause its program: controllers go on, nobody
hears them, and once the program plays again the arm goes where they are by then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from rclpy.qos import qos_profile_system_default
from sensor_msgs.msg import JointState

from rlco_core.errors import ConfigError, choices
from rlco_sim import convert
from rlco_sim.drivers.arm_driver import ArmDriver
from rlco_sim.drivers.driver import Fault, Stand
from rlco_sim.drivers.robotiq import CONTROLLERS, RobotiqEnd
from rlco_sim.drivers.ur_status import UrStatus
from rlco_sim.machine.controller import Controller, Kind
from rlco_sim.machine.forward import Forward
from rlco_sim.machine.hand import Hand
from rlco_sim.machine.joint_trajectory import Habits, JointTrajectoryController
from rlco_sim.machine.knuckle import Knuckle
from rlco_sim.machine.manager import ControllerManager
from rlco_sim.machine.tolerances import Tolerances
from rlco_sim.machine.ur import Answer, ControllerStopper, UrRobot

#: rad, on the path and at the goal; and the gripper that hangs on a digital output.
_PATH, _GOAL = 0.2, 0.1
_DIGITAL = "digital_output"
_SCALED = "scaled_joint_trajectory_controller"
GRIPPERS = (*CONTROLLERS, _DIGITAL)
_BROADCASTERS = {
    "joint_state_broadcaster": "joint_state_broadcaster/JointStateBroadcaster",
    "io_and_status_controller": "ur_controllers/GPIOController",
    "speed_scaling_state_broadcaster": "ur_controllers/SpeedScalingStateBroadcaster",
    "force_torque_sensor_broadcaster": (
        "force_torque_sensor_broadcaster/ForceTorqueSensorBroadcaster"
    ),
}


class UrDriver(ArmDriver):
    """Ends of the driver.

    Args:
        stand: where it stands.
        from_desired: trajectories begin where the arm was last commanded to be.
        initial: the arm's controller that is active at first; empty: scaled trajectories.
        gripper: how it is commanded, one of ``GRIPPERS``.
        pin: digital output that closes the gripper, where it hangs on one.
    """

    def __init__(
        self, stand: Stand, from_desired: bool, initial: str, gripper: str, pin: int
    ) -> None:
        if gripper not in GRIPPERS:
            raise ConfigError(f"gripper '{gripper}' is unknown; it should be {choices(GRIPPERS)}")
        robot, session = stand.robot, stand.session
        self._robot, self._pin = UrRobot(), pin
        hand = Hand(robot.gripper, session.fingers)
        self._robotiq = None if gripper == _DIGITAL else RobotiqEnd(stand, hand, gripper)
        manager = ControllerManager(self._controllers(stand, from_desired), stand.complain)
        self._stopper = ControllerStopper(manager)
        super().__init__(stand, manager, initial or _SCALED, self._robot, hand)
        self._status = UrStatus(stand, self._robot, self.settle, self._on_output)
        self._knuckle = Knuckle(robot.gripper)
        self._joint_states = stand.node.create_publisher(
            JointState, robot.joint_states_topic, qos_profile_system_default
        )

    def say(self) -> None:
        """Joints, the gripper's knuckle if it has one, speed and force."""
        stand, (positions, velocities) = self._stand, self._body.seen
        names, stamp, count = stand.arm_names, stand.session.stamp_ns, len(stand.arm_names)
        finger, speed = positions[count], velocities[count]
        positions, velocities = positions[:count], velocities[:count]
        if self._robotiq is not None:
            names = [*names, self._robotiq.joint]
            positions = np.append(positions, self._knuckle.angle(finger))
            velocities = np.append(velocities, self._knuckle.rate * speed)
        if self._manager.controllers["joint_state_broadcaster"].active:
            self._joint_states.publish(
                convert.joint_state_message(stamp, names, positions, velocities)
            )
        self._status.say()
        self._status.say_changes()

    def settle(self) -> None:
        """A program that stopped takes its controllers along; one that runs brings them back."""
        self._stopper.watch(self._robot.connected, self._stand.session.joint_positions)
        super().settle()
        if self._robotiq is not None:
            self._robotiq.settle()

    @property
    def faults(self) -> Mapping[str, Fault]:
        """Stops, the program, the speed, and what every arm has."""
        robot = self._robot
        return {
            **super().faults,
            "protective_stop": lambda _: robot.protective_stop(),
            "emergency_stop": lambda _: robot.emergency_stop(),
            "safeguard_stop": lambda _: robot.safeguard_stop(),
            "violation": lambda _: robot.violation(),
            "release": lambda _: robot.release(),
            "program_stop": lambda _: self._press(robot.stop),
            "program_start": lambda _: self._press(robot.play),
            "speed_scaling": self._set_speed,
            "felt_force": self._status.wrench.lean,
        }

    def inject(self, fault: str, value: float) -> None:
        """As for every driver; modes are told at once."""
        super().inject(fault, value)
        self._status.say_changes()

    def _press(self, button: Callable[[], Answer]) -> None:
        answer = button()
        if not answer.success:
            raise ConfigError(answer.message)

    def _set_speed(self, value: float) -> None:
        if not 0.0 <= value <= 1.0:
            raise ConfigError(f"speed_scaling is {value:g}; it should be in [0, 1]")
        self._robot.slider = value

    def _on_output(self, pin: int, state: bool) -> None:
        """The gripper on a digital output closes while that is on."""
        if self._robotiq is None and pin == self._pin and not self._body.hand.silent:
            gripper = self._stand.robot.gripper
            self._body.hand.go(gripper.closed if state else gripper.open)

    def _controllers(self, stand: Stand, from_desired: bool) -> Sequence[Controller]:
        names, log = stand.arm_names, stand.complain
        tolerances = Tolerances.same(len(names), _PATH, _GOAL)
        plain = Habits(tolerances, from_desired=from_desired)
        scaled = Habits(
            tolerances,
            scaled=True,
            from_desired=from_desired,
            kind="ur_controllers/ScaledJointTrajectoryController",
        )
        gripper = [] if self._robotiq is None else [self._robotiq.controller]
        return [
            *(Controller(name, kind) for name, kind in _BROADCASTERS.items()),
            JointTrajectoryController(_SCALED, names, scaled, log),
            *gripper,
            JointTrajectoryController("joint_trajectory_controller", names, plain, log),
            *(Forward(kind, names, log) for kind in (Kind.VELOCITY, Kind.POSITION)),
        ]
