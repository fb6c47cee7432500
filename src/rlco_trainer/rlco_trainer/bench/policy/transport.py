# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""From a camera's image to the chunk that answers it, without the inference in between.

A camera, our policy node and a listener, each a process, over DDS: how old an image is when the
chunk that answers it has come. Beside it, by turns in the same run, the same node under rclpy's
executors; an echo of the same image, which is the least that rclpy can do; and the round trip of a
larger image as rlco and as rclpy's defaults send it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from rlco_bringup.graph import PROFILE_VARIABLES
from rlco_bringup.up import profile_environment
from rlco_core.bundle import load_bundle
from rlco_core.errors import RlcoError
from rlco_policy.shipped import shipped_bundle
from rlco_trainer.bench.policy.larger_camera import with_camera_of
from rlco_trainer.bench.policy.part import Options, Part
from rlco_trainer.bench.transport.settings import ECHOES, Settings

_ROUNDS = 2
#: s in which a process that says nothing any more has ended.
_MOMENT = 2.0
_STOP_S = 10.0
#: As UR's driver sends them.
_JOINT_RATE = 500.0
_OURS, _CUSTOMARY = "640x480 there and back", "640x480 there and back, rclpy's defaults"


@dataclass(frozen=True)
class Line:
    """A way from camera to listener.

    Attributes:
        name: for people.
        through: the role in the middle.
        profile: whether Fast DDS gets our profile.
    """

    name: str
    through: str
    settings: Settings
    profile: bool = True


@dataclass(frozen=True)
class Window:
    """What a listener heard in one measurement.

    Attributes:
        ages_ms: of what came.
        inference_ms: the median that the policy's diagnostics told; 0 where there is no policy.
        cpu: share of a core that the process in the middle used.
    """

    ages_ms: tuple[float, ...]
    inference_ms: float
    cpu: float


def lines(seconds: float) -> tuple[Line, ...]:
    """All that is measured."""
    size, vga = (224, 224), (640, 480)
    nodes = {"lean": "", "single": ", SingleThreadedExecutor", "multi": ", MultiThreadedExecutor"}
    policies = tuple(
        Line(
            f"camera to chunk, 224x224{label}",
            "policy",
            Settings(*size, executor, joint_rate=_JOINT_RATE, seconds=seconds),
        )
        for executor, label in nodes.items()
    )
    echo = Settings(*size, "single", listens=ECHOES, seconds=seconds)
    ours = Settings(*vga, listens=ECHOES, seconds=seconds)
    customary = Settings(*vga, "single", customary=True, listens=ECHOES, seconds=seconds)
    return (
        *policies,
        Line("224x224 there and back, bare rclpy", "echo", echo),
        Line(_OURS, "echo", ours),
        Line(_CUSTOMARY, "echo", customary, profile=False),
    )


def measure(options: Options) -> Part:
    """All lines by turns, each ``_ROUNDS`` times.

    Raises:
        RlcoError: a process did not start, or nothing came; the line says why.
    """
    chosen = lines(options.seconds)
    windows: dict[str, list[Window]] = {line.name: [] for line in chosen}
    with tempfile.TemporaryDirectory(prefix="rlco_bench_") as folder:
        source = options.bundle or shipped_bundle("push_cube", "panda")
        bundle = with_camera_of(load_bundle(source), 224, 224, Path(folder) / "bundle")
        for _ in range(_ROUNDS):
            for line in chosen:
                windows[line.name].append(run_line(line, bundle))
    rows = tuple(_row(name, found) for name, found in windows.items())
    medians = {str(row["name"]): float(str(row["p50_ms"])) for row in rows}
    return Part(rows, {"vga_vs_rclpy_default": round(medians[_CUSTOMARY] / medians[_OURS], 2)})


def run_line(line: Line, bundle: Path) -> Window:
    """One measurement.

    Raises:
        RlcoError: nothing came.
    """
    with ExitStack() as stack:
        camera = stack.enter_context(_Process("camera", line))
        middle = stack.enter_context(_Process(line.through, line, bundle))
        listener = stack.enter_context(_Process("listener", line))
        cpu, start = middle.cpu_s(), time.monotonic()
        heard = listener.output()
        share = (middle.cpu_s() - cpu) / (time.monotonic() - start)
        found = json.loads(heard) if heard else {"ages_ms": []}
        if not found["ages_ms"]:
            ends = "; ".join(one.ending() for one in (camera, middle, listener))
            raise RlcoError(f"{line.name}: nothing came: {ends}")
    inference = float(found["figures"].get("latency_p50_ms", 0.0))
    return Window(tuple(found["ages_ms"]), inference, share)


class _Process:
    """A role that ends with its context."""

    def __init__(self, role: str, line: Line, bundle: Path | None = None) -> None:
        command = [sys.executable, "-m", "rlco_trainer.bench.transport.node", role]
        command += [json.dumps(asdict(line.settings)), "--ros-args", "--log-level", "error"]
        if role == "policy":
            command += ["-p", f"bundle:={bundle}", "-p", "robot:=panda"]
        pipe = subprocess.PIPE
        self._role = role
        self._process = subprocess.Popen(
            command, env=_environment(line.profile), stdout=pipe, stderr=pipe, text=True
        )

    def __enter__(self) -> _Process:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.communicate(timeout=_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    def output(self) -> str:
        """The line that it prints at its end."""
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def cpu_s(self) -> float:
        """Time of a core that it has used, s; 0 once it has ended."""
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        except FileNotFoundError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def ending(self) -> str:
        """Whether it still runs, a moment after it fell silent, or what it said last."""
        try:
            self._process.wait(_MOMENT)
        except subprocess.TimeoutExpired:
            return f"{self._role} runs"
        assert self._process.stderr is not None
        said = self._process.stderr.read().strip().splitlines()
        return f"{self._role} ended with code {self._process.returncode}: {' '.join(said[-1:])}"


def _environment(profile: bool) -> Mapping[str, str]:
    bare = {name: value for name, value in os.environ.items() if name not in PROFILE_VARIABLES}
    return bare | profile_environment() if profile else bare


def _row(name: str, windows: list[Window]) -> dict[str, object]:
    ages = np.concatenate([window.ages_ms for window in windows])
    p50, p99 = np.percentile(ages, (50, 99))
    inference = float(np.median([window.inference_ms for window in windows]))
    return {
        "name": name,
        "threads": 1,
        "p50_ms": round(p50, 2),
        "p99_ms": round(p99, 2),
        "count": len(ages),
        "inference_p50_ms": round(inference, 2),
        # Of the slowest in a hundred, too, only the median inference is taken off.
        "beyond_inference_p50_ms": round(p50 - inference, 2),
        "beyond_inference_p99_ms": round(p99 - inference, 2),
        "cpu_percent": round(100.0 * float(np.mean([window.cpu for window in windows])), 1),
    }
