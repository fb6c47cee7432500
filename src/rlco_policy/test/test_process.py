# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The policy node as a process of its own: exit codes, one line on failure, silence on a stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from scripted_scene import DOMAIN, PATIENCE_S, Stage

START = "import sys; from rlco_policy.node import main; sys.exit(main(sys.argv))"


def run_node(*arguments: str, namespace: str = "/cell") -> subprocess.Popen[str]:
    """The node as its own process."""
    command = [sys.executable, "-c", START, "--ros-args", "-r", f"__ns:={namespace}", *arguments]
    environment = os.environ | {"ROS_DOMAIN_ID": str(DOMAIN)}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment, text=True, stdout=pipe, stderr=pipe)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["-p", "bundle:=/nowhere"], "/nowhere: no such bundle"),
        (["-p", "threads:=0"], "threads"),
        (["-p", "lockstep:=maybe"], "lockstep"),
    ],
)
def test_the_process_ends_with_1_and_says_why(arguments: list[str], line: str) -> None:
    process = run_node(*arguments)
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert line in errors
    assert "Traceback" not in errors
    assert len(errors.strip().splitlines()) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_process_stops_on_request_without_noise(
    stage: Stage, bundle_path: Path, number: signal.Signals
) -> None:
    process = run_node("-p", f"bundle:={bundle_path}")
    stage.wait(lambda: stage.scene.diagnostics)
    loaded = Path(f"/proc/{process.pid}/maps").read_text()
    process.send_signal(number)
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert "Traceback" not in errors
    assert "onnxruntime" in loaded
    assert "libtorch" not in loaded


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_process_can_be_stopped_while_it_waits_for_a_camera(
    stage: Stage, bundle_path: Path, number: signal.Signals
) -> None:
    process = run_node("-p", f"bundle:={bundle_path}", namespace="/elsewhere")
    stage.wait(lambda: stage.scene.count_subscribers("/elsewhere/front/camera_info"))
    process.send_signal(number)
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, errors) == (0, "")
