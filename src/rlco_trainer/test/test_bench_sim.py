# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco bench sim: it measures what it says by turns, and leaves figures that a program can read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from rlco_core.errors import ConfigError
from rlco_core.types import Observation
from rlco_trainer.bench import sim as bench
from rlco_trainer.bench import sim_speed
from rlco_trainer.bench.peers import PeerError
from rlco_trainer.bench.sim import BenchConfig, bench_sim, main

OURS = {
    "rlco_rgb64_every_step": 900.0,
    "rlco_rgb64_every_4": 2000.0,
    "rlco_rgb64_every_4_stock_meshes": 1000.0,
    "rlco_rgb128_every_step": 500.0,
    "rlco_rgb64_every_4_tiny_renderer": 400.0,
    "rlco_state": 2500.0,
    "bare_stepSimulation": 5000.0,
    "rlco_vector_1_workers": 2000.0,
    "rlco_vector_2_workers": 3800.0,
}
Asked = list[tuple[str, float]]


class StubPeer:
    """panda-gym is there, robosuite is not."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> StubPeer:
        if self.name == "robosuite":
            raise PeerError("robosuite cannot be installed: no network")
        return self

    def __exit__(self, *_: object) -> None: ...

    def measure(self, size: int, every: int, seconds: float) -> float:
        return 100.0 * every * 64 / size


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Puts figures in the place of measurements; every repeat is 10 more than the one before."""
    asked: Asked = []

    def job(name: str) -> Callable[[float], float]:
        def measure(seconds: float) -> float:
            asked.append((name, seconds))
            return OURS[name] + 10.0 * [row for row, _ in asked].count(name) - 20.0

        return measure

    monkeypatch.setattr(bench, "_own_jobs", lambda stack, envs: {name: job(name) for name in OURS})
    monkeypatch.setattr(bench, "Peer", StubPeer)
    monkeypatch.setattr(sim_speed, "picture_gaps", lambda: {"tiny_renderer_ssim": 0.99})
    monkeypatch.setattr(sim_speed, "memory", lambda envs, resets: {"envs": envs, "resets": resets})
    return asked


def test_rows_are_medians_of_repeats_taken_by_turns(asked: Asked) -> None:
    rows = {row.name: row for row in bench_sim(BenchConfig(seconds=0.5, repeats=3)).rows}
    assert asked == [(name, 0.5) for name in OURS] * 3
    for name, figure in OURS.items():
        row = rows[name]
        assert (row.least, row.median, row.greatest) == (figure - 10.0, figure, figure + 10.0)


def test_ratios_are_of_medians_and_a_missing_peer_is_said(asked: Asked) -> None:
    found = bench_sim(BenchConfig(seconds=0.5, repeats=3))
    assert found.ratios == {
        "panda_gym_rgb64_every_step": 9.0,
        "panda_gym_rgb64_every_4": 5.0,
        "panda_gym_rgb64_every_4_stock_meshes": 2.5,
        "robosuite_rgb128_every_step": None,
        "tiny_renderer_rgb64_every_4": 5.0,
        "state_over_bare": 2.0,
        "two_workers_over_one": 1.9,
    }
    assert found.missing == {"robosuite": "robosuite cannot be installed: no network"}
    assert {row.name for row in found.rows} - set(OURS) == {
        "panda_gym_rgb64_every_step",
        "panda_gym_rgb64_every_4",
    }


def test_the_command_shows_and_writes_the_same_figures(
    asked: Asked, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "new" / "bench.json"
    words = ["--seconds", "0.1", "--repeats", "3", "--envs", "6", "--soak-resets", "7"]
    main([*words, "--json", str(path)])
    shown, document = capsys.readouterr().out, json.loads(path.read_text())
    assert document["ratios"]["panda_gym_rgb64_every_4"] == 5.0
    assert document["ratios"]["robosuite_rgb128_every_step"] is None
    assert document["memory"] == {"envs": 6, "resets": 7}
    assert document["pictures"] == {"tiny_renderer_ssim": 0.99}
    assert document["versions"].keys() >= {"pybullet", "numba", "gymnasium"}
    assert document["machine"]["cores"] >= 1
    for row in document["rows"]:
        assert row["unit"] == "control steps/s"
        assert f"{row['median']:.0f}" in shown
    assert "no network" in document["missing"]["robosuite"]
    assert "no network" in shown


@pytest.mark.parametrize(
    ("config", "line"),
    [
        (BenchConfig(repeats=0), "--repeats must be at least 1 and --seconds positive"),
        (BenchConfig(seconds=0.0), "--repeats must be at least 1 and --seconds positive"),
        (BenchConfig(seconds=float("nan")), "--repeats must be at least 1 and --seconds positive"),
        (BenchConfig(peers=("gazebo",)), "peer 'gazebo' is unknown; known: 'panda_gym' or 'rob"),
    ],
)
def test_senseless_settings_are_refused(asked: Asked, config: BenchConfig, line: str) -> None:
    with pytest.raises(ConfigError, match=line):
        bench_sim(config)
    assert asked == []


def test_every_row_of_ours_is_measured_on_the_real_simulation() -> None:
    found = bench_sim(BenchConfig(0.01, 1, peers=(), envs=2, soak_resets=2))
    assert {row.name for row in found.rows} == set(OURS)
    assert all(0.0 < row.least == row.median == row.greatest for row in found.rows)
    own = ("tiny_renderer_rgb64_every_4", "state_over_bare", "two_workers_over_one")
    assert {name for name, ratio in found.ratios.items() if ratio is not None} == set(own)
    # Our pictures are the reference renderer's but for a few grey levels.
    assert found.pictures["tiny_renderer_ssim"] > 0.9
    assert found.pictures["stock_meshes_ssim"] > 0.9
    assert found.pictures["tiny_renderer_mean_difference"] < 5.0
    assert found.memory.keys() == {"mib_per_environment", "mib_grown_over_2_resets"}
    assert found.missing == {}


@pytest.mark.parametrize(("size", "every"), [(64, 1), (64, 4), (128, 4), (0, 4)])
def test_a_row_looks_as_often_and_as_closely_as_its_name_says(
    monkeypatch: pytest.MonkeyPatch, size: int, every: int
) -> None:
    single = sim_speed.Single(size, every, 20)
    session, shots, steps = single._session, list[int](), list[int]()
    observation, advance = session.observation, session.advance

    def observed() -> Observation:
        seen = observation()
        shots.append(seen.images["front"].shape[0])
        return seen

    def advanced(joints: NDArray[np.float64], fingers: float) -> None:
        steps.append(session.world.settings.physics.substeps)
        advance(joints, fingers)

    monkeypatch.setattr(session, "observation", observed)
    monkeypatch.setattr(session, "advance", advanced)
    assert single.measure(0.05) > 0.0
    assert set(steps) == {20}
    assert shots == ([size] * (len(steps) // every) if size else [])
    single.close()


def test_stock_meshes_are_far_finer_than_ours() -> None:
    fine, lean = (sim_speed.Single(64, 4, 8, stock) for stock in (True, False))
    faces = [len(single._session._scenery.faces) for single in (fine, lean)]
    assert faces[0] > 20 * faces[1]
    fine.close()
    lean.close()
