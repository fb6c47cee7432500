# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Imports point one way; this holds the walls between the packages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROS_MODULES = {
    "node.py", "cameras.py", "convert.py", "client.py", "server.py", "commander.py",
    "reporter.py", "interlock.py", "loaded.py", "lookout.py", "parts.py", "silence.py", "state.py",
    "wrench_watch.py",
}  # fmt: skip
#: Where every file has ends of topics, services or actions.
ROS_FOLDERS = {"controllers", "drivers", "faults", "grippers", "supervisors"}
ALLOWED = {
    "rlco_core": set(),
    "rlco_ros": {"rlco_core"},
    "rlco_sim": {"rlco_core", "rlco_ros"},
    "rlco_policy": {"rlco_core", "rlco_ros"},
    "rlco_bridge": {"rlco_core", "rlco_ros"},
    "rlco_teleop": {"rlco_core", "rlco_ros"},
    "rlco_trainer": {
        "rlco_core", "rlco_ros", "rlco_sim", "rlco_policy", "rlco_bridge", "rlco_teleop",
        "rlco_bringup",
    },
}  # fmt: skip


def imports() -> Iterator[tuple[str, Path, str]]:
    """Package, file and top-level name of every import of the sources."""
    for package in ALLOWED:
        for path in sorted((ROOT / "src" / package / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    yield from ((package, path, alias.name.split(".")[0]) for alias in node.names)
                elif isinstance(node, ast.ImportFrom):
                    yield package, path, str(node.module).split(".")[0]


def test_packages_import_only_what_lies_below_them() -> None:
    wrong = [
        (str(path.relative_to(ROOT)), name)
        for package, path, name in imports()
        if name in {*ALLOWED, "rlco_bringup"} - {package} - ALLOWED[package]
    ]
    assert not wrong


def is_ros_module(path: Path) -> bool:
    """Nodes, and the ends of robots' drivers."""
    return path.name in ROS_MODULES or path.parent.name in ROS_FOLDERS


def test_only_nodes_know_ros() -> None:
    ros = {
        "rclpy", "rlco_interfaces", "diagnostic_msgs", "geometry_msgs", "sensor_msgs", "std_msgs",
        "trajectory_msgs",
    }  # fmt: skip
    wrong = [
        (str(path.relative_to(ROOT)), name)
        for package, path, name in imports()
        if name in ros and package != "rlco_ros" and not is_ros_module(path)
    ]
    assert not [row for row in wrong if "doctor.py" not in row[0]]


def test_torch_is_for_the_trainer_and_pybullet_for_the_simulator() -> None:
    homes = {"torch": "rlco_trainer", "pybullet": "rlco_sim", "pybullet_data": "rlco_sim"}
    wrong = [
        (str(path.relative_to(ROOT)), name)
        for package, path, name in imports()
        if homes.get(name, package) != package
    ]
    assert not wrong
