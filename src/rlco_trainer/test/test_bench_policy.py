# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco bench policy: contestants take turns, ratios are of what passed, both ways say the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import small
import torch

from rlco_core.errors import ConfigError, RlcoError
from rlco_trainer.bench.policy import command, contest, decode
from rlco_trainer.bench.policy.command import BenchPolicyConfig, bench_policy
from rlco_trainer.bench.policy.part import Options, Part
from rlco_trainer.bench.policy.race import speed_up, times_least
from rlco_trainer.bench.policy.roofline import Peaks, Work, work_of
from rlco_trainer.bench.policy.small import small_policy
from rlco_trainer.cli import main

OPTIONS = Options(seconds=0.02, threads=(1,))


def row(name: str, threads: int, p50: float, passed: bool) -> dict[str, object]:
    return {"name": name, "threads": threads, "p50_ms": p50, "passed": passed}


def test_contestants_take_turns() -> None:
    calls: list[str] = []
    found = contest.contest({name: lambda n=name: calls.append(n) for name in "ab"}, 1e-4)  # type: ignore[misc]
    assert "".join(calls).startswith("a" * 3 + "b" * 3 + "a" * 8 + "b" * 8)
    assert 0.0 <= found["a"].p50_ms <= found["a"].p99_ms


def test_ratios_are_of_the_best_that_passed_where_it_gains_least() -> None:
    rows = [
        row("n, eager", 1, 8.0, False),
        row("n, int8", 1, 1.0, False),
        row("n, fp32", 1, 4.0, True),
        row("n, bf16", 1, 2.0, True),
        row("n, eager", 2, 6.0, False),
        row("n, bf16", 2, 2.0, True),
    ]
    assert speed_up(rows, "n", "eager") == 3.0
    for one, factor in zip(rows, (9.0, 1.0, 2.0, 3.0, 9.0, 2.5), strict=True):
        one["times_least"] = factor
    assert times_least(rows) == 2.5


def test_the_bound_is_the_slower_of_computing_and_moving() -> None:
    peaks = Peaks({"fp32": 1e9, "int8": 4e9}, 1e9)
    assert peaks.least_ms(Work(2_000_000, 10), "fp32") == pytest.approx(2.0)
    assert peaks.least_ms(Work(2_000_000, 10), "int8") == pytest.approx(0.5)
    assert peaks.least_ms(Work(10, 1_000_000), "fp32") == pytest.approx(4.0)


def test_work_is_counted() -> None:
    network = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
    found = work_of(network, (torch.zeros(3, 4),))
    assert found.flop == 2 * 3 * (4 * 8 + 8 * 2)
    assert found.numbers == (12 + 24 + 24 + 6) + (32 + 8 + 16 + 2)


def test_the_small_network_is_as_large_as_it_says() -> None:
    policy = small_policy()
    count = sum(
        part.numel() for name, part in policy.named_parameters() if not name.startswith("value.")
    )
    assert 21e6 < count < 23e6


@pytest.mark.parametrize("family", ["token", "flow"])
def test_what_is_computed_anew_says_the_same(family: str) -> None:
    policy = small.new(family)
    anew = {"token": decode._tokens_anew, "flow": decode._flow_anew}[family]
    rows, ratio = decode._measured(family, policy, anew, OPTIONS)
    assert [one["name"] for one in rows] == [f"{family}, kept", f"{family}, computed anew"]
    assert ratio > 0.0


def test_ways_that_differ_are_refused() -> None:
    with pytest.raises(RlcoError, match=r"flow: kept and computed anew differ by 5.00e-01"):
        decode._require_equal("flow", np.zeros(3), np.full(3, 0.5))


def test_parts_are_put_together(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[Options] = []

    def measure_of(name: str) -> Callable[[Options], Part]:
        def measure(options: Options) -> Part:
            asked.append(options)
            one = {"name": name, "threads": 1, "p50_ms": 1.0, "p99_ms": 2.0}
            return Part((one,), {f"{name}_vs_eager": 3.0})

        return measure

    monkeypatch.setattr(command, "_measure_of", measure_of)
    path = tmp_path / "out.json"
    words = ["bench", "policy", "--parts", "nano", "small", "--seconds", "1.5", "--threads", "2"]
    assert main([*words, "--json", str(path)]) == 0
    document = json.loads(path.read_text())
    assert document["ratios"] == {"nano_vs_eager": 3.0, "small_vs_eager": 3.0}
    assert [one["name"] for one in document["rows"]] == ["nano", "small"]
    assert document["versions"]["openvino"]
    assert asked == [Options(1.5, (2,))] * 2


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (BenchPolicyConfig(parts=("nona",)), "part 'nona' is unknown; known: 'decode', "),
        (BenchPolicyConfig(seconds=0.0), "--seconds must be positive"),
        (BenchPolicyConfig(threads=()), "counts of at least 1"),
    ],
)
def test_what_cannot_be_measured(config: BenchPolicyConfig, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        bench_policy(config)
