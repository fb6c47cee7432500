# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The file that says the contract of an openpi server, and what is talked to servers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from rlco_core.contract import Contract
from rlco_core.errors import ConfigError, ContractMismatch
from rlco_core.proprioception import COLUMNS
from rlco_core.types import ACTION_COLUMNS, ActionChunk, Observation
from rlco_policy.serving.codec import WireError
from rlco_policy.serving.dialects import OpenPi, Own
from rlco_policy.serving.foreign import Foreign
from rlco_policy.serving.served import Served, answer_to_message

DESCRIPTION: dict[str, Any] = {
    "robot": "panda",
    "tasks": ["pick_place"],
    "cameras": [{"name": "front", "width": 224, "height": 224, "encoding": "rgb8"}],
    "action": {
        "semantics": "delta_commanded_ee_pose_base",
        "columns": ["gripper", "unused", "dx", "dy", "dz", "rx", "ry", "rz"],
        "dt": 0.05,
        "horizon": 10,
        "execute": 5,
    },
    "keys": {
        "images": {"front": "observation/image"},
        "state": "observation/state",
        "instruction": "prompt",
    },
    "state": ["x", "y", "z", "gripper"],
}

Write = Callable[[dict[str, Any]], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Files that describe servers."""

    def write(description: dict[str, Any]) -> Path:
        path = tmp_path / "server.yaml"
        path.write_text(yaml.safe_dump(description))
        return path

    return write


@pytest.fixture
def own(contract: Contract) -> Served:
    """A server of ours."""
    return Served("tiny", "0" * 64, contract)


def test_the_file_is_a_contract_in_our_columns(write: Write) -> None:
    contract = Foreign.load(write(DESCRIPTION)).contract()
    assert (contract.robot, contract.tasks) == ("panda", ("pick_place",))
    assert contract.action.columns == ACTION_COLUMNS
    assert (contract.action.dt, contract.action.horizon, contract.action.execute) == (0.05, 10, 5)
    assert contract.cameras[0].width == 224


def test_openpi_is_asked_in_its_own_words(write: Write) -> None:
    dialect = OpenPi(Foreign.load(write(DESCRIPTION)))
    image, state = np.zeros((224, 224, 3), np.uint8), np.arange(17, dtype=np.float32)
    asked = dialect.ask(Observation(7, {"front": image}, state, "put it there"))
    assert asked.keys() == {"observation/image", "observation/state", "prompt"}
    np.testing.assert_array_equal(asked["observation/image"], image)
    expected = [float(COLUMNS.index(name)) for name in ("x", "y", "z", "gripper")]
    assert asked["observation/state"].tolist() == expected
    assert asked["prompt"] == "put it there"


def test_columns_of_openpi_are_put_in_order(write: Write) -> None:
    dialect = OpenPi(Foreign.load(write(DESCRIPTION)))
    served = dialect.greet({"anything": 1})
    rows = np.tile(np.arange(8.0), (10, 1))
    observation = Observation(7, {}, np.zeros(17, np.float32), "push")
    chunk = dialect.actions({"actions": rows, "more": 1}, observation, served)
    assert chunk.actions.tolist() == [[2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 0.0]] * 10
    assert (chunk.stamp_ns, chunk.contract_hash) == (7, served.contract.sha256())


def changed(**changes: Any) -> dict[str, Any]:
    return {**DESCRIPTION, **changes}


def with_action(**changes: Any) -> dict[str, Any]:
    return changed(action={**DESCRIPTION["action"], **changes})


@pytest.mark.parametrize(
    ("description", "line"),
    [
        ({}, "robot: Field required"),
        (changed(horizon=3), "horizon: unknown key"),
        (with_action(columns=["dx", "dy"]), "columns should have dz, rx, ry, rz, gripper once"),
        (with_action(columns=[*ACTION_COLUMNS, "dx"]), "columns should have dx once each"),
        (with_action(semantics="joint_positions"), "delta_commanded_ee_pose_base"),
        (with_action(execute=11), "execute 11 must be at most horizon 10"),
        (with_action(dt=-0.1), "dt: input should be greater than or equal to 0.001, is -0.1"),
        (changed(state=["q1"]), "state has no column q1; known: x, y, z"),
        (
            changed(keys={**DESCRIPTION["keys"], "images": {"wrist": "image"}}),
            "keys.images should name the cameras front",
        ),
        (changed(robot="No Robot"), "robot: "),
    ],
)
def test_a_file_that_does_not_fit_is_refused(
    write: Write, description: dict[str, Any], line: str
) -> None:
    path = write(description)
    with pytest.raises(ConfigError) as caught:
        Foreign.load(path)
    assert line in str(caught.value)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_server_of_ours_is_known_by_its_metadata(own: Served) -> None:
    assert Own().greet(own.to_message()) == own


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"protocol": "other"}, "the server does not speak rlco-policy/1; for an openpi server,"),
        ({"name": 1}, "the server's metadata should have the texts name, bundle_sha256, contract"),
        ({"contract": "{}"}, "the server's contract cannot be read: robot: this key is missing"),
        ({"contract": "{"}, "the server's contract cannot be read: the contract is not JSON"),
        ({"contract_sha256": "0" * 64}, "it says 000000000000...; both ends should run the same"),
    ],
)
def test_other_metadata_is_refused(own: Served, change: dict[str, Any], line: str) -> None:
    with pytest.raises((ContractMismatch, WireError)) as caught:
        Own().greet({**own.to_message(), **change})
    assert line in str(caught.value)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"stamp_ns": 8}, "the answer's stamp_ns is 8; it should be 7000"),
        ({"dt": np.zeros(2)}, "the answer's dt is array([0., 0.]); it should be 0.05"),
        ({"stamp_ns": np.full(7, 7_000)}, "the answer's stamp_ns is array([7000, 7000, 7000, "),
        ({"stamp_ns": "7" * 9_000}, "...; it should be 7000"),
        ({"actions": np.full((8, 7), 1e300)}, "the answer's actions are not all finite; they"),
        ({"dt": 0.1}, "the answer's dt is 0.1; it should be 0.05"),
        ({"contract_sha256": ""}, "the answer's contract_sha256 is ''; it should be '"),
        ({"actions": None}, "the answer has no array of floats named 'actions'"),
        ({"actions": np.zeros((8, 7), int)}, "the answer has no array of floats named 'actions'"),
        ({"actions": np.zeros((7, 8))}, "actions have shape [7, 8]; it should be [8, 7]"),
        ({"actions": np.full((8, 7), np.nan)}, "the answer's actions are not all finite; they"),
    ],
)
def test_an_answer_that_is_none_is_refused(
    own: Served, observation: Observation, change: dict[str, Any], line: str
) -> None:
    actions = np.zeros((8, 7), np.float32)
    chunk = ActionChunk(observation.stamp_ns, 0.05, actions, own.contract.sha256())
    answer = answer_to_message(chunk, {})
    assert Own().actions(answer, observation, own).actions.shape == (8, 7)
    with pytest.raises(WireError) as caught:
        Own().actions({**answer, **change}, observation, own)
    assert line in str(caught.value)
