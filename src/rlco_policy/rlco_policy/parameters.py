# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of the policy node."""

from __future__ import annotations

from rlco_core.chunks import EXECUTIONS
from rlco_policy.engine import CPU
from rlco_ros.parameters import flag, real, text, texts, whole

PARAMETERS = (
    text("bundle", "", "directory of the policy bundle"),
    text("robot", "panda", "robot by name, or path of its YAML file"),
    text("tf_prefix", "", "prefix of the robot's joint and frame names"),
    text("task", "", "task of the scene; empty: any that the bundle was trained on"),
    flag(
        "lockstep",
        False,
        "true: only equal stamps make an observation, of any age; false: see the next four",
    ),
    real("image_max_age", 0.3, "realtime: largest age of the newest image, s", 0.001, 10.0),
    real("joints_max_age", 0.2, "realtime: largest age of the newest joint state, s", 0.001, 10.0),
    real("skew", 0.05, "realtime: how much older than its image a joint state may be, s", 0.0, 1.0),
    real(
        "frozen_after",
        1.0,
        "realtime: how long an image may stay the same after the joints moved, s",
        0.05,
        60.0,
    ),
    text("execution", "asynchronous", "realtime: as the bridge's", tuple(EXECUTIONS)),
    real("added_latency", 0.0, "by which every answer is late, s; to try slow policies", 0.0, 10.0),
    real("scene_timeout", 10.0, "how long configuring waits for cameras, s", 0.1, 600.0),
    texts("providers", [CPU], "ONNX Runtime execution providers by priority"),
    whole("threads", 1, "threads of ONNX Runtime within one operator", 1, 256),
    flag("autostart", True, "configure and activate at once"),
)
