# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What clients may send, under our names and openpi's, and how the rest is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rlco_core.contract import Contract
from rlco_core.errors import ConfigError, ContractMismatch
from rlco_core.kinematics import Kinematics
from rlco_core.proprioception import proprioception
from rlco_core.robot import RobotConfig
from rlco_core.types import Observation
from rlco_policy.responder import posture
from rlco_policy.serving.observing import ObservationReader, observation_to_message

PANDA = RobotConfig.load("panda")
IMAGE = np.full((48, 64, 3), 102, np.uint8)
STATE = np.arange(17, dtype=np.float32)
NAMED = {"images.front": IMAGE, "proprioception": STATE, "instruction": "push", "stamp_ns": 7}


@pytest.fixture
def reader(contract: Contract) -> ObservationReader:
    return ObservationReader(contract, PANDA)


def same(one: Observation, other: Observation) -> bool:
    return (
        (one.stamp_ns, one.instruction) == (other.stamp_ns, other.instruction)
        and np.array_equal(one.images["front"], other.images["front"])
        and one.proprioception.tobytes() == other.proprioception.tobytes()
    )


def test_what_our_client_sends_is_what_it_saw(
    reader: ObservationReader, observation: Observation
) -> None:
    assert same(reader.read(observation_to_message(observation)), observation)


def test_openpi_names_mean_the_same(reader: ObservationReader) -> None:
    given = {"observation/image": IMAGE, "observation/state": STATE.tolist(), "prompt": "push"}
    assert same(reader.read(given), reader.read({**NAMED, "stamp_ns": 0}))


def test_joint_positions_take_the_place_of_proprioception(reader: ObservationReader) -> None:
    measured = np.array([*PANDA.home, 0.01, 0.01])
    commanded = measured + 0.02
    given = {key: value for key, value in NAMED.items() if key != "proprioception"}
    given |= {"joint_positions": measured, "commanded_joint_positions": commanded.tolist()}
    expected = proprioception(
        Kinematics(PANDA), posture(PANDA, measured), posture(PANDA, commanded)
    )
    np.testing.assert_array_equal(reader.read(given).proprioception, expected)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"images.front": None}, "image of front is of type NoneType; it should be an array"),
        (
            {"images.front": IMAGE.astype(np.float32)},
            "image of front is float32 [48, 64, 3]; it should be uint8 [48, 64, 3], RGB",
        ),
        ({"images.front": IMAGE.transpose(2, 0, 1)}, "image of front is uint8 [3, 48, 64]; it"),
        ({"images.front": IMAGE[:0]}, "image of front is uint8 [0, 64, 3]; it should be"),
        ({"images.front": IMAGE[:, :40]}, "image of front is 40 x 48; it should be 64 x 48"),
        ({"images.wrist": IMAGE}, "unknown key 'images.wrist'; known: "),
        ({"observation/wrist_image": IMAGE}, "unknown key 'observation/wrist_image'; known: "),
        ({"prompt": "push"}, "'prompt' and 'instruction' mean the same; send one of them"),
        ({"proprioception": STATE[:8]}, "'proprioception' has shape [8]; it should be [17]"),
        ({"proprioception": "text"}, "'proprioception' should be 17 numbers"),
        (
            {"proprioception": np.where(STATE == 3, np.nan, STATE)},
            "'proprioception' [3] is nan; all 17 should be finite in float32",
        ),
        ({"proprioception": [1e300] * 17}, "'proprioception' [0] is 1e+300; all 17 should be"),
        ({"joint_positions": [0.0] * 9}, "send 'proprioception' or joint positions, not both"),
        ({"instruction": " "}, "the instruction is blank or no text; it should say what to do"),
        ({"instruction": b"push"}, "the instruction is blank or no text"),
        ({"instruction": "x" * 10_000}, "the instruction has 10000 characters; it should have"),
        ({"stamp_ns": -1}, "'stamp_ns' is -1; it should be nanoseconds, not negative"),
        ({"stamp_ns": 1.5}, "'stamp_ns' is 1.5; it should be nanoseconds, not negative"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(
    reader: ObservationReader, change: dict[str, Any], line: str
) -> None:
    with pytest.raises((ContractMismatch, ConfigError)) as caught:
        reader.read({**NAMED, **change})
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("key", ["images.front", "instruction"])
def test_what_is_missing_is_named_with_all_that_is_known(
    reader: ObservationReader, key: str
) -> None:
    given = {name: value for name, value in NAMED.items() if name != key}
    with pytest.raises(ContractMismatch) as caught:
        reader.read(given)
    assert str(caught.value) == (
        f"'{key}' is missing; known: 'commanded_joint_positions', 'images.front', 'instruction', "
        "'joint_positions', 'observation/image', 'observation/state', 'prompt', 'proprioception' "
        "or 'stamp_ns'"
    )


def test_without_proprioception_both_joint_positions_are_asked_for(
    reader: ObservationReader,
) -> None:
    given = {name: value for name, value in NAMED.items() if name != "proprioception"}
    for more in ({}, {"joint_positions": [0.0] * 9}):
        with pytest.raises(ContractMismatch, match="'proprioception' is missing, and so is '"):
            reader.read({**given, **more})


@pytest.mark.parametrize("message", [None, [1], "text", {1: 2}, np.zeros(3)])
def test_an_observation_is_a_map(reader: ObservationReader, message: object) -> None:
    with pytest.raises(ContractMismatch, match="an observation should be a map with names as keys"):
        reader.read(message)
