# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The drivers' message packages get into the environment where there are any."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import underlay


def test_what_is_there_comes_before_everything_else(tmp_path: Path) -> None:
    environment = underlay.with_underlay({"PYTHONPATH": "/before", "HOME": "/home"}, tmp_path)
    assert environment == {
        "HOME": "/home",
        "AMENT_PREFIX_PATH": f"{tmp_path}/".rstrip("/"),
        "PYTHONPATH": f"{tmp_path}/lib/python3.11/site-packages:/before",
        "LD_LIBRARY_PATH": f"{tmp_path}/lib",
    }


def test_without_one_the_environment_stays_as_it_is(tmp_path: Path) -> None:
    assert underlay.with_underlay({"A": "b"}, tmp_path / "none") == {"A": "b"}


def test_by_hand_it_prints_lines_for_a_shell_or_says_what_is_missing(tmp_path: Path) -> None:
    command = [sys.executable, underlay.__file__]
    told = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True)
    assert f"export LD_LIBRARY_PATH='{tmp_path}/lib" in told.stdout
    missing = subprocess.run([*command, str(tmp_path / "none")], capture_output=True, text=True)
    assert missing.returncode == 1
    assert f"no message packages at {tmp_path}/none; name where colcon" in missing.stderr
