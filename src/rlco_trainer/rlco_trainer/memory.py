# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Memory that is kept: networks ask for the same megabytes again and again."""

from __future__ import annotations

import ctypes
import platform

#: Of mallopt(3).
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_MOST = 1 << 30


def keep_memory() -> None:
    """Freed blocks of up to a gigabyte stay with this process; nothing where libc is not glibc.

    Handed back, every activation of a convolution would be zeroed page by page by the kernel
    before it is written: a third of the time that a backbone takes on a CPU.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    libc = ctypes.CDLL(None)
    libc.mallopt(_MMAP_THRESHOLD, _MOST)
    libc.mallopt(_TRIM_THRESHOLD, _MOST)
