# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What one sees of the stages while they go: curves of real demonstrations and trials, films."""

from __future__ import annotations

import json
from pathlib import Path

import av
import pytest
import torch
from machine import Killed
from small import equal
from stages import Stages
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from rlco_trainer.learning import checkpoint
from rlco_trainer.policies.policy_file import load_policy


def curve(root: Path, tag: str) -> list[tuple[int, float]]:
    events = EventAccumulator(str(root))
    events.Reload()
    return [(scalar.step, scalar.value) for scalar in events.Scalars(tag)]


def test_curves_of_the_watch_go_on_without_doubles(
    stages: Stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It dies with its second iteration watched and not yet in a checkpoint."""
    whole, save, due = stages.second, checkpoint.save, [0]

    def save_or_die(*arguments: object) -> None:
        due[0] += 1
        if due[0] == 2:
            raise Killed
        save(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "save", save_or_die)
        with pytest.raises(Killed):
            stages.reinforce(tmp_path)
    assert len(curve(tmp_path / "watch", "real/held_out_loss")) == 2
    stages.reinforce(tmp_path)
    for tag in ("real/held_out_loss", "simulation/success"):
        assert curve(tmp_path / "watch", tag) == curve(whole / "watch", tag)


def test_an_evaluation_leaves_a_film_of_what_the_policy_saw(stages: Stages) -> None:
    assert [path.name for path in (stages.second / "videos").iterdir()] == ["000002.mp4"]
    with av.open(str(stages.second / "videos" / "000002.mp4")) as film:
        frames = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert frames[0].shape == (282, 256, 3)
    assert len(frames) > 1


def test_stage_one_is_tried_now_and_then_and_in_the_end(stages: Stages) -> None:
    assert {path.name for path in (stages.first / "videos").iterdir()} == {
        "000004.mp4",
        "000006.mp4",
    }
    successes = curve(stages.first / "watch", "simulation/success")
    assert [step for step, _ in successes] == [4, 6]


def test_stage_zero_is_tried_in_every_world_that_it_saw(stages: Stages) -> None:
    trials = json.loads((stages.base / "trials.json").read_text())
    world = {"task": "push_cube", "robot": "panda", "domain": "twin", "episodes": 1}
    assert {trial.pop("success") for trial in trials} <= {0.0, 1.0}
    assert sorted(trials, key=lambda trial: trial["family"]) == [
        {"family": family, **world} for family in ("flow", "token")
    ]
    for family in ("flow", "token"):
        assert (stages.base / "videos" / f"{family}_push_cube_panda.mp4").exists()


def test_a_film_that_cannot_be_written_costs_no_iteration(
    stages: Stages, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "videos").write_text("in the way")
    stages.reinforce(tmp_path)
    assert "000002.mp4 cannot be written: " in capsys.readouterr().err
    files = [(out / "policy.safetensors") for out in (stages.second, tmp_path)]
    assert equal(*(load_policy(file)[0] for file in files))


@pytest.mark.parametrize("beta", ["0.0", "0.2"])
def test_the_loss_on_real_demonstrations_is_watched_with_or_without_the_anchor(
    beta: str, stages: Stages
) -> None:
    out = (
        stages.second
        if beta == "0.2"
        else stages.reinforce(words=["--reinforce.anchor.beta", beta])
    )
    losses = curve(out / "watch", "real/held_out_loss")
    assert [step for step, _ in losses] == [1, 2]
    assert torch.isfinite(torch.tensor(losses)).all()
    assert [step for step, _ in curve(out / "watch", "simulation/success")] == [2]
    about = load_policy(out / "policy.safetensors")[1]
    assert about["stage"] == ("rlco" if beta == "0.2" else "rl")
