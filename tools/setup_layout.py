# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Where the environment of one ROS distribution lives, and the variables it runs with."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Layout:
    """Where the environment of one ROS distribution lives."""

    distro: str

    @property
    def venv(self) -> Path:
        return ROOT / f".venv-{self.distro}"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def build(self) -> Path:
        return ROOT / "build" / self.distro

    @property
    def install(self) -> Path:
        return ROOT / "install" / self.distro

    @property
    def log(self) -> Path:
        return ROOT / "log" / self.distro

    @property
    def lock(self) -> Path:
        return ROOT / "locks" / f"{self.distro}.txt"

    @property
    def weights(self) -> Path:
        return ROOT / "locks" / "weights.txt"

    @property
    def site_packages(self) -> Path:
        return self.venv / "lib" / "python3.11" / "site-packages"


def matching(patterns: Iterable[str]) -> list[Path]:
    return sorted(p for pattern in patterns for p in ROOT.glob(pattern) if p.is_file())


def environment_of(layout: Layout) -> dict[str, str]:
    """The variables that pip and colcon run with; other ROS installations are kept out."""
    environment = dict(os.environ)
    for name in ("PYTHONPATH", "COLCON_PREFIX_PATH"):
        environment.pop(name, None)
    prefix = str(layout.venv)
    environment.update(AMENT_PREFIX_PATH=prefix, CMAKE_PREFIX_PATH=prefix)
    environment["ROS_DISTRO"] = layout.distro
    environment["PATH"] = f"{prefix}/bin{os.pathsep}{os.environ['PATH']}"
    return environment


def environment_script(layout: Layout) -> str:
    """Shell lines that put the workspace and the wheels on every search path."""
    packages = [str(path.parent) for path in matching(("src/*/setup.py", "launch/setup.py"))]
    linked = [str(layout.build / package_name(Path(path))) for path in packages]
    python_path = [*linked, str(layout.install / "lib/python3.11/site-packages")]
    libraries = [layout.install / "lib", layout.venv / "lib"]
    libraries += sorted(layout.site_packages.glob("ros_*.libs"))
    return "\n".join(
        (
            f"export ROS_DISTRO={layout.distro} ROS_VERSION=2 ROS_PYTHON_VERSION=3",
            "export RMW_IMPLEMENTATION=rmw_fastrtps_cpp",
            f"export VIRTUAL_ENV='{layout.venv}'",
            f"export PATH='{layout.install}/lib/rlco_trainer:{layout.venv}/bin'\":$PATH\"",
            f"export AMENT_PREFIX_PATH='{layout.install}:{layout.venv}'",
            f"export PYTHONPATH='{os.pathsep.join(python_path)}'",
            f"export LD_LIBRARY_PATH='{os.pathsep.join(map(str, libraries))}'"
            '"${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"',
            "# The libraries are on the path: spares Python a restart that would put them there.",
            "export _ROS_WHEELS_BOOTSTRAP_COMPLETE=1",
            "",
        )
    )


def package_name(directory: Path) -> str:
    found = re.search(r"<name>(.+?)</name>", (directory / "package.xml").read_text())
    assert found, f"{directory}/package.xml has no <name>"
    return found[1]
