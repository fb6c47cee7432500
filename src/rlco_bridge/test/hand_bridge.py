# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A bridge in real time whose time passes by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState

from rlco_bridge.course import Course
from rlco_bridge.node import BridgeNode
from rlco_core.robot import RobotConfig
from rlco_core.stamps import set_stamp
from rlco_core.types import ActionChunk
from rlco_interfaces.action import RunEpisode
from rlco_interfaces.srv import ResetScene
from rlco_ros.chunks import chunk_to_message

DT_NS, T0 = 50_000_000, 10_000_000_000
PANDA = RobotConfig.load("panda")


class HandBridge(BridgeNode):
    """Its ROS time is ``now_ns``; ``followed`` is when its arm was sent motion, in periods, and
    ``courses`` what; the arm is always measured at ``joints``, its fingers half open where they are
    heard, and rows of chunks are ``row``.
    """

    now_ns = T0
    row = (0.0, 0.0, 0.0005, 0.0, 0.0, 0.0, 0.5)
    joints = PANDA.home
    fingers_heard = True

    def __init__(self, bundle: Path, **parameters: Any) -> None:
        told = {"bundle": str(bundle), "driver": "sim", "scene": False, **parameters}
        told["journal"] = str(bundle / "journal.jsonl")
        super().__init__(parameter_overrides=[Parameter(k, value=v) for k, v in told.items()])
        self.trigger_configure()
        self.trigger_activate()
        self.followed: list[int] = []
        self.courses: list[Course] = []
        self._commander._arm.follow = self._note  # type: ignore[method-assign]
        self._lookout.clock_jump = lambda now_ns: None  # type: ignore[method-assign]

    def _note(self, course: Course) -> None:
        self.followed.append((self.now_ns - T0) // DT_NS)
        self.courses.append(course)

    def _now(self) -> int:
        return self.now_ns

    def start(self) -> None:
        for period in range(-5, 0):
            self._measure(T0 + period * DT_NS)
        scene = ResetScene.Response(success=True, instruction="push", max_steps=200)
        scene.stamp = set_stamp(Time(), T0)
        self._begin(RunEpisode.Goal(task="push_cube"), scene)

    def answer(self, period: int) -> None:
        """A chunk that answers what was seen in that period."""
        rows = np.tile(np.array(self.row, np.float32), (8, 1))
        hash_ = self._equipment.contract.sha256()
        chunk = ActionChunk(T0 + period * DT_NS, 0.05, rows, hash_, self._number)
        self._on_chunk(chunk_to_message(chunk, "panda_link0"))

    def pass_period(self) -> None:
        self._measure(self.now_ns)
        self._tick()
        self.now_ns += DT_NS

    def _measure(self, now_ns: int) -> None:
        fingers = PANDA.gripper_joint_names if self.fingers_heard else ()
        names = [*PANDA.joint_names, *fingers]
        message = JointState(name=names, position=[*self.joints, *[0.02 for _ in fingers]])
        message.header.stamp = set_stamp(Time(), now_ns)
        self._on_joints(message)
