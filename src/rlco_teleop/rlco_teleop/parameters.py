# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of the teleoperation node."""

from __future__ import annotations

from dataclasses import fields

from rlco_ros.parameters import flag, real, text, whole, wholes
from rlco_teleop.buttons import NONE, Layout

DEVICES = ("joy", "twist", "pose")
_DEFAULT = Layout()
#: What the buttons are for, besides the axes that move.
BUTTONS = tuple(f.name for f in fields(Layout) if f.name not in ("axes", "dead_zone"))

PARAMETERS = (
    text("contract", "", "the contract as JSON that chunks are made under, as the bridge has it"),
    text("robot", "panda", "robot by name, or path of its YAML file"),
    text("tf_prefix", "", "prefix of joint and frame names"),
    text("policy", "", "directory of the bundle whose chunks people may take over from"),
    flag("lockstep", False, "true: all that an instant takes must bear its stamp"),
    text("device", "joy", "what moves the arm", DEVICES),
    real("speed", 0.5, "full deflection, as a share of the arm's speed limit", 0.01, 1.0),
    real("silence", 0.2, "s after which a silent device means rest", 0.05, 2.0),
    real("dead_zone", _DEFAULT.dead_zone, "share of an axis that means nothing", 0.0, 0.9),
    real("still", 0.01, "share of the arm's speed limit up to which a device rests", 0.0, 0.5),
    wholes("axes", _DEFAULT.axes, "of a Joy, for x y z and roll pitch yaw; -1: none"),
    *(
        whole(name, getattr(_DEFAULT, name), f"index in a Joy for {name}; -1: none", NONE, 255)
        for name in BUTTONS
    ),
)
