# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures and films of recorded episodes, and the run directory that they go to."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from rich.console import Console
from stub_policies import ScriptedPolicy

from rlco_core.contract import Contract
from rlco_sim.session import Session
from rlco_trainer import demo as demoing
from rlco_trainer.demo import film, films, highlights, last_picture, main, run_directory
from rlco_trainer.demonstrations.demonstrate import Demonstration
from rlco_trainer.evaluation import evaluate as evaluating
from rlco_trainer.evaluation.config import EvalConfig
from rlco_trainer.evaluation.rollout import Roller, Trace
from rlco_trainer.video import VideoError


@pytest.fixture(scope="module")
def session() -> Session:
    return demoing.new_session(EvalConfig())


@pytest.fixture(scope="module")
def success(contract: Contract, demonstration: Demonstration) -> Trace:
    policy = ScriptedPolicy(contract, demonstration.actions)
    return Roller(policy, demoing.new_session(EvalConfig())).run(demonstration.seed)


@pytest.fixture(scope="module")
def failure(contract: Contract) -> Trace:
    session = demoing.new_session(EvalConfig())
    return Roller(ScriptedPolicy(contract), session).run(11, max_steps=5)


def gif_frames(path: Path) -> int:
    with Image.open(path) as image:
        return int(getattr(image, "n_frames", 1))


def test_the_first_of_each_outcome_is_filmed(success: Trace, failure: Trace) -> None:
    traces = [failure, success, success, failure]
    chosen = films(traces)
    assert chosen["success"] is traces[1]
    assert chosen["failure"] is traces[0]
    assert list(chosen) == ["success", "failure"]
    assert list(films([failure])) == ["failure"]
    assert list(films([success])) == ["success"]


def test_a_film_runs_at_the_episodes_own_pace(
    session: Session, success: Trace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demoing, "_FILM", (96, 72))
    path = tmp_path / "success.mp4"
    film(session, success, path)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.average_rate) == (96, 72, 20)
        assert sum(1 for _ in container.decode(stream)) == success.steps + 1


def test_the_last_picture_shows_the_end(session: Session, success: Trace) -> None:
    picture = last_picture(session, success)
    assert session.success()
    assert picture.shape == (160, 160, 3)
    assert (picture == session.view(160, 160)).all()


def test_an_episode_that_never_moved_has_a_picture_too(
    session: Session, contract: Contract
) -> None:
    nan = ScriptedPolicy(contract, np.full((4, 7), np.nan, np.float32))
    trace = Roller(nan, demoing.new_session(EvalConfig())).run(1)
    assert trace.steps == 0
    assert last_picture(session, trace).shape == (160, 160, 3)


def test_highlights_are_the_first_success_of_every_colour(
    session: Session,
    success: Trace,
    failure: Trace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(demoing, "_GIF", (64, 48))
    highlights(session, [failure, success, success], tmp_path / "a.gif")
    once = 1 + -(-success.steps // 4)
    # Equal frames may be written as one that lasts longer.
    assert once - 3 <= gif_frames(tmp_path / "a.gif") <= once
    with pytest.raises(VideoError, match="no frames"):
        highlights(session, [failure], tmp_path / "b.gif")
    assert not (tmp_path / "b.gif").exists()


def test_a_run_has_its_name_or_its_time(tmp_path: Path) -> None:
    assert run_directory(tmp_path, "mine") == tmp_path / "mine"
    assert run_directory(tmp_path, "").name.startswith("demo-")


def test_the_command_leaves_everything_in_its_directory(
    contract: Contract,
    demonstration: Demonstration,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    policy = ScriptedPolicy(contract, demonstration.actions)
    monkeypatch.setattr(evaluating, "opened_policy", lambda bundle, config: policy)
    monkeypatch.setattr(demoing, "_FILM", (64, 48))
    monkeypatch.setattr(demoing, "_GIF", (64, 48))
    gif = tmp_path / "shown.gif"
    words = ["--no-ros", "--episodes", "2", "--seed", str(demonstration.seed)]
    main([*words, "--runs", str(tmp_path), "--name", "run", "--gif", str(gif)])
    left = {path.name for path in (tmp_path / "run").iterdir()}
    # The script fits the first seed only.
    assert left == {"report.json", "report.html", "success.mp4", "failure.mp4"}
    assert gif_frames(gif) > 5
    shown = "".join(capsys.readouterr().out.split())
    assert "".join(str(tmp_path / "run" / "report.html").split()) in shown


def test_the_demo_runs_over_ros_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[EvalConfig] = []

    def note(config: EvalConfig, run_dir: Path, console: Console) -> None:
        asked.append(config)

    monkeypatch.setattr(demoing, "demo", note)
    main(["--runs", str(tmp_path)])
    main(["--runs", str(tmp_path), "--no-ros", "--episodes", "3"])
    assert [(config.ros, config.episodes) for config in asked] == [(True, 20), (False, 3)]
