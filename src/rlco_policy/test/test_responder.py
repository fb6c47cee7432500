# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The responder: what the policy is shown, what is sent out, and what is not computed twice."""

from __future__ import annotations

import numpy as np
import pytest

from rlco_core.contract import Contract
from rlco_core.errors import BundleError
from rlco_core.kinematics import Kinematics
from rlco_core.proprioception import Posture, proprioception
from rlco_core.robot import RobotConfig
from rlco_core.types import ActionChunk, Observation
from rlco_policy.gate import Budget, Gate, Image, Instruction, JointState
from rlco_policy.responder import Responder, measured_joints, posture

PANDA = RobotConfig.load("panda")
FINGER = 0.01


class ScriptedPolicy:
    """Answers with the number of the call; fails when told to."""

    contract_hash = "hash"

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.seen: list[Observation] = []
        self.broken = False

    def infer(self, observation: Observation) -> ActionChunk:
        self.seen.append(observation)
        if self.broken:
            raise BundleError("not finite")
        actions = np.full((8, 7), len(self.seen), np.float32)
        return ActionChunk(observation.stamp_ns, 0.05, actions, self.contract_hash)


@pytest.fixture
def policy(contract: Contract) -> ScriptedPolicy:
    return ScriptedPolicy(contract)


@pytest.fixture
def responder(policy: ScriptedPolicy) -> Responder:
    gate = Gate(["front"], Budget(skew_ns=0, age_ns=None))
    return Responder(policy, PANDA, gate)


def observe(responder: Responder, stamp_ns: int) -> ActionChunk | None:
    """Puts a whole observation into the gate and answers it."""
    positions = np.array([*PANDA.home, FINGER, FINGER])
    responder.gate.on_joints(JointState(stamp_ns, positions))
    told = np.array([*PANDA.home[:-1], PANDA.home[-1] + 0.1, 2 * FINGER, 2 * FINGER])
    responder.gate.on_commanded(JointState(stamp_ns, told))
    responder.gate.on_image("front", Image(stamp_ns, np.zeros((48, 64, 3), np.uint8)))
    return responder.respond(stamp_ns)


def test_waits_for_an_instruction(responder: Responder, policy: ScriptedPolicy) -> None:
    assert observe(responder, 100) is None
    assert responder.waiting_for == "no instruction"
    assert policy.seen == []


def test_the_policy_sees_proprioception_and_the_chunk_names_the_episode(
    responder: Responder, policy: ScriptedPolicy
) -> None:
    responder.gate.on_instruction(Instruction(0, 3, "push the red cube"))
    chunk = observe(responder, 100)
    assert chunk is not None
    assert (chunk.stamp_ns, chunk.episode, chunk.contract_hash) == (100, 3, "hash")
    assert responder.waiting_for == ""
    (seen,) = policy.seen
    home = np.array(PANDA.home)
    told = home + np.array([0.0] * 6 + [0.1])
    expected = proprioception(Kinematics(PANDA), Posture(home, 0.25), Posture(told, 0.5))
    np.testing.assert_array_equal(seen.proprioception, expected)
    assert (seen.stamp_ns, seen.instruction) == (100, "push the red cube")
    assert seen.images["front"].shape == (48, 64, 3)


def test_the_same_observation_again_gets_the_same_chunk(
    responder: Responder, policy: ScriptedPolicy
) -> None:
    responder.gate.on_instruction(Instruction(0, 1, "push"))
    first = observe(responder, 100)
    assert observe(responder, 100) is first
    assert len(policy.seen) == responder.decisions == 1
    second = observe(responder, 200)
    assert second is not first
    assert len(policy.seen) == responder.decisions == 2
    assert responder.latency_s > 0.0


def test_a_failed_decision_is_tried_again(responder: Responder, policy: ScriptedPolicy) -> None:
    responder.gate.on_instruction(Instruction(0, 1, "push"))
    policy.broken = True
    for _ in range(2):
        with pytest.raises(BundleError, match="not finite"):
            observe(responder, 100)
    policy.broken = False
    assert observe(responder, 100) is not None
    assert len(policy.seen) == 3
    assert responder.decisions == 1


def test_joints_are_asked_for_by_prefixed_name_and_split() -> None:
    names = measured_joints(PANDA, "left_")
    assert names[0] == "left_panda_joint1"
    assert names[-2:] == ["left_panda_finger_joint1", "left_panda_finger_joint2"]
    joints, opening = posture(PANDA, np.array([*PANDA.home, 0.04, 0.0]))
    assert joints.tolist() == list(PANDA.home)
    assert opening == 1.0
