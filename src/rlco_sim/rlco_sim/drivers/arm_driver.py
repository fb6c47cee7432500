# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What drivers of real arms have in common: controllers and their manager, a hand, some faults.

Time in lock-step: an instant is answered by a trajectory that is stamped so, and by any set-point,
whose stamp, if it has one, says nothing: such a command has to come once per instant. It does not
matter whether the controller is active. While a goal of follow_joint_trajectory runs it answers
every instant, so time passes by itself. Grippers answer nothing: their goals count from the instant
in which they are accepted, so wait for that before you command the arm. In silence time stands
still, in a protective stop, too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from std_msgs.msg import String

from rlco_ros.qos import LATCHED
from rlco_sim.drivers.controller_ends import ForwardEnd, TargetEnd, TrajectoryEnd
from rlco_sim.drivers.driver import Driver, Fault, Stand
from rlco_sim.drivers.manager_end import ManagerEnd
from rlco_sim.machine.body import Body, Modes
from rlco_sim.machine.forward import Forward
from rlco_sim.machine.hand import Hand
from rlco_sim.machine.joint_impedance import JointImpedance
from rlco_sim.machine.joint_trajectory import JointTrajectoryController
from rlco_sim.machine.manager import ControllerManager, Strictness


class ArmDriver(Driver):
    """Ends of the controllers of one arm.

    Args:
        stand: where it stands.
        manager: of the controllers, all inactive.
        initial: the one of those that command the arm that is active at first.
        modes: of the robot.
        hand: the fingers.

    Raises:
        ConfigError: there is no controller ``initial``.
    """

    def __init__(
        self, stand: Stand, manager: ControllerManager, initial: str, modes: Modes, hand: Hand
    ) -> None:
        self._stand, self._manager, self._initial = stand, manager, initial
        manager.start(initial, stand.session.joint_positions)
        self.parts = stand.parts
        self._body = Body(stand.session, manager, modes, hand, self.parts)
        controllers = manager.controllers.values()
        self._trajectories = [
            TrajectoryEnd(stand, one)
            for one in controllers
            if isinstance(one, JointTrajectoryController)
        ]
        for one in controllers:
            if isinstance(one, Forward):
                ForwardEnd(stand, one)
            elif isinstance(one, JointImpedance):
                TargetEnd(stand, one)
        ManagerEnd(stand, manager, self.switched)
        self._describe(stand)

    def _describe(self, stand: Stand) -> None:
        """As robot_state_publisher does."""
        urdf = stand.robot.urdf.read_text()
        prefixed = re.sub('(<(?:joint name|mimic joint)=")', rf"\1{stand.prefix}", urdf)
        self._description = stand.node.create_publisher(String, "robot_description", LATCHED)
        self._description.publish(String(data=prefixed))

    def begin(self) -> None:
        """Active controllers hold where the arm is; the robot's modes are as they were."""
        self._body.begin()
        self.settle()

    def advance(self, part: int) -> None:
        """Part of a control period."""
        self._body.advance(part)
        self.settle()

    @property
    def busy(self) -> bool:
        """Whether a goal of follow_joint_trajectory runs."""
        return any(end.busy for end in self._trajectories)

    def switched(self) -> None:
        """Controllers were switched."""

    def settle(self) -> None:
        """Tells clients what has become of their goals."""
        for end in self._trajectories:
            end.settle()

    @property
    def faults(self) -> Mapping[str, Fault]:
        """What can go wrong with every arm."""
        hand, body = self._body.hand, self._body
        return {
            "deactivate_controllers": lambda _: self._switch((), self._moving()),
            "activate_controllers": lambda _: self._switch([self._initial], ()),
            "silent_gripper": lambda _: setattr(hand, "silent", True),
            "speaking_gripper": lambda _: setattr(hand, "silent", False),
            "joint_state_freeze": lambda _: setattr(body, "frozen", True),
            "joint_state_unfreeze": lambda _: setattr(body, "frozen", False),
            "external_force": self._push,
        }

    def inject(self, fault: str, value: float) -> None:
        """As for every driver; what follows from it is said at once."""
        super().inject(fault, value)
        self.settle()

    def _moving(self) -> list[str]:
        controllers = self._manager.controllers
        return [name for name in self._manager.active if controllers[name].moves_arm]

    def _switch(self, activate: Sequence[str], deactivate: Sequence[str]) -> None:
        joints = self._stand.session.joint_positions
        self._manager.switch(activate, deactivate, Strictness.BEST_EFFORT, joints)
        self.switched()

    def _push(self, newtons: float) -> None:
        """Pushes the end of the arm down."""
        self._stand.session.world.arm.push(np.array([0.0, 0.0, -newtons]))
