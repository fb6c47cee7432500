# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco bench train: it measures what it says by turns, and shares are of CPU time."""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import small
import torch

from rlco_core.errors import ConfigError
from rlco_sim.camera import Camera
from rlco_sim.env import RlcoEnv
from rlco_trainer.bench import train as bench
from rlco_trainer.bench import train_speed
from rlco_trainer.bench.peers import PeerError
from rlco_trainer.bench.sim_speed import CALM
from rlco_trainer.bench.train import BenchTrainConfig, bench_train, main
from rlco_trainer.bench.train_speed import Frames, Iteration, Spent, image_share, new_policy
from rlco_trainer.learning.datasets import Loaded
from rlco_trainer.policies.policy_file import FAMILIES

PARTS = ("physics", "render", "inference", "update", "idle")
Asked = list[Any]


class StubPeer:
    """Ten times slower than we are; does not start where the test says so."""

    there = True

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> StubPeer:
        if not self.there:
            raise PeerError(f"{self.name} cannot be installed: no network")
        return self

    def __exit__(self, *_: object) -> None: ...

    def measure(self, size: int, every: int, seconds: float) -> float:
        assert (size, every) == (64, 1)
        return 50.0


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Puts figures in the place of measurements; those of a family grow with every repeat."""
    asked: Asked = []

    def job(family: str) -> Callable[[], Iteration]:
        def measure() -> Iteration:
            asked.append(family)
            count = asked.count(family)
            shares = dict(zip(PARTS, (0.4, 0.1, 0.2, 0.1, 0.1 * count), strict=True))
            return Iteration(10.0 * count, shares)

        return measure

    @contextmanager
    def stage_two(envs: int, decisions: int) -> Iterator[Mapping[str, Callable[[], Iteration]]]:
        asked.append((envs, decisions))
        yield {family: job(family) for family in FAMILIES}

    class StubFrames:
        def measure(self, seconds: float) -> float:
            asked.append(seconds)
            return 500.0

        def close(self) -> None:
            asked.append("closed")

    monkeypatch.setattr(train_speed, "stage_two", stage_two)
    monkeypatch.setattr(train_speed, "Frames", StubFrames)
    monkeypatch.setattr(bench, "Peer", StubPeer)
    return asked


def test_rows_are_medians_of_repeats_taken_by_turns(asked: Asked) -> None:
    found = bench_train(BenchTrainConfig(seconds=0.5, envs=6, decisions=5))
    assert asked == [(6, 5), *["token", "flow"] * 3, 0.5, 0.5, 0.5, "closed"]
    rows = {row.name: (row.unit, row.least, row.median, row.greatest) for row in found.rows}
    for family in FAMILIES:
        assert rows[f"{family}_seconds_per_iteration"] == ("s", 10.0, 20.0, 30.0)
        assert rows[f"{family}_physics_share"] == ("share", 0.4, 0.4, 0.4)
        assert rows[f"{family}_idle_share"] == ("share", 0.1, 0.2, 0.3)
    assert rows["rlco_frames_per_s"] == ("frames/s", 500.0, 500.0, 500.0)
    assert len(rows) == 2 * (1 + len(PARTS)) + 2
    assert found.ratios == {
        "token_idle_share": 0.2,
        "flow_idle_share": 0.2,
        "sb3_panda_gym_frames_per_s": 10.0,
    }
    assert found.missing == {}


def test_the_command_shows_and_writes_the_same_figures(
    asked: Asked,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(StubPeer, "there", False)
    path = tmp_path / "new" / "bench.json"
    main(["--seconds", "0.1", "--json", str(path)])
    shown, document = capsys.readouterr().out, json.loads(path.read_text())
    assert document["ratios"]["sb3_panda_gym_frames_per_s"] is None
    assert document["versions"].keys() >= {"torch", "pybullet"}
    assert document["machine"]["cores"] >= 1
    for row in document["rows"]:
        digits = 0 if row["unit"] == "frames/s" else 3
        assert f"{row['median']:.{digits}f}" in shown
    assert "no network" in document["missing"]["sb3"]
    assert "no network" in shown


@pytest.mark.parametrize(
    ("config", "line"),
    [
        (BenchTrainConfig(repeats=0), "--repeats must be at least 1 and --seconds positive"),
        (BenchTrainConfig(seconds=0.0), "--repeats must be at least 1 and --seconds positive"),
        (BenchTrainConfig(peers=("panda_gym",)), "peer 'panda_gym' is unknown; known: 'sb3'"),
    ],
)
def test_senseless_settings_are_refused(asked: Asked, config: BenchTrainConfig, line: str) -> None:
    with pytest.raises(ConfigError, match=line):
        bench_train(config)
    assert asked == []


def test_every_row_of_ours_is_measured_on_real_training(monkeypatch: pytest.MonkeyPatch) -> None:
    watched: list[int] = []
    now = Spent.now

    def recorded(pids: tuple[int, ...]) -> Spent:
        assert set(pids) <= {child.pid for child in multiprocessing.active_children()}
        watched.append(len(pids))
        return now(pids)

    monkeypatch.setattr(Spent, "now", recorded)
    monkeypatch.setattr(train_speed, "Frames", lambda: Frames(envs=2, decisions=2))
    found = bench_train(BenchTrainConfig(1, 0.01, peers=(), envs=2, decisions=2))
    rows = {row.name: row.median for row in found.rows}
    assert set(watched) == {2}, "one process for each group"
    for family in FAMILIES:
        shares = [rows[f"{family}_{part}_share"] for part in PARTS]
        assert sum(shares) == pytest.approx(1.0, abs=1e-3)
        # The clock of other processes has ticks of 10 ms.
        assert min(shares) > -0.1
        assert rows[f"{family}_inference_share"] > 0.0
        assert rows[f"{family}_update_share"] > 0.0
        assert found.ratios[f"{family}_idle_share"] == rows[f"{family}_idle_share"]
    assert rows["rlco_frames_per_s"] > 0.0
    assert found.ratios["sb3_panda_gym_frames_per_s"] is None


def burn(seconds: float) -> None:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def test_what_is_spent_is_cpu_time_and_not_waiting() -> None:
    ours = (os.getpid(),)
    before = Spent.now(ours)
    burn(0.2)
    time.sleep(0.2)
    spent = Spent.now(ours).since(before)
    assert 0.2 <= spent.main < 0.3
    assert spent.workers == pytest.approx(spent.main, abs=0.05)
    assert spent.wall >= 0.4


def test_shares_are_of_all_cores_and_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train_speed, "_CORES", 2)
    found = Iteration.of(Spent(6.0, 3.0, 8.0), Spent(4.0, 5.0, 0.0), images=0.25)
    assert found.seconds == 10.0
    assert found.shares == pytest.approx(dict(zip(PARTS, (0.3, 0.1, 0.15, 0.25, 0.2), strict=True)))


def test_an_environment_that_draws_slowly_spends_its_time_on_images(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn = list[int]()
    render = Camera.render

    def slow(camera: Camera, *how: Any) -> Any:
        drawn.append(1)
        burn(0.1)
        return render(camera, *how)

    with closing(RlcoEnv("push_cube")) as env:
        image_share(env, 1)
        assert 0.0 < image_share(env, 5) < 0.5
        monkeypatch.setattr(Camera, "render", slow)
        assert 0.5 < image_share(env, 3) < 1.0
    assert len(drawn) == 1 + 3, "of a reset and of every decision"
    assert Camera.render is slow, "everything is as before"


@pytest.mark.parametrize("family", FAMILIES)
def test_an_untrained_policy_of_default_size_moves_safely(family: str, loaded: Loaded) -> None:
    policy = new_policy(family, loaded.data)
    assert policy.config == FAMILIES[family][0]()
    image, state, words, mask = small.inputs(8)
    with torch.no_grad():
        seen = policy.see(image, state, words, mask)
        actions = policy.sample(seen, torch.Generator().manual_seed(0)).actions.numpy()
    assert actions.shape == (8, 4, 7)
    assert np.abs(actions[..., :6]).max() <= CALM
    with closing(RlcoEnv("push_cube")) as env:
        env.reset(seed=0)
        for chunk in actions:
            *_, info = env.step(chunk)
            assert info["accepted"], info["verdict"]


def test_frames_train_the_actor_on_an_image_every_control_step() -> None:
    with closing(Frames(envs=2, decisions=3)) as frames:
        policy, collect = frames._run._policy, frames._collector.collect
        before = {name: value.clone() for name, value in policy.state_dict().items()}
        assert frames.measure(0.01) > 0.0
        rollout = collect(policy, 7)
        after = policy.state_dict()
    changed = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"actor", "value", "log_std"}, "convolutions are frozen"
    assert rollout.context.shape == (3, 2, 1, 512)
    assert rollout.log_prob.shape == (3, 2, 1, 3)
    assert rollout.counted.min() == 1.0
    assert not Path(frames._folder.name).exists()
