# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""When a policy answers again, and one that is made slow."""

from __future__ import annotations

import numpy as np
import pytest

from rlco_core.chunks import EXECUTIONS
from rlco_core.contract import ActionContract, Contract
from rlco_core.errors import ConfigError
from rlco_core.types import ActionChunk, Observation
from rlco_policy.gate import Gate, Ready
from rlco_policy.measurements import Image, Instruction, JointState, Topics
from rlco_policy.pairing import Before
from rlco_policy.timing import AT_ONCE, Slowed, Timing, timing

MS = 1_000_000
TOPICS = Topics({"front": "/f/image_raw"}, "/joints", "/commanded")


@pytest.fixture
def action(contract: Contract) -> ActionContract:
    return contract.action.model_copy(update={"execute": 4, "dt": 0.05})


def test_every_execution_has_its_timing(action: ActionContract) -> None:
    assert timing("asynchronous", action) == Timing(period_ns=175 * MS)
    assert timing("synchronous", action) == Timing(rest_ns=225 * MS)
    others = EXECUTIONS.keys() - {"asynchronous", "synchronous"}
    assert {timing(name, action) for name in others} == {AT_ONCE}
    with pytest.raises(ConfigError, match="'eager' is unknown; it should be 'asynchronous', "):
        timing("eager", action)


def answered(gate: Gate, ms: int) -> bool:
    """Whether the gate releases an observation of that time."""
    gate.on_image("front", Image(ms * MS, np.zeros((2, 2, 3), np.uint8)))
    for put in (gate.on_joints, gate.on_commanded):
        put(JointState(ms * MS, np.zeros(1)))
    return isinstance(gate.take(ms * MS), Ready)


@pytest.mark.parametrize(
    ("execution", "times"),
    [
        ("asynchronous", [0, 200, 400, 600, 800]),
        ("blending", list(range(0, 850, 50))),
        # Answers come after 300 ms, and rows act for 200 ms.
        ("synchronous", [0, 550]),
    ],
)
def test_what_is_answered_of_a_camera(
    action: ActionContract, execution: str, times: list[int]
) -> None:
    gate = Gate(["front"], Before(20 * MS, TOPICS), 100 * MS, timing(execution, action))
    gate.on_instruction(Instruction(0, 1, "push"))
    found = []
    for ms in range(0, 850, 50):
        if answered(gate, ms):
            found.append(ms)
            gate.on_answer((ms + 300) * MS)
    assert found == times


def test_another_instruction_is_answered_at_once(action: ActionContract) -> None:
    gate = Gate(["front"], Before(20 * MS, TOPICS), 100 * MS, timing("synchronous", action))
    gate.on_instruction(Instruction(0, 1, "push"))
    assert answered(gate, 0)
    gate.on_answer(300 * MS)
    assert not answered(gate, 350)
    gate.on_instruction(Instruction(400 * MS, 2, "push"))
    assert answered(gate, 400)


class Prompt:
    """A policy that answers at once."""

    def __init__(self, contract: Contract) -> None:
        self.contract, self.contract_hash = contract, "hash"

    def infer(self, observation: Observation) -> ActionChunk:
        return ActionChunk(observation.stamp_ns, 0.05, np.zeros((8, 7), np.float32), "hash")


def test_a_slowed_policy_answers_the_same_later(contract: Contract) -> None:
    waited: list[float] = []
    prompt = Prompt(contract)
    slowed = Slowed(prompt, 0.3, waited.append)
    seen = Observation(7, {}, np.zeros(17, np.float32), "push")
    assert (slowed.infer(seen).actions == prompt.infer(seen).actions).all()
    assert waited == [0.3]
    assert (slowed.contract, slowed.contract_hash) == (contract, "hash")
