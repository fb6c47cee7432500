# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of the bridge."""

from __future__ import annotations

from rlco_bridge.equipment import EXECUTION, MODES
from rlco_core.chunks import EXECUTIONS
from rlco_ros.parameters import flag, real, text

#: What ``load_equipment`` takes, in order.
EQUIPMENT = (
    "robot", "driver", "bundle", "lockstep", "contract", "mode", "execution", "slow_down",
)  # fmt: skip
PARAMETERS = (
    text("bundle", "", "directory of the policy bundle whose chunks are played"),
    text("contract", "", "in place of a bundle: the contract as JSON that people act under"),
    text("robot", "panda", "robot by name, or path of its YAML file"),
    text("driver", "", "driver by name, or path of its YAML file; empty: as the robot's says"),
    text("mode", "real", "shadow: everything but the commands", MODES),
    text("tf_prefix", "", "prefix of joint and frame names"),
    flag("lockstep", False, "true: one command per joint state; false: one per control period"),
    text("execution", EXECUTION, "realtime: how chunks are played", tuple(EXECUTIONS)),
    flag("slow_down", True, "realtime: motion slows down where chunks would end too early"),
    real("patience", 1.0, "realtime: how long an arm may wait for its next chunk, s", 0.0, 60.0),
    real("setpoint_rate", 100.0, "realtime: set-points per second", 20.0, 1000.0),
    text("journal", "", "file that stops are noted in; empty: rlco_journal.jsonl in ROS's logs"),
    flag("scene", True, "reset_scene is asked for a scene; false: people have laid it out"),
    real("reset_timeout", 5.0, "longest wait for the scene's reset, s", 0.1, 60.0),
    real("chunk_timeout", 5.0, "longest wait for the next step's chunk, s", 0.1, 60.0),
    real("observation_timeout", 0.5, "realtime: longest silence of joint states, s", 0.05, 60.0),
    flag("auto_arm", True, "armed from the start and again after faults; stops by people latch"),
    real("deadman_timeout", 0.0, "longest silence of deadman, s; 0: nobody holds it", 0.0, 10.0),
    flag("autostart", True, "configure and activate at once"),
)
