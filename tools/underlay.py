# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Puts the message packages of robots' drivers into the environment, where a machine has them.

    eval "$(python tools/underlay.py [PREFIX])"     # inside `make shell`

The drivers' own packages (control_msgs, controller_manager_msgs, ur_dashboard_msgs, ur_msgs,
franka_msgs) are in no wheel. PREFIX is where colcon installed them merged, for this Python;
by default install/<distro>/underlay, where `make test` finds them, too.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PREFIX = ROOT / "install" / os.environ.get("ROS_DISTRO", "jazzy") / "underlay"
#: Search path -> where in a prefix it leads.
SEARCHED = {
    "AMENT_PREFIX_PATH": "",
    "PYTHONPATH": "lib/python3.11/site-packages",
    "LD_LIBRARY_PATH": "lib",
}


def with_underlay(environment: Mapping[str, str], prefix: Path = PREFIX) -> dict[str, str]:
    """The environment with ``prefix`` first on its search paths; as it is where there is none."""
    if not prefix.is_dir():
        return dict(environment)
    return {**environment, **{name: _first(environment, prefix, name) for name in SEARCHED}}


def _first(environment: Mapping[str, str], prefix: Path, name: str) -> str:
    rest = environment.get(name, "")
    return str(prefix / SEARCHED[name]) + (f"{os.pathsep}{rest}" if rest else "")


def main() -> int:
    """Prints shell lines; 1 when there is nothing to put into the environment."""
    prefix = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else PREFIX
    if not prefix.is_dir():
        print(f"no message packages at {prefix}; name where colcon installed them", file=sys.stderr)
        return 1
    environment = with_underlay(os.environ, prefix)
    for name in SEARCHED:
        print(f"export {name}='{environment[name]}'")
    return 0


if __name__ == "__main__":
    sys.exit(main())
