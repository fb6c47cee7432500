# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Memory that is kept: blocks that were freed are used again without the kernel."""

from __future__ import annotations

import subprocess
import sys

import pytest

FAULTS = """
import platform, resource, sys
import numpy as np
from rlco_core.memory import keep_memory
if sys.argv[1] == "keep":
    assert keep_memory(1 << 30)
def work():
    [np.ones(500_000) for _ in range(20)]
work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before, platform.libc_ver()[0])
"""


def faults(how: str) -> tuple[int, str]:
    """Pages that the kernel had to find for 20 arrays of 4 MB, made for the second time."""
    words = [sys.executable, "-c", FAULTS, how]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=120)
    count, libc = done.stdout.split()
    return int(count), libc


def test_what_was_freed_is_used_again_without_the_kernel() -> None:
    kept, libc = faults("keep")
    if libc != "glibc":
        pytest.skip("only glibc can be told")
    handed_back, _ = faults("hand back")
    assert kept < handed_back / 20


#: Page faults of fifty images of 640 x 480, one after the other, each of which rclpy copies twice.
IMAGES = """
import resource
from rlco_core.memory import keep_memory
if {keep}:
    assert keep_memory(128 * 2**20)
def image():
    return [bytearray(640 * 480 * 3) for _ in range(3)]
image()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(50):
    image()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
PAGES = 3 * 640 * 480 * 3 // 4096


def image_faults(keep: bool) -> int:
    command = [sys.executable, "-c", IMAGES.format(keep=keep)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_images_cost_pages_once() -> None:
    assert image_faults(keep=True) < 2 * PAGES
    assert image_faults(keep=False) > 25 * PAGES
