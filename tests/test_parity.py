# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The same bundle and seeds give the same episodes through ROS and in process."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from rlco_core.bundle import load_bundle
from rlco_core.robot import RobotConfig
from rlco_policy.engine import OnnxPolicy
from rlco_policy.shipped import default_bundle
from rlco_sim.domain import Domain
from rlco_trainer.rollout import Roller

SEEDS = range(10_000, 10_020)
INSTRUCTION = "kindly shift the blue cube to the target"


@pytest.fixture(scope="module")
def roller() -> Roller:
    policy = OnnxPolicy(load_bundle(default_bundle()))
    return Roller(policy, "push_cube", Domain.load("twin"), RobotConfig.load("panda"))


def test_twenty_episodes_are_the_same_step_by_step(start: Callable, roller: Roller) -> None:
    _, client = start()
    largest = 0.0
    for seed in SEEDS:
        inside, outside = roller.run(seed), client.run("push_cube", seed)
        assert (outside.success, outside.steps, outside.stop_reason, outside.instruction) == (
            inside.success,
            inside.steps,
            inside.stop_reason,
            inside.instruction,
        ), f"seed {seed}"
        assert outside.commands.shape == inside.commands.shape
        largest = max(largest, float(np.abs(outside.commands - inside.commands).max()))
    print(f"largest difference of commanded joints: {largest:.1e} rad")
    assert largest <= 1e-6


def test_namespace_prefix_and_instruction_change_nothing(start: Callable, roller: Roller) -> None:
    _, client = start(namespace="cell1", tf_prefix="left_")
    inside = roller.run(10_003, INSTRUCTION)
    outside = client.run("push_cube", 10_003, INSTRUCTION)
    assert outside.instruction == INSTRUCTION
    assert (outside.success, outside.steps) == (inside.success, inside.steps)
    assert np.abs(outside.commands - inside.commands).max() <= 1e-6
