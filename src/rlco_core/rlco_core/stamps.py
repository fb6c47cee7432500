# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Message times as integers: anything with `sec` and `nanosec`, without importing a message."""

from __future__ import annotations

from typing import Protocol, TypeVar

NS_PER_S = 1_000_000_000


class Stamp(Protocol):
    """A time or duration message: whole seconds, and nanoseconds in [0, 1e9)."""

    sec: int
    nanosec: int


StampT = TypeVar("StampT", bound=Stamp)


def stamp_to_ns(stamp: Stamp) -> int:
    """A message time as integer nanoseconds."""
    return stamp.sec * NS_PER_S + stamp.nanosec


def set_stamp(stamp: StampT, time_ns: int) -> StampT:
    """Writes integer nanoseconds into a time or duration message, and returns it."""
    stamp.sec, stamp.nanosec = divmod(time_ns, NS_PER_S)
    return stamp


def seconds_to_ns(seconds: float) -> int:
    """Seconds as integer nanoseconds, to the nearest."""
    return round(seconds * NS_PER_S)
