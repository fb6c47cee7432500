# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Memory that is kept for what is to come.

The GNU C library asks the system for large blocks anew every time, page by page as they are
touched, and that takes longer than the copies that are made there.
"""

from __future__ import annotations

import ctypes

#: Of mallopt(3): freed memory at the heap's end above which it is given back, and the size from
#: which memory is not of the heap, which in older libraries can be no larger than this.
_TRIM, _MAPPED = -1, -3
_OLDER_BYTES = 32 * 2**20


def keep_memory(most_bytes: int) -> bool:
    """Keeps up to ``most_bytes`` that were freed; False where the C library has no such choice."""
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt"):
        return False
    library.mallopt.argtypes, library.mallopt.restype = (ctypes.c_int, ctypes.c_int), ctypes.c_int
    heap = library.mallopt(_MAPPED, most_bytes) or library.mallopt(_MAPPED, _OLDER_BYTES)
    return bool(heap and library.mallopt(_TRIM, most_bytes))
