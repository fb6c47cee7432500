# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Evaluation results: intervals, aggregation, JSON there and back."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest

from rlco_trainer.evaluation.results import (
    EpisodeResult,
    EvaluationResult,
    Latency,
    ResultsError,
    Tally,
    by_subject,
    wilson,
)


def episode(seed: int, colour: str, success: bool) -> EpisodeResult:
    reason = "success" if success else "step_limit"
    return EpisodeResult(seed, f"push the {colour} cube", colour, success, 60 + seed % 7, reason)


def evaluation() -> EvaluationResult:
    outcomes = (("red", True), ("red", False), ("blue", True), ("green", True))
    return EvaluationResult(
        task="push_cube",
        domain="twin",
        split="train",
        policy="bundle",
        bundle_sha256="ab" * 32,
        mode="in_process",
        robot="panda",
        episodes=tuple(episode(10000 + i, *outcome) for i, outcome in enumerate(outcomes)),
        latency_ms=Latency.of([3.0, 4.0, 5.0, 90.0]),
        decisions_per_second=123.5,
        wall_seconds=8.25,
        versions={"rlco": "0.1.0"},
        command="rlco eval --task push_cube",
    )


# The four cases of Newcombe (1998), table I, method 3, and small samples.
@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (1, 10, 0.0179, 0.4042),
        (5, 10, 0.2366, 0.7634),
        (18, 20, 0.6990, 0.9721),
    ],
)
def test_wilson_matches_known_values(successes: int, n: int, low: float, high: float) -> None:
    assert wilson(successes, n) == pytest.approx((low, high), abs=1e-4)


def test_wilson_of_nothing_is_everything() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


def test_wilson_reaches_the_ends_exactly() -> None:
    assert [wilson(0, n)[0] for n in range(1, 50)] == [0.0] * 49
    assert [wilson(n, n)[1] for n in range(1, 50)] == [1.0] * 49


def test_wilson_widens_with_z() -> None:
    narrow, wide = wilson(5, 10, z=1.0), wilson(5, 10, z=2.58)
    assert wide[0] < narrow[0] < 0.5 < narrow[1] < wide[1]


@pytest.mark.parametrize(("successes", "n"), [(-1, 5), (6, 5), (0, -1)])
def test_wilson_refuses_impossible_counts(successes: int, n: int) -> None:
    with pytest.raises(ResultsError, match="must lie in"):
        wilson(successes, n)


def test_by_subject_counts_each_colour_alone() -> None:
    tallies = by_subject(evaluation().episodes)
    assert list(tallies) == ["blue", "green", "red"]
    assert tallies["red"] == Tally(episodes=2, successes=1)
    assert tallies["blue"] == Tally(episodes=1, successes=1)


def test_json_has_every_promised_key() -> None:
    document = evaluation().to_json()
    assert set(document) == {
        "task", "domain", "split", "policy", "bundle_sha256", "mode", "robot", "seeds",
        "episodes", "successes", "success_rate", "ci95", "by_instruction", "latency_ms",
        "decisions_per_second", "wall_seconds", "versions", "command",
    }  # fmt: skip
    assert document["seeds"] == [10000, 10001, 10002, 10003]
    assert document["episodes"][1] == {
        "seed": 10001,
        "instruction": "push the red cube",
        "subject": "red",
        "success": False,
        "steps": 65,
        "stop_reason": "step_limit",
    }
    assert (document["successes"], document["success_rate"]) == (3, 0.75)
    assert document["ci95"] == pytest.approx([0.3006, 0.9544], abs=1e-4)
    assert document["by_instruction"]["red"]["successes"] == 1
    assert set(document["by_instruction"]["red"]) == {"episodes", "successes", "ci95"}
    assert {"p50", "p99", "count"} <= set(document["latency_ms"])


def test_json_round_trip_through_a_file(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "demo" / "report.json"
    evaluation().write(path)
    assert EvaluationResult.from_json(json.loads(path.read_text())) == evaluation()
    assert list(path.parent.iterdir()) == [path]


def test_write_that_fails_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    evaluation().write(path)
    before = path.read_text()
    with pytest.raises(ValueError, match="JSON"):
        replace(evaluation(), wall_seconds=float("nan")).write(path)
    assert path.read_text() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"colour_blind": True}, "'colour_blind': "),
        ({"mode": "telepathy"}, "'mode': .*in_process.*ros"),
        ({"policy": "oracle"}, "'policy': .*bundle.*expert"),
        ({"split": None}, "'split': "),
        ({"wall_seconds": "8.25"}, "'wall_seconds': "),
        ({"successes": 4}, "'successes' is 4, but its episodes make it 3"),
        ({"seeds": [1, 2, 3]}, "'seeds' is "),
    ],
)
def test_from_json_names_what_is_wrong(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ResultsError, match=message):
        EvaluationResult.from_json({**evaluation().to_json(), **changes})


def test_from_json_names_a_missing_key() -> None:
    document = evaluation().to_json()
    del document["task"]
    with pytest.raises(ResultsError, match="'task': Field required"):
        EvaluationResult.from_json(document)


def test_an_evaluation_needs_an_episode() -> None:
    with pytest.raises(ResultsError, match="run at least one"):
        replace(evaluation(), episodes=())


def test_results_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        evaluation().episodes[0].success = False  # type: ignore[misc]


def test_latency_keeps_outliers_in_the_last_bin() -> None:
    latency = Latency.of([2.0 + 0.01 * i for i in range(200)] + [500.0])
    assert latency.p50 == pytest.approx(3.0, abs=0.01)
    assert latency.edges[-1] < 10.0
    assert latency.max == 500.0
    assert latency.counts[-1] >= 1
    assert sum(latency.counts) == latency.count == 201


def test_latency_of_equal_samples_is_one_bar() -> None:
    latency = Latency.of([4.0, 4.0])
    assert (latency.p50, latency.p99, sum(latency.counts)) == (4.0, 4.0, 2)


def test_latency_of_nothing_is_json() -> None:
    nothing = replace(evaluation(), latency_ms=Latency.of([]))
    assert nothing.to_json()["latency_ms"]["p50"] is None
    assert EvaluationResult.from_json(nothing.to_json()) == nothing
