# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Collecting, evaluating and reporting, on few episodes of the real simulation."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from rlco_core.errors import ConfigError, DatasetError
from rlco_trainer.demo import films, new_session, report
from rlco_trainer.demonstrations.collect import CollectConfig, collect
from rlco_trainer.evaluation.config import EvalConfig
from rlco_trainer.evaluation.evaluate import Evaluation, evaluate
from rlco_trainer.evaluation.results import EvaluationResult
from rlco_trainer.evaluation.rollout import replay
from rlco_trainer.learning.datasets import load
from rlco_trainer.lerobot import Dataset

CONFIG = EvalConfig(episodes=3)


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return evaluate(CONFIG)


def digest(root: Path) -> str:
    """Of all data and images; what the provenance says of the command may differ."""
    files = sorted([*root.glob("data/**/*.parquet"), *root.glob("videos/**/*.mp4")])
    assert files
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def test_demonstrations_do_not_depend_on_the_number_of_workers(tmp_path: Path) -> None:
    for workers in (1, 2):
        kept = collect(CollectConfig(tmp_path / str(workers), episodes=4, workers=workers)).kept
        assert kept == 4
    assert digest(tmp_path / "1") == digest(tmp_path / "2")
    dataset = Dataset.open(tmp_path / "1")
    seeds = [record.metadata["seed"] for record in dataset.episodes]
    assert seeds == sorted(set(seeds))
    assert len(load(tmp_path / "1").data.actions) == dataset.num_frames
    with pytest.raises(DatasetError, match="resume it, or choose a new directory"):
        collect(CollectConfig(tmp_path / "1", episodes=5))
    collect(CollectConfig(tmp_path / "1", episodes=5, workers=1, resume=True))
    more = [record.metadata["seed"] for record in Dataset.open(tmp_path / "1").episodes]
    assert more[:4] == seeds
    assert more[4] > seeds[3]


def test_unknown_names_are_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown task"):
        collect(CollectConfig(tmp_path / "x", task="juggle"))
    assert not (tmp_path / "x").exists()


def test_evaluation_json_has_what_readers_count_on(evaluation: Evaluation) -> None:
    document = evaluation.result.to_json()
    keys = {"task", "domain", "bundle_sha256", "seeds", "episodes", "successes"}
    assert keys | {"success_rate", "ci95", "latency_ms"} <= set(document)
    assert document["seeds"] == [10_000, 10_001, 10_002]
    episode = {"seed", "instruction", "success", "steps", "stop_reason"}
    assert episode <= set(document["episodes"][0])
    assert document["latency_ms"]["count"] == sum(len(t.latency_ms) for t in evaluation.traces)
    assert EvaluationResult.from_json(document) == evaluation.result


def test_the_same_seed_gives_the_same_commands(evaluation: Evaluation) -> None:
    again = evaluate(EvalConfig(episodes=1)).traces[0]
    assert (again.commands == evaluation.traces[0].commands).all()
    assert again.steps == evaluation.traces[0].steps


def test_swapped_instructions_name_another_colour(evaluation: Evaluation) -> None:
    swapped = evaluate(EvalConfig(episodes=1, max_steps=4, swap_instruction=True))
    assert swapped.result.episodes[0].subject != evaluation.result.episodes[0].subject
    assert swapped.traces[0].steps == 4


def test_a_replay_ends_as_the_episode_did(evaluation: Evaluation) -> None:
    session, trace = new_session(CONFIG), evaluation.traces[0]
    frames = list(replay(session, trace, 64, 48, every=10))
    assert session.success() == trace.success
    assert frames[0].shape == (48, 64, 3)
    assert not np.array_equal(frames[0], frames[-1])


def test_the_report_has_pictures_and_films(evaluation: Evaluation, tmp_path: Path) -> None:
    page = report(evaluation, CONFIG, tmp_path).read_text()
    assert {path.stem for path in tmp_path.glob("*.mp4")} == set(films(evaluation.traces))
    assert (tmp_path / "report.json").is_file()
    assert page.count("data:image/jpeg;base64") >= CONFIG.episodes
    assert "10002" in page
