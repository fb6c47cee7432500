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
from rlco_trainer.memory import keep_memory
if sys.argv[1] == "keep":
    keep_memory()
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
