# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A node does not ask the system for every image's memory anew."""

from __future__ import annotations

import subprocess
import sys

#: Page faults of fifty images of 640 x 480, one after the other, each of which rclpy copies twice.
FAULTS = """
import resource
from rlco_ros.memory import keep_memory
if {keep}:
    assert keep_memory()
def image():
    return [bytearray(640 * 480 * 3) for _ in range(3)]
image()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(50):
    image()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
PAGES = 3 * 640 * 480 * 3 // 4096


def faults(keep: bool) -> int:
    command = [sys.executable, "-c", FAULTS.format(keep=keep)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_images_cost_pages_once() -> None:
    assert faults(keep=True) < 2 * PAGES
    assert faults(keep=False) > 25 * PAGES
