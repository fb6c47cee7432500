# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Recording, takeover and replay over ROS: real processes, in lock-step with what is known."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest
import torch
from rclpy.node import Node

from rlco_bringup.recording import RecordSettings, record_contract, record_graph
from rlco_core.bundle import load_bundle
from rlco_core.robot import RobotConfig
from rlco_core.stamps import seconds_to_ns
from rlco_interfaces.msg import ExecutedAction, Verdict
from rlco_policy.onnx_policy import OnnxPolicy
from rlco_policy.shipped import shipped_bundle
from rlco_ros.qos import STATE
from rlco_sim.domain import Domain
from rlco_sim.session import DT, Session
from rlco_trainer import cli
from rlco_trainer.demonstrations.collect import CollectConfig, collect
from rlco_trainer.demonstrations.demonstrate import Demonstration, Demonstrator, World
from rlco_trainer.evaluation.rollout import Roller
from rlco_trainer.lerobot import Dataset
from rlco_trainer.policies.policy_file import load_policy
from rlco_trainer.recording.node import scripted_twists
from rlco_trainer.recording.record import RecordConfig, record
from rlco_trainer.recording.replay import ReplayConfig, replay
from rlco_trainer.recording.script import Script
from rlco_trainer.recording.session import Recorded, Recordings, running

PATIENCE = 120.0
#: A few steps from the base that ships.
TRAIN = [
    *("train", "sft", "--family", "token", "--threads", "1", "--share.held-out", "1"),
    *("--watch.every", "0", "--watch.episodes", "0", "--augment.copies", "1"),
    *("--imitation.steps", "3", "--imitation.batch", "8", "--imitation.warm-up", "1"),
]
SEED = 10_003
#: Control periods in which the person moves the arm up, and how far in each, m.
TAKEOVER, UP = range(10, 20), 0.005
#: Control period in which the person gives a word on the episode.
WORD = 5


class Judging:
    """A person who gives words on episodes while one runs.

    Attributes:
        words: on which episode, so many before the one that runs, and what; given in ``WORD``.
    """

    def __init__(self, node: Node) -> None:
        self.words: list[tuple[int, bool]] = []
        self._verdicts = node.create_publisher(Verdict, "verdict", STATE)
        node.create_subscription(ExecutedAction, "executed_action", self._on_act, STATE)

    def _on_act(self, message: ExecutedAction) -> None:
        if message.step == WORD:
            for ago, success in self.words:
                self._verdicts.publish(Verdict(episode=message.episode - ago, success=success))


class Beside(Protocol):
    """Runs an episode of the shipped policy beside a person."""

    def __call__(self, acts: range, words: Sequence[tuple[int, bool]] = ()) -> Recorded:
        """The person moves the arm in the control periods ``acts``, and gives ``words``."""


