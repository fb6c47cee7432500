# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What a large message took is kept for the next one.

The GNU C library asks the system for such memory anew every time, page by page as it is touched,
and that takes longer than the message's copies do.
"""

from __future__ import annotations

import ctypes

#: Of mallopt(3): freed memory at the heap's end above which it is given back, and the size from
#: which memory is not of the heap, which can be no larger than this.
_TRIM, _MAPPED = -1, -3
_KEPT_BYTES, _HEAP_BYTES = 128 * 2**20, 32 * 2**20


def keep_memory() -> bool:
    """Keeps up to 128 MB for what is to come; False where the C library has no such choice."""
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt"):
        return False
    library.mallopt.argtypes, library.mallopt.restype = (ctypes.c_int, ctypes.c_int), ctypes.c_int
    return bool(library.mallopt(_MAPPED, _HEAP_BYTES) and library.mallopt(_TRIM, _KEPT_BYTES))
