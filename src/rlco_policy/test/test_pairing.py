# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""In real time, which joint states an image belongs to, and when that is settled."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlco_policy.measurements import Image, JointState, Topics
from rlco_policy.pairing import RHYTHM, Before, Heard, Paired, Waiting

MS = 1_000_000
BEFORE = Before(20 * MS, Topics({"front": "/f/image_raw"}, "/joints", "/commanded"))
PIXELS = np.zeros((2, 2, 3), np.uint8)
NOT_REACHED = Waiting("no image yet that all other sources have reached")


def paired(images: list[int], measured: list[int], commanded: list[int]) -> Paired | Waiting:
    """What belongs together of what came at these times, ms."""
    seen = [Image(ms * MS, PIXELS) for ms in images]
    states = [
        [JointState(ms * MS, np.array([float(ms)])) for ms in series]
        for series in (measured, commanded)
    ]
    return BEFORE.pair(Heard({"front": seen}, *states), 0)


def steady(period: int, last: int) -> list[int]:
    """Just as many messages as show a rhythm."""
    return [last - period * back for back in reversed(range(RHYTHM + 1))]


def test_an_image_does_not_wait_for_what_is_not_due() -> None:
    found = paired([500], steady(33, 490), steady(8, 497))
    assert isinstance(found, Paired)
    assert (found.joints.stamp_ns, found.commanded.stamp_ns) == (490 * MS, 497 * MS)


@pytest.mark.parametrize(
    "measured",
    [
        steady(10, 490),  # one is due at the very time of the image
        steady(10, 480),  # one is late
        steady(33, 490)[1:],  # too few to tell
        [*steady(33, 400), 405, 438, 471, 490],  # once, two came one right after the other
        [490] * (RHYTHM + 1),
    ],
)
def test_an_image_waits_for_what_may_be_before_it(measured: list[int]) -> None:
    commanded = steady(8, 497)
    assert paired([500], measured, commanded) == NOT_REACHED
    found = paired([500], [*measured, 500], commanded)
    assert isinstance(found, Paired)
    assert found.joints.stamp_ns == 500 * MS


STAMPS = st.lists(st.integers(0, 400), min_size=1, max_size=12).map(sorted)


def reached(series: list[int]) -> float:
    """Up to when it is settled what came of a source."""
    if len(series) <= RHYTHM:
        return series[-1]
    last = series[-RHYTHM - 1 :]
    gap = min(newer - older for older, newer in pairwise(last))
    return series[-1] + max(gap - 0.5, 0.0)


@given(STAMPS, STAMPS, STAMPS)
def test_nothing_is_after_its_image_and_nothing_unsettled(
    images: list[int], measured: list[int], commanded: list[int]
) -> None:
    limit = min(map(reached, (images, measured, commanded)))
    settled = [ms for ms in images if ms <= limit]
    parts = (
        [[ms for ms in series if ms <= settled[-1]] for series in (measured, commanded)]
        if settled
        else [[]]
    )
    found = paired(images, measured, commanded)
    if not all(parts) or settled[-1] - min(part[-1] for part in parts) > 20:
        assert isinstance(found, Waiting)
    else:
        assert isinstance(found, Paired)
        assert found.stamp_ns == settled[-1] * MS
        assert [found.joints.positions[0], found.commanded.positions[0]] == [
            part[-1] for part in parts
        ]


@given(st.integers(2, 40), st.integers(0, 39), st.randoms(use_true_random=False))
def test_whatever_comes_in_time_is_used_in_whatever_order_it_arrives(
    period: int, offset: int, chance: Random
) -> None:
    """A source that keeps its rhythm is never passed over, however late its messages arrive."""
    stamps = [offset + period * k for k in range(3 * RHYTHM)]
    images = list(range(100, stamps[-1], 50))
    arrived: list[int] = []
    for image in images:
        before = [ms for ms in stamps if ms <= image]
        arrived = before[: len(before) - chance.randint(0, 2)] or before[:1]
        found = paired([image], arrived, steady(2, image + 1))
        if isinstance(found, Paired):
            assert found.joints.stamp_ns == before[-1] * MS
