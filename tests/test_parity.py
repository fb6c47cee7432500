# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The same bundle and seeds give the same episodes through ROS and in process."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from rlco_bridge.client import EpisodeReport
from rlco_core.bundle import load_bundle
from rlco_core.robot import RobotConfig
from rlco_policy.onnx_policy import OnnxPolicy
from rlco_policy.shipped import shipped_bundle
from rlco_sim.domain import Domain
from rlco_sim.session import Session
from rlco_trainer.evaluation.rollout import Roller, Trace

SEEDS = range(10_000, 10_020)
INSTRUCTION = "kindly shift the blue cube to the target"


@pytest.fixture(scope="module")
def policy() -> OnnxPolicy:
    return OnnxPolicy(load_bundle(shipped_bundle()))


@pytest.fixture(scope="module")
def roller(policy: OnnxPolicy) -> Roller:
    return Roller(policy, session("twin"))


def session(domain: str) -> Session:
    return Session("push_cube", Domain.load(domain), RobotConfig.load("panda"))


def furthest(inside: Trace, outside: EpisodeReport) -> float:
    """The largest difference of commanded joints, rad, of two episodes that are else the same."""
    assert (outside.success, outside.steps, outside.stop_reason, outside.instruction) == (
        inside.success,
        inside.steps,
        inside.stop_reason,
        inside.instruction,
    ), f"seed {inside.seed}: {outside.detail}"
    assert outside.commands.shape == inside.commands.shape
    assert (outside.fingers == inside.fingers).all()
    return float(np.abs(outside.commands - inside.commands).max())


def test_twenty_episodes_are_the_same_step_by_step(start: Callable, roller: Roller) -> None:
    _, client = start()
    largest = max(furthest(roller.run(seed), client.run("push_cube", seed)) for seed in SEEDS)
    print(f"largest difference of commanded joints: {largest:.1e} rad")
    assert largest == 0.0


def test_late_images_and_joints_are_as_late_in_both(start: Callable, policy: OnnxPolicy) -> None:
    """The stand-in draws the age of what a policy sees."""
    assert Domain.load("stand_in").draw(0).timing.latency > 0.0
    roller = Roller(policy, session("stand_in"))
    _, client = start(domain="stand_in")
    for seed in range(3):
        inside = roller.run(seed, max_steps=40)
        assert furthest(inside, client.run("push_cube", seed, max_steps=40)) == 0.0


def test_namespace_prefix_and_instruction_change_nothing(start: Callable, roller: Roller) -> None:
    _, client = start(namespace="cell1", tf_prefix="left_")
    inside = roller.run(10_003, INSTRUCTION)
    outside = client.run("push_cube", 10_003, INSTRUCTION)
    assert outside.instruction == INSTRUCTION
    assert furthest(inside, outside) == 0.0