@pytest.fixture(scope="module")
def beside_a_policy() -> Iterator[Beside]:
    """With a person at a twist device, who leaves it alone in all other control periods."""
    settings = RecordSettings(bundle=str(shipped_bundle()), mode="lockstep", device="twist")
    robot, script = RobotConfig.load("panda"), Script(seconds_to_ns(DT))
    with running(record_graph(settings), settings, None) as client:
        recordings = Recordings(client, record_contract(settings), settings)
        scripted_twists(client.node, robot, script, lockstep=True, dt=DT)
        judging = Judging(client.node)

        def run(acts: range, words: Sequence[tuple[int, bool]] = ()) -> Recorded:
            judging.words = list(words)
            script.actions = np.zeros((1000, 7), np.float32)
            script.actions[acts.start : acts.stop, 2] = UP
            return recordings.run(SEED, 60)

        yield run


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two episodes of the expert at the twist device, in the world that plays the real one."""
    out = tmp_path_factory.mktemp("recorded") / "two"
    left_out = record(
        RecordConfig(out, episodes=2, task="open_drawer", domain="stand_in", device="expert")
    )
    assert left_out == 0
    return out


@pytest.fixture(scope="module")
def collected() -> list[Demonstration]:
    """The same seeds in this process."""
    demonstrator = Demonstrator(World("open_drawer", "stand_in", "panda"), 0.0, 0.0)
    return [demonstrator.run(seed) for seed in range(2)]


def test_what_is_recorded_is_what_is_collected(
    recorded: Path, collected: list[Demonstration]
) -> None:
    """Pictures, states and actions, to the bit."""
    dataset = Dataset.open(recorded)
    assert len(dataset.episodes) == len(collected)
    for number, demonstration in enumerate(collected):
        episode = dataset.episode(number)
        np.testing.assert_array_equal(episode.actions, demonstration.actions)
        np.testing.assert_array_equal(episode.states, demonstration.states)
        np.testing.assert_array_equal(episode.images["front"], demonstration.images)
        assert episode.task == demonstration.instruction
        assert not episode.intervention.any()
        assert episode.metadata == {
            "seed": number,
            "domain": "stand_in",
            "task_name": "open_drawer",
            "split": "train",
            "subject": "drawer",
            "success": True,
        }


def test_a_replay_goes_where_the_episode_went(recorded: Path) -> None:
    comparison = replay(ReplayConfig(recorded, episode=1))
    assert comparison.farthest == comparison.gripper == 0.0
    assert comparison.periods == comparison.recorded_periods
    assert comparison.success
    assert comparison.recorded_success


def test_a_policy_learns_the_same_from_it(recorded: Path, tmp_path: Path) -> None:
    """As from what the expert did in this process, weight for weight."""
    same = tmp_path / "collected"
    collect(
        CollectConfig(
            same, 2, task="open_drawer", domain="stand_in", human=0.0, disturbance=0.0, workers=1
        )
    )
    weights = []
    for dataset in (recorded, same):
        out = tmp_path / f"from_{dataset.name}"
        assert cli.main([*TRAIN, "--real", str(dataset), "--out", str(out)]) == 0
        weights.append(load_policy(out / "policy.safetensors")[0].state_dict())
    assert weights[0].keys() == weights[1].keys()
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_a_kill_costs_the_running_episode_alone(
    tmp_path: Path, collected: list[Demonstration]
) -> None:
    """The next run finds the others, and no node that was left behind."""
    out = tmp_path / "killed"
    words = ["--task", "open_drawer", "--domain", "stand_in", "--device", "expert"]
    with subprocess.Popen(["rlco", "record", "--out", str(out), *words]) as process:
        try:
            wait_until(lambda: written(out) >= 1)
        finally:
            process.kill()
    survived = written(out)
    again = ["--episodes", str(survived + 1), "--resume"]
    assert cli.main(["record", "--out", str(out), *words, *again]) == 0
    dataset = Dataset.open(out)
    assert [one.metadata["seed"] for one in dataset.episodes] == list(range(survived + 1))
    for number, demonstration in enumerate(collected):
        np.testing.assert_array_equal(dataset.episode(number).states, demonstration.states)


def test_the_keyboard_shows_what_the_camera_sees_and_leaves_the_terminal_as_it_was(
    tmp_path: Path,
) -> None:
    typed, own = pty.openpty()
    before = termios.tcgetattr(own)
    words = ["rlco", "record", "--out", str(tmp_path / "typed"), "--logs", str(tmp_path / "logs")]
    with subprocess.Popen(words, stdin=own, stdout=own, start_new_session=True) as process:
        try:
            wait_until(lambda: "\u2580".encode() in os.read(typed, 4096))
            assert termios.tcgetattr(own) != before
            process.terminate()
            wait_until(lambda: drained(typed) and process.poll() is not None)
        finally:
            process.kill()
    assert process.returncode == 130
    assert termios.tcgetattr(own) == before
    for end in (typed, own):
        os.close(end)


def drained(terminal: int) -> bool:
    """Reads what was written, so that the writer can go on."""
    while select.select([terminal], [], [], 0.0)[0]:
        os.read(terminal, 65536)
    return True


def written(out: Path) -> int:
    """How many episodes a reader finds while another process writes."""
    return len(Dataset.open(out).episodes) if (out / "meta" / "info.json").exists() else 0


def wait_until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until, "it takes too long"
        time.sleep(0.02)


def test_a_policy_that_nobody_takes_over_from_acts_as_without_people(
    beside_a_policy: Beside,
) -> None:
    session = Session("push_cube", Domain.load("twin"), RobotConfig.load("panda"))
    alone = Roller(OnnxPolicy(load_bundle(shipped_bundle())), session).run(SEED, max_steps=60)
    watched = beside_a_policy(range(0))
    assert watched.report.steps == alone.steps
    np.testing.assert_array_equal(watched.report.commands, alone.commands)
    assert watched.take is not None
    assert not watched.take.by_person.any()
    assert watched.beside_policy


def test_what_a_person_does_in_between_is_an_intervention(
    beside_a_policy: Beside,
) -> None:
    alone, taken = beside_a_policy(range(0)).take, beside_a_policy(TAKEOVER).take
    assert alone is not None
    assert taken is not None
    first = TAKEOVER.start
    np.testing.assert_array_equal(taken.actions[:first], alone.actions[:first])
    assert np.flatnonzero(taken.by_person).tolist() == list(TAKEOVER)
    moved = taken.actions[taken.by_person]
    np.testing.assert_array_equal(moved[:, :6], [[0.0, 0.0, np.float32(UP), 0.0, 0.0, 0.0]] * 10)
    # The gripper stays as the policy had it, and the policy goes on from where the person left.
    assert set(moved[:, 6]) == {taken.actions[first - 1, 6]}
    assert len(taken.actions) > TAKEOVER.stop


def test_a_person_s_word_ends_the_episode_that_it_is_on_and_no_other(
    beside_a_policy: Beside,
) -> None:
    """As words do that are heard late: those on the episode before."""
    late = beside_a_policy(range(0), [(1, False), (1, True)])
    assert (late.judged, late.success) == (True, late.report.success)
    assert late.report.stop_reason in ("success", "step_limit")
    failed = beside_a_policy(range(0), [(0, False)])
    assert (failed.judged, failed.success, failed.report.stop_reason) == (True, False, "canceled")
    assert failed.report.steps < late.report.steps
    done = beside_a_policy(range(0), [(0, True)])
    assert (done.judged, done.success, done.report.stop_reason) == (True, True, "success")
    assert done.report.steps < late.report.steps
