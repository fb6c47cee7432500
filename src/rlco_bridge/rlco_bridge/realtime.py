# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A process that is on time, as far as the machine permits."""

from __future__ import annotations

import ctypes
import errno
import gc
import os
import time

#: Priorities above what people start and below what ros2_control asks for itself (50): of who makes
#: motion, and of who says it.
BRIDGE, SETPOINTS = 10, 20
_TIMER_ABSTIME = 1
#: MCL_CURRENT and MCL_ONFAULT: what is there, but not the whole of stacks that are hardly used.
_LOCKED = 1 | 4
_NS = 1_000_000_000

_LIBC = ctypes.CDLL(None, use_errno=True)


class _Time(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


_UNTIL = _Time()


def steady_ns() -> int:
    """The steady clock, which all processes of a machine share."""
    return time.monotonic_ns()


def sleep_until(steady: int) -> None:
    """Sleeps until a time of the steady clock, ns; whenever it was called, it does not drift."""
    _UNTIL.seconds, _UNTIL.nanoseconds = divmod(steady, _NS)
    until = ctypes.byref(_UNTIL)
    while _LIBC.clock_nanosleep(time.CLOCK_MONOTONIC, _TIMER_ABSTIME, until, None) == errno.EINTR:
        pass


def ask_for_priority(priority: int) -> str:
    """For this thread, and threads that it starts later, a core whenever they want one; empty, or
    why not.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
    except OSError as error:
        return f"no real-time priority: {error.strerror}; set-points may be late"
    return ""


def settle_memory() -> str:
    """No more searches for garbage, and what is in memory stays there; empty, or why not."""
    gc.collect()
    gc.freeze()
    gc.disable()
    if _LIBC.mlockall(_LOCKED):
        reason = os.strerror(ctypes.get_errno())
        return f"memory is not locked: {reason}; set-points may be late"
    return ""
