# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""In shadow mode what would have been done is held against what was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rlco_bridge.driver import DriverConfig
from rlco_bridge.episode import Episode, Measured
from rlco_bridge.equipment import load_equipment
from rlco_bridge.shadow import Shadow
from rlco_core.chunks import ChunkPlayer
from rlco_core.errors import ConfigError
from rlco_core.kinematics import Kinematics
from rlco_core.motion import ActionPath
from rlco_core.robot import RobotConfig
from rlco_core.types import ActionChunk

DT_NS = 50_000_000
PANDA = RobotConfig.load("panda")
HOME, HASH = np.array(PANDA.home), "a" * 64


@pytest.fixture
def episode() -> Episode:
    player = ChunkPlayer(dt=0.05, horizon=8, execute=4, contract_hash=HASH)
    made = Episode(1, 0, 100, player, ActionPath(PANDA, 0.05))
    made.observe(Measured(0, HOME, 1.0))
    return made


def decide(episode: Episode, shadow: Shadow, number: int, measured: Measured, dx: float) -> None:
    """A chunk that moves by ``dx`` m per row is accepted and played."""
    rows = np.tile(np.array([dx, 0, 0, 0, 0, 0, 0.0], np.float32), (8, 1))
    start = number * 4 * DT_NS
    assert episode.take(ActionChunk(start, 0.05, rows, HASH, 1), start).accepted
    shadow.glance(episode, measured)
    for row in range(4):
        assert episode.command(start + row * DT_NS) is not None


def test_an_arm_that_stands_and_one_that_does_as_the_policy_would(episode: Episode) -> None:
    model = Kinematics(PANDA)
    shadow = Shadow(model)
    assert shadow.report() == ""
    decide(episode, shadow, 0, Measured(0, HOME, 1.0), 0.005)
    decide(episode, shadow, 1, Measured(1, HOME, 1.0), 0.005)
    (stood,) = shadow.glances
    assert stood.would == pytest.approx([0.02, 0.0, 0.0], abs=1e-3)
    assert (stood.did == 0.0).all()
    assert (stood.agreement, stood.would_open, stood.did_open) == (None, 0.0, 1.0)
    target = model.forward(HOME)
    target.translation = target.translation + np.array([0.02, 0.0, 0.0])
    there = model.inverse(target, HOME)
    shadow.glance(episode, Measured(2, there, 0.0))
    alike = shadow.glances[-1]
    assert alike.away < 1e-3
    assert alike.agreement == pytest.approx(1.0, abs=1e-3)
    assert shadow.report().startswith("2 chunks: 10.")
    assert "1.00 mean cosine of 1 directions, gripper alike in 50%" in shadow.report()


def test_a_shadow_s_driver_hears_the_robot_and_commands_nothing() -> None:
    driver = DriverConfig.load("ur").unheard()
    assert (driver.arm.kind, driver.gripper.kind) == ("unheard", "unheard")
    assert driver.supervisor == "ur"
    assert driver.gripper.joint == DriverConfig.load("ur").gripper.joint


def test_other_modes_are_refused(make_bundle: Callable[[], Path]) -> None:
    line = "mode 'dream' is unknown; it should be 'real' or 'shadow'"
    with pytest.raises(ConfigError, match=line):
        load_equipment("panda", "sim", make_bundle(), False, mode="dream")
