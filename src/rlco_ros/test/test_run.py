# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Nodes start, stop and fail with an exit code and one line."""

from __future__ import annotations

import subprocess
import sys

import pytest

NODE = """
import sys
from rclpy.node import Node
from rlco_core.errors import ConfigError
from rlco_ros.parameters import flag, real, text, whole
from rlco_ros.run import run

class Probe(Node):
    def __init__(self):
        super().__init__("probe")
        self.declare_parameters("", [
            text("mode", "a", "how", ["a", "b"]), real("rate", 1.0, "how fast", 0.5, 2.0),
            whole("count", 1, "how many", 1, 3), flag("fail", False, "whether to fail"),
        ])
        if self.get_parameter("fail").value:
            raise ConfigError("mode is wrong; it should be right")
        self.create_timer(0.05, lambda: (_ for _ in ()).throw(KeyboardInterrupt))

sys.exit(run(Probe, sys.argv))
"""


def probe(*parameters: str) -> subprocess.CompletedProcess[str]:
    words = [word for parameter in parameters for word in ("-p", parameter)]
    command = [sys.executable, "-c", NODE, "--ros-args", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_an_interrupted_node_ends_in_order() -> None:
    done = probe()
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("parameter", "named"),
    [
        ("fail:=true", "mode is wrong; it should be right"),
        ("rate:=9.0", "rate"),
        ("count:=7", "count"),
        ("mode:=3", "mode"),
    ],
)
def test_what_is_wrong_is_one_line(parameter: str, named: str) -> None:
    done = probe(parameter)
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert done.returncode == 1
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("error: ")
    assert named in lines[0]
