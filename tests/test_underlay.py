# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Message packages of robots' drivers are there in tests, with what rlco needs of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import underlay


def test_what_is_there_comes_before_everything_else(tmp_path: Path) -> None:
    environment = underlay.with_underlay({"PYTHONPATH": "/before", "HOME": "/home"}, tmp_path)
    assert environment == {
        "HOME": "/home",
        "AMENT_PREFIX_PATH": str(tmp_path),
        "PYTHONPATH": f"{tmp_path}/lib/python3.11/site-packages:/before",
        "LD_LIBRARY_PATH": f"{tmp_path}/lib",
    }


def test_without_one_the_environment_stays_as_it_is(tmp_path: Path) -> None:
    assert underlay.with_underlay({"A": "b"}, tmp_path / "none") == {"A": "b"}


@pytest.mark.parametrize(
    "kind",
    [
        "control_msgs.action.FollowJointTrajectory",
        "control_msgs.action.ParallelGripperCommand",
        "controller_manager_msgs.srv.SwitchController",
        "franka_msgs.msg.FrankaRobotState",
        "ur_dashboard_msgs.msg.SafetyMode",
        "ur_msgs.srv.SetIO",
    ],
)
def test_types_can_be_used(kind: str) -> None:
    package, sub, name = kind.split(".")
    code = f"from {package}.{sub} import {name}"
    subprocess.run([sys.executable, "-c", code], env=underlay.environment(), check=True)
