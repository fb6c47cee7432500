# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Shared memory of dead processes is found and removed, and that of the living is not."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rlco_ros.shared_memory import FOLDER, left_bytes, lock_of, remove_left

NODE = """
import sys, rclpy
rclpy.init()
node = rclpy.create_node("held")
print("up", flush=True)
sys.stdin.read()
"""


def segment(folder: Path, name: str, size: int = 7) -> Path:
    made = folder / name
    made.write_bytes(bytes(size))
    lock_of(made).touch()
    return made


@pytest.mark.parametrize("library", ["fastrtps", "fastdds"])
def test_only_what_nobody_holds_is_removed(tmp_path: Path, library: str) -> None:
    dead = segment(tmp_path, f"{library}_0123456789abcdef")
    alive = segment(tmp_path, f"{library}_fedcba9876543210", 5)
    with lock_of(alive).open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert left_bytes(tmp_path) == [7]
        assert remove_left(tmp_path) == 7
    assert not dead.exists()
    assert not lock_of(dead).exists()
    assert alive.exists()


def test_what_belongs_to_others_is_left_alone(tmp_path: Path) -> None:
    names = ["fastrtps_port7411", "psm_0123456789abcdef", "fastrtps_0123456789abcdefg"]
    others = [segment(tmp_path, name) for name in names]
    assert remove_left(tmp_path) == 0
    assert all(other.exists() for other in others)


def test_a_lock_without_a_segment_is_removed(tmp_path: Path) -> None:
    lock = lock_of(tmp_path / "fastrtps_0123456789abcdef")
    lock.touch()
    assert remove_left(tmp_path) == 0
    assert not lock.exists()


def test_a_node_that_was_killed_leaves_its_segment_and_a_living_one_keeps_it(
    tmp_path: Path,
) -> None:
    """The names and locks are Fast DDS's own; here are links to them, as others may be starting."""
    node = subprocess.Popen(
        [sys.executable, "-c", NODE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert node.stdout is not None
    assert node.stdout.readline() == "up\n"
    (own,) = segments_of(node.pid)
    link = tmp_path / own.name
    link.symlink_to(own)
    lock_of(link).symlink_to(lock_of(own))
    remove_left(tmp_path)
    assert link.exists()
    os.kill(node.pid, signal.SIGKILL)
    node.communicate()
    assert left_bytes(tmp_path) == [own.stat().st_size]
    remove_left(tmp_path)
    assert not link.is_symlink()


def segments_of(process: int) -> list[Path]:
    """Fast DDS's segments whose locks a process has open."""
    files = [link.resolve() for link in Path(f"/proc/{process}/fd").iterdir()]
    locks = [file for file in files if file.parent == FOLDER and file.name.endswith("_el")]
    return [
        lock.with_name(lock.name.removesuffix("_el")) for lock in locks if "port" not in lock.name
    ]
