# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The controller that a driver names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rclpy.node import Node

from rlco_bridge.controllers import ArmController
from rlco_bridge.controllers.follow_joint_trajectory import FollowJointTrajectory
from rlco_bridge.controllers.joint_trajectory import JointTrajectoryTopic
from rlco_bridge.controllers.streamed import StreamedController
from rlco_bridge.controllers.unheard import Unheard
from rlco_bridge.driver import ArmDriver
from rlco_bridge.streaming.spec import StreamSpec
from rlco_core.kinematics import Kinematics
from rlco_core.robot import RobotConfig

_TRAJECTORIES: Mapping[str, Callable[[Node, str, Sequence[str]], ArmController]] = {
    "joint_trajectory": JointTrajectoryTopic,
    "follow_joint_trajectory": FollowJointTrajectory,
}


def make_arm_controller(
    node: Node, driver: ArmDriver, robot: RobotConfig, prefix: str, rate: float | None
) -> ArmController:
    """The controller that ``driver`` names, of the arm whose joints' names begin with ``prefix``.

    Args:
        rate: set-points per second that are told one by one; None in lock-step.
    Raises:
        ConfigError: it needs a message package that is not installed.
    """
    if driver.kind == "unheard":
        return Unheard()
    name = driver.name or robot.controller_topic
    joints = [prefix + joint for joint in robot.joint_names]
    if driver.kind in _TRAJECTORIES:
        return _TRAJECTORIES[driver.kind](node, name, joints)
    spec = StreamSpec(
        kind=driver.kind,
        topic=node.resolve_topic_name(name),
        name=f"{node.get_name()}_setpoints",
        namespace=node.get_namespace(),
        joints=tuple(joints),
        base_frame=prefix + robot.base_frame,
        robot=robot,
        period_ns=round(1e9 / rate) if rate else 0,
        speed=tuple(Kinematics(robot).velocity.tolist()),
    )
    return StreamedController(node, spec, lockstep=rate is None)
