# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Motion goes as slowly as it must for chunks to last until the next one comes."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlco_bridge.tempo import Tempo

MS = 1_000_000
LASTS = 0.25


def settled(late_ms: int, every_ms: int, lasts: float = LASTS) -> float:
    """The tempo after some chunks that answer what was seen ``every_ms``, ``late_ms`` after it."""
    tempo = Tempo(lasts)
    for number in range(8):
        tempo.heard(number * every_ms * MS, (number * every_ms + late_ms) * MS)
    return [tempo.step() for _ in range(50)][-1]


def test_hardly_any_time_of_motion_passes_before_the_first_chunk() -> None:
    tempo = Tempo(LASTS)
    assert tempo.step() == 1e-3
    tempo.heard(0, 5 * MS)
    assert tempo.step() == 1.0
    tempo.begin()
    assert tempo.step() == 1e-3


@pytest.mark.parametrize(
    ("late_ms", "every_ms", "speed"),
    [
        (5, 200, 1.0),
        (45, 200, 1.0),
        (300, 300, 0.25 / 0.6),
        (190, 50, 1.0),  # answers that are late, but come quickly one after the other
        (5000, 5000, 0.25),
    ],
)
def test_a_chunk_lasts_from_what_was_seen_until_the_answer_after_the_next_one(
    late_ms: int, every_ms: int, speed: float
) -> None:
    assert settled(late_ms, every_ms) == pytest.approx(speed)


def test_it_knows_from_the_first_answer_how_slow_the_policy_is() -> None:
    tempo = Tempo(LASTS)
    tempo.heard(0, 300 * MS)
    assert tempo.step() == pytest.approx(0.25 / 0.6)


def test_where_nothing_is_to_slow_down_it_does_not() -> None:
    assert settled(3000, 3000, lasts=math.inf) == 1.0


def test_one_late_chunk_is_forgotten() -> None:
    tempo = Tempo(LASTS)
    stamps = [0, 200, 400, 800, *range(1000, 4000, 200)]
    speeds = []
    for stamp in stamps:
        tempo.heard(stamp * MS, (stamp + 5) * MS)
        speeds += [tempo.step() for _ in range(4)]
    assert min(speeds) < 0.9
    assert speeds[-1] == 1.0


@given(waits=st.lists(st.integers(1, 3000), min_size=1, max_size=30))
def test_it_changes_gently_and_keeps_within_its_bounds(waits: list[int]) -> None:
    tempo, stamp, speeds = Tempo(LASTS), 0, []
    for wait in waits:
        tempo.heard(stamp * MS, (stamp + 5) * MS)
        speeds.append(tempo.step())
        stamp += wait
    assert all(0.25 <= speed <= 1.0 for speed in speeds)
    assert all(abs(b - a) <= 0.02 + 1e-9 for a, b in pairwise(speeds))
