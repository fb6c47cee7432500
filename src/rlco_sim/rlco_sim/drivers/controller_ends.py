# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The ends of controllers: trajectories by topic and action, commands by topic."""

from __future__ import annotations

from typing import Any

from rclpy.qos import qos_profile_system_default
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory

from rlco_core.errors import ConfigError
from rlco_core.stamps import stamp_to_ns
from rlco_ros.qos import COMMAND
from rlco_sim import convert
from rlco_sim.drivers.driver import Stand
from rlco_sim.drivers.goal_server import Ended, GoalServer
from rlco_sim.drivers.packages import kind
from rlco_sim.machine.forward import Forward
from rlco_sim.machine.joint_impedance import JointImpedance
from rlco_sim.machine.joint_trajectory import Code, Goal, JointTrajectoryController


class TrajectoryEnd:
    """``<name>/joint_trajectory`` and ``<name>/follow_joint_trajectory`` of a controller."""

    def __init__(self, stand: Stand, controller: JointTrajectoryController) -> None:
        self._stand, self._controller = stand, controller
        node, name = stand.node, controller.name
        node.create_subscription(
            JointTrajectory, f"{name}/joint_trajectory", self._on_topic, qos_profile_system_default
        )
        self._server: GoalServer | None = None
        action = f"{name}/follow_joint_trajectory"
        self._action = kind(stand, "control_msgs.action.FollowJointTrajectory", action)
        if self._action is not None:
            self._server = GoalServer(
                node,
                self._action,
                action,
                judge=self._judge,
                begin=self._begin,
                look=self._look,
                cancel=lambda goal: controller.cancel(),
                feedback=self._feedback,
            )

    @property
    def busy(self) -> bool:
        """Whether a goal runs."""
        return self._controller.goal is not None

    def settle(self) -> None:
        """Looks at the goal."""
        if self._server is not None:
            self._server.settle()

    def _on_topic(self, message: JointTrajectory) -> None:
        try:
            self._controller.take(*self._told(message))
        except ConfigError as error:
            self._stand.complain(f"{self._controller.name}: {error}")
        else:
            self._stand.answer("arm", stamp_to_ns(message.header.stamp))

    def _judge(self, goal: Any) -> bool:
        try:
            self._controller.judge(*self._told(goal.trajectory))
        except ConfigError as error:
            self._stand.complain(f"{self._controller.name} rejects a goal: {error}")
            return False
        return True

    def _begin(self, goal: Any) -> Goal:
        path = {one.name: one.position for one in goal.path_tolerance}
        last = {one.name: one.position for one in goal.goal_tolerance}
        seconds = stamp_to_ns(goal.goal_time_tolerance) * 1e-9
        begun = self._controller.begin(
            *self._told(goal.trajectory),
            change=lambda own: own.changed(self._controller.joints, path, last, seconds),
        )
        self._stand.answer("arm", self._stand.session.stamp_ns)
        return begun

    def _look(self, goal: Goal) -> Ended | None:
        if goal.code is None:
            return None
        result = self._action.Result(error_code=int(goal.code), error_string=goal.reason)
        return Ended(goal.code is Code.SUCCESSFUL, result)

    def _feedback(self, goal: Goal) -> Any:
        desired, actual = self._controller.desired, self._controller.measured
        if desired is None or actual is None or self._stand.session.between:
            return None
        message = self._action.Feedback(joint_names=self._controller.joints)
        message.header.stamp = convert.time_message(self._stand.session.stamp_ns)
        for field, state in (("desired", desired), ("actual", actual)):
            setattr(message, field, convert.trajectory_point(state))
        message.error.positions = (desired.joints - actual.joints).tolist()
        message.error.velocities = (desired.velocity - actual.velocity).tolist()
        return message

    def _told(self, message: JointTrajectory) -> tuple[list[str], list[Any], int, int]:
        stamp = stamp_to_ns(message.header.stamp)
        points = convert.points_of(message)
        return list(message.joint_names), points, stamp, self._stand.session.stamp_ns


class ForwardEnd:
    """``<name>/commands`` of a controller that passes them on."""

    def __init__(self, stand: Stand, controller: Forward) -> None:
        self._stand, self._controller = stand, controller
        stand.node.create_subscription(
            Float64MultiArray,
            f"{controller.name}/commands",
            self._on_command,
            qos_profile_system_default,
        )

    def _on_command(self, message: Float64MultiArray) -> None:
        self._controller.take(list(message.data))
        self._stand.answer("arm", self._stand.session.stamp_ns)


class TargetEnd:
    """``target_joint``, of any publisher as long as there is no other."""

    def __init__(self, stand: Stand, controller: JointImpedance) -> None:
        self._stand, self._controller = stand, controller
        self._topic = stand.node.resolve_topic_name("target_joint")
        stand.node.create_subscription(JointState, self._topic, self._on_target, COMMAND)

    def _on_target(self, message: JointState) -> None:
        count = self._stand.node.count_publishers(self._topic)
        if count > 1:
            self._stand.complain(f"{self._topic} has {count} publishers: it is not listened to")
        else:
            self._controller.take(list(message.position))
        self._stand.answer("arm", self._stand.session.stamp_ns)
