# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco bench hours: short hours of the real system, and the rule that judges them."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from rlco_core.errors import ConfigError
from rlco_trainer.bench.hours import BenchHoursConfig, Hour, Running, judged
from rlco_trainer.cli import main


def test_short_hours_of_the_real_system(tmp_path: Path) -> None:
    out = tmp_path / "hours.json"
    words = ["bench", "hours", "--hours", "2", "--minutes", "0.1", "--json", str(out)]
    assert main(words) in (0, 1)
    found = json.loads(out.read_text())
    assert len(found["hours"]) == 2
    for hour in found["hours"]:
        assert hour["episodes"] >= 1
        assert hour["decisions"] >= 6.0 / 0.2 - 2
        assert 0.0 < hour["p50_ms"] <= hour["p99_ms"]
        assert all(10.0 < mb < 4000.0 for mb in hour["memory_mb"].values())
        assert len(hour["memory_mb"]) == 3


@pytest.mark.parametrize(
    ("p99", "memory", "steady"),
    [(11.0, 102.0, True), (11.1, 100.0, False), (10.0, 102.1, False), (5.0, 90.0, True)],
)
def test_the_last_hour_is_held_against_the_first(p99: float, memory: float, steady: bool) -> None:
    hours = [
        Hour(1, 10, 5.0, 10.0, {"policy": 100.0}),
        Hour(1, 10, 5.0, 99.0, {"policy": 500.0}),
        Hour(1, 10, 5.0, p99, {"policy": memory}),
    ]
    bench = judged(60.0, hours)
    assert (bench.steady, bench.latency) == (steady, round(p99 / 10.0, 3))
    assert bench.memory == {"policy": memory / 100.0}


def test_hours_that_became_slower_are_written_as_others_are() -> None:
    hours = [
        Running(latencies_ms=[quick, 2.0 * quick]).over({"policy": 100.0}) for quick in (1.0, 9.0)
    ]
    bench = judged(60.0, hours)
    assert json.loads(json.dumps(asdict(bench)))["steady"] is False


def test_one_hour_cannot_be_held_against_itself() -> None:
    with pytest.raises(ConfigError, match="hours is 1; it should be 2 or more"):
        BenchHoursConfig(hours=1)
