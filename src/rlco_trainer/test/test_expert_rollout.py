# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Episodes of the scripted expert, and `rlco eval --policy expert` on both arms."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rlco_core.errors import ConfigError
from rlco_core.robot import RobotConfig
from rlco_sim.domain import Domain
from rlco_sim.session import Session
from rlco_trainer import cli
from rlco_trainer.demonstrations.demonstrate import Demonstration
from rlco_trainer.evaluation.config import EvalConfig
from rlco_trainer.evaluation.evaluate import evaluate
from rlco_trainer.evaluation.expert_rollout import ExpertRoller
from rlco_trainer.evaluation.results import EvaluationResult
from rlco_trainer.evaluation.rollout import replay

PANDA, TWIN = RobotConfig.load("panda"), Domain.load("twin")


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    session = Session("push_cube", TWIN, PANDA)
    yield session
    session.close()


def test_an_episode_is_the_bare_experts_demonstration(
    session: Session, demonstration: Demonstration
) -> None:
    trace = ExpertRoller(session).run(demonstration.seed)
    assert (trace.success, trace.stop_reason) == (True, "success")
    assert trace.steps == len(demonstration.actions) == len(trace.latency_ms)
    assert trace.instruction == demonstration.instruction
    assert trace.commands.shape == (trace.steps, 7)
    assert trace.fingers.shape == (trace.steps,)
    other = Session("push_cube", TWIN, PANDA)
    assert len(list(replay(other, trace, 16, 16, every=50))) >= 2
    assert other.success()
    assert (other.motor_positions == session.motor_positions).all()
    other.close()


def test_it_pushes_what_it_is_told_to(session: Session, demonstration: Demonstration) -> None:
    other = {"red": "green", "green": "blue", "blue": "red"}[demonstration.subject]
    trace = ExpertRoller(session).run(demonstration.seed, f"push the {other} cube")
    assert (trace.success, trace.instruction) == (True, f"push the {other} cube")
    assert session.task.subject(trace.instruction) == other


def test_the_limit_of_steps_ends_it_and_leaves_nothing_behind(session: Session) -> None:
    roller = ExpertRoller(session)
    first = roller.run(3)
    short = roller.run(4, max_steps=5)
    assert (short.success, short.steps, short.stop_reason) == (False, 5, "step_limit")
    again = roller.run(3)
    assert (again.commands == first.commands).all()


def test_an_action_that_is_refused_ends_it_and_moves_nothing(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast = np.full(7, 0.5, np.float32)
    monkeypatch.setattr(type(session.task), "expert", lambda self, target, opening: fast)
    trace = ExpertRoller(session).run(3)
    assert (trace.success, trace.steps, trace.stop_reason) == (False, 0, "limit")
    assert len(trace.commands) == len(trace.fingers) == len(trace.latency_ms) == 0


@pytest.mark.parametrize(
    ("robot", "task", "domain", "split"),
    [
        ("panda", "push_cube", "twin", "unseen_objects"),
        ("panda", "close_drawer", "stand_in", "train"),
        ("ur5e", "push_cube", "twin_randomised", "train"),
        ("ur5e", "pick_place", "twin", "train"),
    ],
)
def test_eval_writes_what_the_expert_reaches(
    robot: str, task: str, domain: str, split: str, tmp_path: Path
) -> None:
    path = tmp_path / "result.json"
    words = ["--robot", robot, "--task", task, "--domain", domain, "--split", split]
    more = ["--episodes", "2", "--seed", "30", "--json", str(path)]
    assert cli.main(["eval", "--policy", "expert", *words, *more]) == 0
    document = json.loads(path.read_text())
    assert (document["policy"], document["bundle_sha256"]) == ("expert", "")
    assert [document[key] for key in ("robot", "task", "domain", "split")] == [*words[1::2]]
    assert document["mode"] == "in_process"
    assert (document["seeds"], document["successes"]) == ([30, 31], 2)
    assert [episode["stop_reason"] for episode in document["episodes"]] == ["success"] * 2
    result = EvaluationResult.from_json(document)
    assert sum(tally.successes for tally in result.by_instruction.values()) == 2
    assert result.latency_ms.count == sum(episode.steps for episode in result.episodes)


def test_swapped_instructions_are_obeyed() -> None:
    plain, swapped = (
        evaluate(EvalConfig(policy="expert", episodes=2, seed=30, swap_instruction=swap)).result
        for swap in (False, True)
    )
    for before, after in zip(plain.episodes, swapped.episodes, strict=True):
        assert after.subject != before.subject
        assert after.success


@pytest.mark.parametrize(
    ("config", "line"),
    [
        (EvalConfig(policy="expert", ros=True), "the expert sees the simulation's state"),
        (EvalConfig(policy="expert", split="test"), "task 'push_cube' has no split 'test'"),
        (EvalConfig(policy="expert", task="juggle"), "unknown task 'juggle'"),
        (EvalConfig(policy="expert", robot="r2d2"), "robot 'r2d2' is neither"),
    ],
)
def test_what_an_expert_cannot_do_is_refused(config: EvalConfig, line: str) -> None:
    with pytest.raises(ConfigError, match=line):
        evaluate(config)
