# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Shared memory that Fast DDS sends large messages through, and what killed processes left of it.

Every node has a segment, see `fastdds.xml` of rlco_bringup. One that is killed cannot remove its
own, and nobody else does. Its owner holds a lock beside it for as long as it lives.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER = Path("/dev/shm")
#: Of Fast DDS 2 and 3.
_LOCK = re.compile(r"(fastrtps|fastdds)_[0-9a-f]{16}_el")


def left_bytes(folder: Path = FOLDER) -> list[int]:
    """Sizes of the segments whose owners are dead."""
    return [_size(segment) for segment in _left(folder)]


def remove_left(folder: Path = FOLDER) -> int:
    """Removes the segments whose owners are dead; how many bytes they had.

    Another user's are left alone.
    """
    removed = 0
    for segment in _left(folder):
        size = _size(segment)
        try:
            segment.unlink(missing_ok=True)
            lock_of(segment).unlink(missing_ok=True)
        except PermissionError:
            continue
        removed += size
    return removed


def lock_of(segment: Path) -> Path:
    """The file that a segment's owner holds a lock on."""
    return segment.with_name(f"{segment.name}_el")


def _left(folder: Path) -> Iterator[Path]:
    """Segments whose owners are dead, each while nobody else may take it."""
    for lock in sorted(folder.glob("*_el")):
        if _LOCK.fullmatch(lock.name):
            with _taken(lock) as taken:
                if taken:
                    yield lock.with_name(lock.name.removesuffix("_el"))


@contextmanager
def _taken(lock: Path) -> Iterator[bool]:
    """Whether nobody else has the lock, which is held meanwhile."""
    try:
        file = os.open(lock, os.O_RDONLY)
    except OSError:  # gone meanwhile, or another user's
        yield False
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(file)


def _size(segment: Path) -> int:
    try:
        return segment.stat().st_size
    except FileNotFoundError:
        return 0
