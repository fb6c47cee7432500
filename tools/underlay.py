# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Message packages of robots' drivers, for tests on machines that lack them.

    eval "$(python tools/underlay.py)"      # in `make shell`; `./rlco test-faults` does it, too

The drivers' own packages (control_msgs, controller_manager_msgs, ur_dashboard_msgs, ur_msgs,
franka_msgs) come with a robot's ROS installation and are in no wheel. Stand-ins of them are in
tests/underlay and are built once into install/<distro>/underlay: the types that rlco uses, field by
field as the drivers for Jazzy have them, as others would read something else out of their bytes.
Where the real ones are installed, those are used.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "tests" / "underlay"
_DISTRO = os.environ.get("ROS_DISTRO", "jazzy")
PREFIX = ROOT / "install" / _DISTRO / "underlay"
_BUILD, _LOG = ROOT / "build" / _DISTRO / "underlay", ROOT / "log" / _DISTRO / "underlay"
#: Search path -> where in a prefix it leads.
SEARCHED = {
    "AMENT_PREFIX_PATH": "",
    "PYTHONPATH": "lib/python3.11/site-packages",
    "LD_LIBRARY_PATH": "lib",
}


class UnderlayError(Exception):
    """The message packages could not be built."""


def with_underlay(environment: Mapping[str, str], prefix: Path = PREFIX) -> dict[str, str]:
    """The environment with ``prefix`` first on its search paths; as it is where there is none."""
    if not prefix.is_dir():
        return dict(environment)
    return {**environment, **{name: _first(environment, prefix, name) for name in SEARCHED}}


def environment() -> dict[str, str]:
    """Ours, with the message packages where they are needed."""
    return with_underlay(os.environ) if is_needed() else dict(os.environ)


def is_needed() -> bool:
    """Whether a package is not installed already."""
    return any(find_spec(path.parent.name) is None for path in SOURCES.glob("*/package.xml"))


def build() -> None:
    """Builds what is not built yet, with the environment's own colcon.

    Raises:
        UnderlayError: colcon failed; its output is told.
    """
    stamp, key = PREFIX / "rlco-stamp", _key()
    if stamp.is_file() and stamp.read_text() == key:
        return
    command = [sys.executable, "-m", "colcon", "--log-base", str(_LOG), "build"]
    command += ["--base-paths", str(SOURCES), "--build-base", str(_BUILD)]
    command += ["--install-base", str(PREFIX), "--merge-install"]
    command += ["--cmake-args", "-G", "Ninja", f"-DPython3_EXECUTABLE={sys.executable}"]
    command += ["-DBUILD_TESTING=OFF", "--no-warn-unused-cli"]
    print("[set-up] building the message packages of robots' drivers", file=sys.stderr, flush=True)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise UnderlayError(f"{done.stdout}{done.stderr}")
    stamp.write_text(key)


def _key() -> str:
    digest = hashlib.sha256(sys.executable.encode())
    for path in sorted(path for path in SOURCES.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(SOURCES)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _first(environment: Mapping[str, str], prefix: Path, name: str) -> str:
    rest = environment.get(name, "")
    return str(prefix / SEARCHED[name]).rstrip("/") + (f"{os.pathsep}{rest}" if rest else "")


def main() -> int:
    """Builds what is needed, and prints lines for a shell; 1 when that failed."""
    if not is_needed():
        return 0
    try:
        build()
    except UnderlayError as error:
        print(f"{error}\nthe message packages of robots' drivers cannot be built", file=sys.stderr)
        return 1
    found = with_underlay(os.environ)
    for name in SEARCHED:
        print(f"export {name}='{found[name]}'")
    return 0


if __name__ == "__main__":
    sys.exit(main())
