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
from rlco_policy.health import Limits
from rlco_policy.measurements import Image, Instruction, JointState, Topics
from rlco_policy.responder import Responder, make_responder, measured_joints, posture

PANDA = RobotConfig.load("panda")
FINGER = 0.01
TOPICS = Topics({"front": "/front/image_raw"}, "/joint_states", "/commanded_joint_states")
MS = 1_000_000
LIMITS = Limits(300 * MS, 200 * MS, 50 * MS, 1000 * MS)


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
    return make_responder(policy, PANDA, TOPICS, None)


def observe(responder: Responder, stamp_ns: int) -> ActionChunk | None:
    """Puts a whole observation into the gate and answers it."""
    positions = np.array([*PANDA.home, FINGER, FINGER])
    responder.on_joints(JointState(stamp_ns, positions))
    told = np.array([*PANDA.home[:-1], PANDA.home[-1] + 0.1, 2 * FINGER, 2 * FINGER])
    responder.on_commanded(JointState(stamp_ns, told))
    responder.on_image("front", Image(stamp_ns, np.full((48, 64, 3), 102, np.uint8)))
    for topic in (TOPICS.cameras["front"], TOPICS.joints, TOPICS.commanded):
        responder.health.on_message(topic, stamp_ns, stamp_ns)
    return responder.respond(stamp_ns)


def test_waits_for_an_instruction(responder: Responder, policy: ScriptedPolicy) -> None:
    assert observe(responder, 100) is None
    assert responder.waiting_for == "no instruction"
    assert policy.seen == []


def test_the_policy_sees_proprioception_and_the_chunk_names_the_episode(
    responder: Responder, policy: ScriptedPolicy
) -> None:
    responder.on_instruction(Instruction(0, 3, "push the red cube"), 0)
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
    responder.on_instruction(Instruction(0, 1, "push"), 0)
    first = observe(responder, 100)
    assert observe(responder, 100) is first
    assert len(policy.seen) == responder.decisions == 1
    second = observe(responder, 200)
    assert second is not first
    assert len(policy.seen) == responder.decisions == 2
    figures = responder.figures()
    assert figures.keys() == {"decisions", "latency_ms", "latency_p50_ms", "latency_p99_ms"}
    assert figures["decisions"] == "2"
    assert 0.0 <= float(figures["latency_p50_ms"]) <= float(figures["latency_p99_ms"]) < 1000.0


def test_a_failed_decision_is_tried_again(responder: Responder, policy: ScriptedPolicy) -> None:
    responder.on_instruction(Instruction(0, 1, "push"), 0)
    policy.broken = True
    for _ in range(2):
        with pytest.raises(BundleError, match="not finite"):
            observe(responder, 100)
    policy.broken = False
    assert observe(responder, 100) is not None
    assert len(policy.seen) == 3
    assert responder.decisions == 1


def test_nothing_is_inferred_while_something_is_wrong_and_it_goes_on_by_itself(
    policy: ScriptedPolicy,
) -> None:
    responder = make_responder(policy, PANDA, TOPICS, LIMITS)
    responder.on_instruction(Instruction(0, 1, "push"), 0)
    assert observe(responder, 100 * MS) is not None
    assert not responder.fault
    for now in (200, 300, 400, 500):
        assert responder.respond(now * MS) is None
    assert responder.fault.reason == "camera_silent"
    assert responder.waiting_for == responder.fault.detail
    responder.health.on_message(TOPICS.cameras["front"], 510 * MS, 510 * MS, "it is mono8")
    assert observe(responder, 520 * MS) is not None
    assert [seen.stamp_ns for seen in policy.seen] == [100 * MS, 520 * MS]


@pytest.mark.parametrize("limits", [None, LIMITS])
def test_what_is_foul_counts_always(policy: ScriptedPolicy, limits: Limits | None) -> None:
    responder = make_responder(policy, PANDA, TOPICS, limits)
    responder.on_instruction(Instruction(0, 1, "push"), 0)
    responder.health.on_message(TOPICS.joints, 0, 0, "a joint is nan")
    responder.health.on_message(TOPICS.cameras["front"], 0, 0)
    responder.health.on_message(TOPICS.commanded, 0, 0)
    assert responder.respond(0) is None
    assert responder.fault.reason == "joints_invalid"
    assert responder.waiting_for == "/joint_states: a joint is nan"
    assert observe(responder, 100) is not None


def test_a_skew_is_a_fault_until_the_next_image(policy: ScriptedPolicy) -> None:
    responder = make_responder(policy, PANDA, TOPICS, LIMITS)
    responder.on_instruction(Instruction(0, 1, "push"), 0)
    assert observe(responder, 100 * MS) is not None
    responder.on_image("front", Image(160 * MS, np.full((48, 64, 3), 102, np.uint8)))
    state = JointState(170 * MS, np.array([*PANDA.home, FINGER, FINGER]))
    responder.on_joints(state)
    responder.on_commanded(state)
    assert responder.respond(170 * MS) is None
    assert responder.fault.reason == "skew"
    assert "60 ms older on /joint_states" in responder.fault.detail
    assert observe(responder, 280 * MS) is not None
    assert not responder.fault


def test_joints_are_asked_for_by_prefixed_name_and_split() -> None:
    names = measured_joints(PANDA, "left_")
    assert names[0] == "left_panda_joint1"
    assert names[-2:] == ["left_panda_finger_joint1", "left_panda_finger_joint2"]
    joints, opening = posture(PANDA, np.array([*PANDA.home, 0.04, 0.0]))
    assert joints.tolist() == list(PANDA.home)
    assert opening == 1.0


class Distant(ScriptedPolicy):
    """Answers when the test has it do so."""

    def infer(self, observation: Observation) -> ActionChunk | None:  # type: ignore[override]
        self.seen.append(observation)
        return None

    def answer(self) -> ActionChunk:
        chunk = super().infer(self.seen[-1])
        self.seen.clear()
        return chunk


@pytest.fixture
def distant(contract: Contract) -> Distant:
    return Distant(contract)


def test_nothing_else_is_asked_of_a_server_until_its_answer_is_in(distant: Distant) -> None:
    responder = make_responder(distant, PANDA, TOPICS, None)
    responder.on_instruction(Instruction(0, 3, "push"), 0)
    assert observe(responder, 100) is None
    assert observe(responder, 200) is None
    assert responder.waiting_for == "the server's answer"
    assert [seen.stamp_ns for seen in distant.seen] == [100]
    first = responder.deliver(distant.answer())
    assert (first.stamp_ns, first.episode, responder.decisions) == (100, 3, 1)
    assert observe(responder, 200) is None
    assert [seen.stamp_ns for seen in distant.seen] == [200]


def test_an_answer_of_a_server_is_repeated_like_any_other(distant: Distant) -> None:
    responder = make_responder(distant, PANDA, TOPICS, None)
    responder.on_instruction(Instruction(0, 3, "push"), 0)
    observe(responder, 100)
    chunk = responder.deliver(distant.answer())
    assert observe(responder, 100) is chunk
    assert distant.seen == []


def test_what_a_server_did_not_answer_is_asked_again(distant: Distant) -> None:
    responder = make_responder(distant, PANDA, TOPICS, None)
    responder.on_instruction(Instruction(0, 3, "push"), 0)
    observe(responder, 100)
    responder.give_up()
    observe(responder, 100)
    assert [seen.stamp_ns for seen in distant.seen] == [100, 100]
