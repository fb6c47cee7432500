# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The image for the computer beside a robot has what policy and bridge import."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

DOCKERFILE = Path(__file__).resolve().parent.parent / "docker" / "robot.Dockerfile"
#: What `robot.launch.py` and its nodes import; launch itself is ROS's.
IMPORTS = """
import sys
from importlib.metadata import packages_distributions
import rlco_bringup.graph, rlco_bridge.node, rlco_bridge.streaming.node, rlco_policy.node
found = packages_distributions()
for name in sorted({name.split(".")[0] for name in sys.modules}):
    where = getattr(sys.modules[name], "__file__", None) or ""
    if "site-packages" in where:
        print(*(found.get(name) or [""])[:1])
"""
#: ROS's own come from apt, ours are built, and setuptools hooks itself into every interpreter.
ELSEWHERE = re.compile(r"|ros(idl)?[-_].*|.*[-_](msgs|srvs)|.*[-_]interfaces|setuptools")


def normal(name: str) -> str:
    """As PEP 503 has it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def installed() -> set[str]:
    """What pip installs in the image, and what that needs."""
    text = DOCKERFILE.read_text().replace("\\\n", " ")
    (line,) = re.findall(r"pip install .* -c locks/jazzy.txt (.*?)&&", text)
    found: set[str] = set()
    waiting = [normal(name) for name in line.split()]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        try:
            needs = requires(name) or []
        except PackageNotFoundError:
            continue
        waiting += [
            normal(re.split(r"[ ;<>=!~\[(]", one)[0]) for one in needs if "extra" not in one
        ]
    return found


def test_all_that_policy_and_bridge_import_is_installed() -> None:
    run = subprocess.run(
        [sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=True, timeout=60
    )
    imported = {normal(name) for name in run.stdout.split()}
    assert {"onnxruntime", "websockets"} <= imported
    wanted = {name for name in imported if not ELSEWHERE.fullmatch(name)}
    assert wanted - installed() == set()
