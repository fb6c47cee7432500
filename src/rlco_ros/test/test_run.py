# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Nodes start, stop and fail with an exit code and one line."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
import rclpy
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.node import Node

from rlco_ros.run import run, shut_down
from rlco_ros.spin import LeanExecutor

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


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["-p", "rate"], "-p rate"),
        (["--params-file", "/nowhere.yaml"], "/nowhere.yaml"),
        (["-r", "__node:=9bad"], "__node:=9bad"),
    ],
)
def test_arguments_that_ros_cannot_read_are_said_in_one_line(words: list[str], named: str) -> None:
    command = [sys.executable, "-c", NODE, "--ros-args", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert done.returncode == 1
    assert len(lines) == 1, done.stderr
    assert named in lines[0]
    assert "Traceback" not in done.stderr


LIFECYCLE = """
import sys
from rclpy.lifecycle import LifecycleNode, TransitionCallbackReturn
from rlco_ros.parameters import flag, text
from rlco_ros.run import run

class Probe(LifecycleNode):
    def __init__(self):
        super().__init__("probe")
        self.declare_parameters("", [
            flag("autostart", True, "start at once"), text("fail", "", "which transition fails"),
        ])
        self.create_timer(0.05, lambda: (_ for _ in ()).throw(KeyboardInterrupt))

    def on_configure(self, state):
        return self.outcome("configure")

    def on_activate(self, state):
        return self.outcome("activate")

    def outcome(self, transition):
        print(transition)
        fails = self.get_parameter("fail").value == transition
        return TransitionCallbackReturn.FAILURE if fails else TransitionCallbackReturn.SUCCESS

sys.exit(run(Probe, sys.argv))
"""


@pytest.mark.parametrize(
    ("parameters", "code", "transitions"),
    [
        ([], 0, ["configure", "activate"]),
        (["-p", "autostart:=false"], 0, []),
        (["-p", "fail:=configure"], 1, ["configure"]),
        (["-p", "fail:=activate"], 1, ["configure", "activate"]),
    ],
    ids=["starts", "waits", "unconfigured", "inactive"],
)
def test_a_lifecycle_node_starts_by_itself_or_its_process_fails(
    parameters: list[str], code: int, transitions: list[str]
) -> None:
    command = [sys.executable, "-c", LIFECYCLE, "--ros-args", *parameters]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.split()) == (code, transitions), done.stderr


FOREVER = """
import sys
from rclpy.node import Node
from rlco_ros.run import run

class Probe(Node):
    def __init__(self):
        super().__init__("probe")
        self.create_timer(0.01, lambda: print("spinning", flush=True))

sys.exit(run(Probe, sys.argv))
"""


IDLE = """
import sys
from rclpy.node import Node
from rlco_ros.run import run

class Probe(Node):
    def __init__(self):
        super().__init__("probe")
        self.create_guard_condition(lambda: print("spinning", flush=True)).trigger()

sys.exit(run(Probe, sys.argv))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("code", [FOREVER, IDLE], ids=["busy", "idle"])
def test_a_node_that_is_told_to_stop_ends_in_order(code: str, number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "spinning\n"
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")


@pytest.mark.parametrize("stopped", [True, False])
def test_a_wait_that_a_stop_overtakes_is_an_orderly_end(
    stopped: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = rclpy_implementation.RCLError

    def spin(executor: LeanExecutor) -> None:
        if stopped:
            rclpy.shutdown()
        raise error("failed to initialize wait set")

    monkeypatch.setattr(LeanExecutor, "spin", spin)
    if stopped:
        assert run(lambda: Node("probe")) == 0
        return
    with pytest.raises(error):
        run(lambda: Node("probe"))


@pytest.mark.parametrize("stopped", [True, False])
def test_a_signal_may_shut_down_first(stopped: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    error = rclpy_implementation.RCLError

    def overtaken() -> None:
        if stopped:
            rclpy.shutdown()
        raise error("already shut down")

    monkeypatch.setattr(rclpy, "try_shutdown", overtaken)
    rclpy.init()
    if stopped:
        shut_down()
        return
    with pytest.raises(error):
        shut_down()
    rclpy.shutdown()


def test_an_interrupt_while_it_ends_is_an_orderly_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(executor: LeanExecutor) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(LeanExecutor, "spin", interrupted)
    monkeypatch.setattr(LeanExecutor, "shutdown", interrupted)
    assert run(lambda: Node("probe")) == 0
