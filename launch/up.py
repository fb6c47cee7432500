# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Starts a system's nodes as processes, where launch_ros is not there to do it."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from ament_index_python.packages import PackageNotFoundError, get_package_prefix

from rlco_bringup.graph import PROFILE, PROFILE_VARIABLES, NodeSpec
from rlco_core.errors import ConfigError, RlcoError

_STOP_SECONDS = 5.0
_libc, _PR_SET_PDEATHSIG = ctypes.CDLL(None), 1


class ProcessDied(RlcoError):
    """A node's process ended by itself."""


class System:
    """The running processes of a graph; a context manager that leaves none behind.

    Args:
        graph: what to start, in order.
        namespace: of all nodes.
        log_dir: one log file per node; without it nodes write to this terminal.
    """

    def __init__(
        self, graph: Sequence[NodeSpec], namespace: str = "", log_dir: Path | None = None
    ) -> None:
        self._graph = {spec.name: spec for spec in graph}
        self._namespace = namespace
        self._log_dir = log_dir
        self._folder = tempfile.TemporaryDirectory(prefix="rlco_up_")
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> System:
        for name in self._graph:
            self.start(name)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._folder.cleanup()

    def start(self, name: str) -> None:
        """Starts one node of the graph (again)."""
        command = node_command(self._graph[name], self._namespace, Path(self._folder.name))
        environment = {**os.environ, **profile_environment()}
        self.processes[name] = subprocess.Popen(
            command, env=environment, preexec_fn=_end_with_parent, **self._output(name)
        )

    def stop(self) -> None:
        """Interrupts every process and kills what does not end in time."""
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        deadline = time.monotonic() + _STOP_SECONDS
        for process in self.processes.values():
            try:
                process.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def require_alive(self) -> None:
        """Raises ProcessDied, with the last line of its log, when a node has ended."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                raise ProcessDied(f"{name} ended with code {process.returncode}{self._last(name)}")

    def wait(self) -> int:
        """Waits until the first node ends; returns its exit code."""
        while True:
            for process in self.processes.values():
                try:
                    return process.wait(0.2)
                except subprocess.TimeoutExpired:
                    continue

    def log(self, name: str) -> str:
        """What a node has logged so far; empty when it writes to the terminal."""
        path = self._log_dir / f"{name}.log" if self._log_dir else None
        return path.read_text(errors="replace") if path and path.exists() else ""

    def _last(self, name: str) -> str:
        lines = [line for line in self.log(name).splitlines() if line.strip()]
        return f": {lines[-1]}" if lines else ""

    def _output(self, name: str) -> dict[str, Any]:
        if self._log_dir is None:
            return {}
        self._log_dir.mkdir(parents=True, exist_ok=True)
        log = (self._log_dir / f"{name}.log").open("ab")
        return {"stdout": log, "stderr": subprocess.STDOUT}


def _end_with_parent() -> None:
    """Nodes do not outlive who started them, not even one that was killed."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def node_command(spec: NodeSpec, namespace: str, folder: Path) -> list[str]:
    """The command line of one node; its parameters go into a file in ``folder``.

    Raises:
        ConfigError: the package is not installed.
    """
    try:
        prefix = Path(get_package_prefix(spec.package))
    except PackageNotFoundError as error:
        raise ConfigError(f"package {spec.package} is not installed; run 'make setup'") from error
    parameters = folder / f"{spec.name}.yaml"
    parameters.write_text(yaml.safe_dump({"/**": {"ros__parameters": dict(spec.parameters)}}))
    command = [str(prefix / "lib" / spec.package / spec.executable), "--ros-args"]
    command += ["-r", f"__node:={spec.name}", "--params-file", str(parameters)]
    if namespace:
        command += ["-r", f"__ns:=/{namespace.strip('/')}"]
    for source, target in spec.remappings.items():
        command += ["-r", f"{source}:={target}"]
    return command


def profile_environment() -> dict[str, str]:
    """Variables that make Fast DDS read our profile; what the user has set stays."""
    return {name: os.environ.get(name, str(PROFILE)) for name in PROFILE_VARIABLES}
