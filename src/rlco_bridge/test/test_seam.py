# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A step between two courses fades, without a step of its own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlco_bridge.streaming.seam import Seam

BEGUN = 5_000_000_000
SHORT_NS = 1_000
step = st.floats(-0.1, 0.1)
speed = st.floats(-2.0, 2.0)


@given(step, speed, st.integers(0, 200_000_000))
def test_its_velocity_is_how_it_moves(joints: float, velocity: float, after: int) -> None:
    seam = Seam(BEGUN, np.array([joints]), np.array([velocity]))
    now = BEGUN + max(after, SHORT_NS)
    before, _ = seam.at(now - SHORT_NS)
    place, speed_now = seam.at(now)
    assert (place - before) / (SHORT_NS * 1e-9) == pytest.approx(speed_now, abs=1e-3)


@given(step, speed)
def test_it_begins_as_the_whole_step_and_ends_as_nothing(joints: float, velocity: float) -> None:
    seam = Seam(BEGUN, np.array([joints]), np.array([velocity]))
    for early in (BEGUN, BEGUN - 10**9):
        assert np.concatenate(seam.at(early)) == pytest.approx([joints, velocity])
    for late in (BEGUN + 200_000_000, BEGUN + 10**10):
        assert np.concatenate(seam.at(late)) == pytest.approx([0.0, 0.0], abs=1e-12)
