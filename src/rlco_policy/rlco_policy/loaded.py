# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A policy that is ready, and all that answers with it: exchanged as one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile

from rlco_core.camera_sizes import cameras_that_fit
from rlco_core.contract import compare
from rlco_core.errors import ContractMismatch
from rlco_core.robot import RobotConfig
from rlco_policy.cameras import Cameras, Heard
from rlco_policy.measurements import Topics
from rlco_policy.onnx_policy import OnnxPolicy
from rlco_policy.parameters import limits
from rlco_policy.pixels import Size
from rlco_policy.responder import Askable, Responder, make_responder, measured_joints
from rlco_policy.source import Source, open_source
from rlco_policy.timing import Slowed


@dataclass(frozen=True)
class Loaded:
    """What a node has after configuring.

    Attributes:
        joint_names: what is read from joint states, see `measured_joints`.
        frame: the robot's base frame, in which chunks are.
    """

    source: Source
    cameras: Cameras
    topics: Topics
    responder: Responder
    joint_names: tuple[str, ...]
    frame: str

    def figures(self) -> dict[str, str]:
        """For people and diagnostics."""
        return {
            "bundle_sha256": self.source.sha256,
            **self.source.engine,
            **self.responder.figures(),
            **self.cameras.figures(),
        }


def load(node: Node, path: str, wake: Callable[[], None], qos: QoSProfile, heard: Heard) -> Loaded:
    """What answers, of the bundle at ``path`` or of the server: verified, fit for the scene and
    warm.

    Args:
        node: whose parameters and cameras these are.
        wake: see `Courier`.
        qos, heard: see `Cameras`.

    Raises:
        RlcoError: it is unsound, or does not fit robot, task or cameras.
    """

    def get(name: str) -> Any:
        return path if name == "bundle" else node.get_parameter(name).value

    source = open_source(get, wake)
    try:
        return _around(source, node, get, qos, heard)
    except BaseException:
        source.close()
        raise


def _around(
    source: Source, node: Node, get: Callable[[str], Any], qos: QoSProfile, heard: Heard
) -> Loaded:
    """All that answers with ``source``."""
    robot, prefix = RobotConfig.load(get("robot")), get("tf_prefix")
    names = [camera.name for camera in source.contract.cameras]
    cameras = Cameras(node, names, get("image_transport"), qos, heard)
    source = _in_scene(source, robot, get("task"), lambda: cameras.announced(get("scene_timeout")))
    topics = Topics(
        cameras=cameras.topics,
        joints=node.resolve_topic_name(robot.joint_states_topic),
        commanded=node.resolve_topic_name("commanded_joint_states"),
    )
    responder = make_responder(
        _slowed(source, get("added_latency")), robot, topics, limits(get), get("execution")
    )
    joints = tuple(measured_joints(robot, prefix))
    if fallback := source.engine.get("fallback"):
        node.get_logger().warning(f"{source.policy.provider} computes instead: {fallback}")
    node.get_logger().info(source.ready_line)
    return Loaded(source, cameras, topics, responder, joints, prefix + robot.base_frame)


def _slowed(source: Source, seconds: float) -> Askable:
    """What is asked; only what runs here can be made slower."""
    policy = source.policy
    return Slowed(policy, seconds) if seconds and isinstance(policy, OnnxPolicy) else policy


def _in_scene(
    source: Source, robot: RobotConfig, task: str, sizes: Callable[[], Mapping[str, Size]]
) -> Source:
    """For cameras as they are; raises `ContractMismatch` unless robot, task and they fit."""
    scene: dict[str, Any] = {"robot": robot.name, "tasks": [task] if task else []}
    if differences := compare(source.contract, scene):
        raise ContractMismatch(f"the bundle does not fit the scene: {'; '.join(differences)}")
    return source.seeing(cameras_that_fit(source.contract, sizes()))
