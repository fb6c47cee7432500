# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Resolves locks/requirements*.in in an empty environment and writes locks/<distro>.txt.

    python3.11 tools/make_lock.py jazzy kilted

Standard library only; `make lock` calls it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

LOCKS = Path(__file__).resolve().parent.parent / "locks"
HEAD = """\
# All Python packages of the {distro} environment, for CPython 3.11 on Linux x86-64.
# Made by `make lock ROS_DISTRO={distro}` from requirements.in and requirements-{distro}.in; do not
# edit. weights.txt is installed besides, without its dependencies.
"""


def resolve(requirements: list[Path]) -> list[dict[str, Any]]:
    """What pip would install for these requirement files in an empty environment."""
    with tempfile.TemporaryDirectory() as scratch:
        venv.create(scratch, with_pip=True)
        report = Path(scratch) / "report.json"
        command = [f"{scratch}/bin/python", "-m", "pip", "install", "--dry-run", "--quiet"]
        command += ["--ignore-installed", "--report", str(report)]
        command += [word for path in requirements for word in ("-r", str(path))]
        subprocess.run(command, check=True)
        return list(json.loads(report.read_text())["install"])


def pin(package: dict[str, Any]) -> str:
    """`name==version`, without the local part that names a build, such as +cpu."""
    metadata = package["metadata"]
    return f"{metadata['name']}=={metadata['version'].split('+')[0]}"


def write_lock(distro: str) -> Path:
    """Write locks/<distro>.txt and return its path."""
    found = resolve([LOCKS / "requirements.in", LOCKS / f"requirements-{distro}.in"])
    pins = sorted((pin(package) for package in found), key=str.lower)
    lock = LOCKS / f"{distro}.txt"
    lock.write_text(HEAD.format(distro=distro) + "\n".join(pins) + "\n")
    return lock


def main() -> None:
    """Lock every distribution named on the command line."""
    for distro in sys.argv[1:]:
        print(f"resolving {distro} ...", flush=True)
        print(f"wrote {write_lock(distro)}")


if __name__ == "__main__":
    main()
