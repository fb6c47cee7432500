# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The bench of the safety core: nothing gets past it, and the bench would see what did."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from rlco_core.bodies import Bodies
from rlco_core.inspection import Inspector
from rlco_core.kinematics import Kinematics
from rlco_core.limits.collision import CollisionLimit
from rlco_core.robot import RobotConfig
from rlco_core.setpoints import SetpointStream
from rlco_core.types import ACCEPTED
from rlco_sim.bullet import pybullet_data
from rlco_trainer.bench import safety
from rlco_trainer.bench.attacks import Adversary
from rlco_trainer.bench.safety import BenchConfig, bench_safety
from rlco_trainer.cli import main

FEW = 12_000


def test_nothing_gets_past_the_limits(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    assert main(["bench", "safety", "--setpoints", str(FEW), "--json", str(out)]) == 0
    found = json.loads(out.read_text())
    assert found["setpoints"] >= FEW
    assert (found["violations"], found["exceptions"], found["unexplained"]) == (0, 0, 0)
    assert set(found["refused"]) >= {"workspace", "joint_position", "finite", "speed", "collision"}
    assert min(found["attacks"].values()) >= 1
    assert found["versions"]["ruckig"]


def test_the_bench_sees_what_gets_past(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlco_core.setpoints.first_refusal", lambda *_: ACCEPTED)
    found = bench_safety(BenchConfig(setpoints=FEW))
    assert found.violations > 100
    assert set(found.beyond) >= {"workspace", "tool_speed", "keep_out", "collision"}


def test_the_bench_sees_collisions_that_nobody_looks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CollisionLimit, "check", lambda *_: ACCEPTED)
    assert set(bench_safety(BenchConfig(setpoints=FEW)).beyond) == {"collision"}


def test_the_bench_sees_exceptions_and_refusals_without_a_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(self: SetpointStream) -> None:
        raise RuntimeError("brakes are off")

    monkeypatch.setattr(SetpointStream, "brake", broken)
    found = bench_safety(BenchConfig(setpoints=FEW))
    assert found.exceptions > 0
    assert "brakes are off" in found.errors[0]


def test_a_failed_bench_ends_with_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlco_core.setpoints.first_refusal", lambda *_: ACCEPTED)
    with pytest.raises(SystemExit, match="1"):
        safety.main(["--setpoints", str(FEW)])


def test_the_same_seed_makes_the_same_attacks() -> None:
    robot = RobotConfig.load("panda")
    rows = [np.ones((30, 7))]
    one, other = (
        Adversary(robot, Kinematics(robot), rows, np.random.default_rng(3)) for _ in range(2)
    )
    for name, attack in one.attacks().items():
        again = other.attacks()[name]()
        for step, same in zip(attack(), again, strict=True):
            assert (step.kind, step.seconds) == (same.kind, same.seconds)
            np.testing.assert_array_equal(step.values, same.values)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("joint_position", {"joints": 6, "by": 2.2}),
        ("joint_velocity", {"joints": 0, "by": 0.03}),
        ("joint_acceleration", {"joints": 0, "by": 0.002}),
        ("joint_jerk", {"joints": 0, "by": 0.008}),
        ("workspace", {"joints": 1, "by": 0.9}),
        ("collision", {"joints": 1, "by": 0.9}),
        ("finite", {"joints": 3, "by": np.nan}),
    ],
)
def test_an_inspector_counts_each_limit(kind: str, change: dict[str, float]) -> None:
    robot = RobotConfig.load("panda")
    bodies = Bodies(robot, [Path(pybullet_data.getDataPath())])
    inspector = Inspector(robot, Kinematics(robot), 100.0, bodies)
    rows = np.tile(Kinematics(robot).home, (20, 1))
    assert not any(inspector.count(rows).values())
    rows[10:, int(change["joints"])] += change["by"]
    assert inspector.count(rows)[kind] > 0
