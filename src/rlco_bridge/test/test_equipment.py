# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Robot and bundle are brought together, or one line says why they do not fit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rlco_bridge.equipment import Equipment, load_equipment
from rlco_core.errors import BundleError, ConfigError, ContractMismatch, RlcoError
from rlco_core.types import ActionChunk

Make = Callable[..., Path]
DT_NS = 50_000_000


def rows_played(equipment: Equipment) -> int:
    """Control periods that one chunk lasts."""
    hash_, horizon = equipment.contract.sha256(), equipment.contract.action.horizon
    chunk = ActionChunk(0, equipment.dt, np.zeros((horizon, 7), np.float32), hash_)
    assert equipment.player.accept(chunk, 0).accepted
    return sum(equipment.player.at(row * DT_NS) is not None for row in range(2 * horizon))


def test_the_player_is_the_one_that_the_contract_asks_for(make_bundle: Make) -> None:
    equipment = load_equipment(
        "panda", "sim", make_bundle(action={"horizon": 6, "execute": 3}), True
    )
    assert equipment.dt == 0.05
    assert equipment.robot.name == equipment.contract.robot == "panda"
    assert rows_played(equipment) == 3


def test_in_real_time_the_rest_of_a_chunk_acts_until_the_next_one_comes(make_bundle: Make) -> None:
    bundle = make_bundle()
    assert rows_played(load_equipment("panda", "sim", bundle, lockstep=True)) == 4
    assert rows_played(load_equipment("panda", "sim", bundle, lockstep=False)) == 8


def test_chunks_are_executed_as_one_asks(make_bundle: Make) -> None:
    bundle = make_bundle()
    waits = load_equipment("panda", "sim", bundle, lockstep=False, execution="synchronous")
    assert rows_played(waits) == 4
    with pytest.raises(ConfigError, match="execution 'eager' is unknown; it should be 'async"):
        load_equipment("panda", "sim", bundle, lockstep=False, execution="eager")
    with pytest.raises(ConfigError, match=r"'blending' is for real time; .* 'asynchronous'"):
        load_equipment("panda", "sim", bundle, lockstep=True, execution="blending")


def test_the_action_path_moves_in_the_contract_s_periods(make_bundle: Make) -> None:
    fast, slow = (
        load_equipment("panda", "sim", make_bundle(action={"dt": dt}), True).path
        for dt in (0.05, 0.1)
    )
    action = np.array([0.04, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0])
    assert not fast.step(action).verdict.accepted
    assert slow.step(action).verdict.accepted


def test_a_bundle_of_another_robot_is_refused_by_name(make_bundle: Make) -> None:
    with pytest.raises(ContractMismatch) as caught:
        load_equipment("panda", "sim", make_bundle(robot="ur5e"), True)
    assert str(caught.value) == (
        "the bundle does not fit the robot: robot: bundle has 'ur5e', scene has 'panda'"
    )


def test_without_a_driver_the_robot_s_own_is_used(make_bundle: Make) -> None:
    franka = load_equipment("panda", "", make_bundle(), False)
    assert (franka.driver.supervisor, franka.driver.gripper.kind) == ("franka", "franka_gripper")
    assert franka.state_topics == ("franka/joint_states", "franka_gripper/joint_states")
    finger = franka.opening_joint("left_")
    assert finger is not None
    assert finger.name == "left_panda_finger_joint1"
    sim = load_equipment("panda", "sim", make_bundle(), False)
    assert sim.state_topics == ("joint_states",)


def test_of_a_gripper_on_digital_outputs_no_joint_tells(make_bundle: Make) -> None:
    stream = load_equipment("panda", "ur_stream", make_bundle(), False)
    assert stream.opening_joint("left_") is None
    assert (
        load_equipment("panda", "ur_stream", make_bundle(), False, mode="shadow").opening_joint("")
        is None
    )


def test_tasks_outside_the_contract_are_a_problem(make_bundle: Make) -> None:
    equipment = load_equipment("panda", "sim", make_bundle(), True)
    assert equipment.problem_with("push_cube") == ""
    assert equipment.problem_with("stack") == "tasks: bundle has ['push_cube'], scene has ['stack']"


@pytest.mark.parametrize(
    ("robot", "bundle", "error", "line"),
    [
        (
            "r2d2",
            None,
            ConfigError,
            "robot 'r2d2' is neither a shipped robot ('fr3', 'panda' or 'ur5e')",
        ),
        ("panda", "/nowhere", BundleError, "/nowhere: no such bundle"),
        ("panda", "", ConfigError, "one of the parameters bundle and contract should be given"),
    ],
)
def test_what_is_not_there_is_named(
    make_bundle: Make, robot: str, bundle: str | None, error: type[RlcoError], line: str
) -> None:
    with pytest.raises(error) as caught:
        load_equipment(robot, "sim", make_bundle() if bundle is None else bundle, True)
    assert str(caught.value).startswith(line)
    assert "\n" not in str(caught.value)


def test_a_corrupt_bundle_is_refused_before_anything_moves(make_bundle: Make) -> None:
    bundle = make_bundle()
    (bundle / "model.onnx").write_bytes(b"another model")
    with pytest.raises(BundleError, match=r"model\.onnx: corrupt"):
        load_equipment("panda", "sim", bundle, True)


def test_a_contract_alone_takes_the_place_of_a_bundle(make_bundle: Make) -> None:
    of_bundle = load_equipment("panda", "sim", make_bundle(), True)
    alone = load_equipment("panda", "sim", "", True, of_bundle.contract.to_json())
    assert alone.contract == of_bundle.contract
    assert rows_played(alone) == rows_played(of_bundle)


def test_bundle_and_contract_together_are_refused(make_bundle: Make) -> None:
    with pytest.raises(ConfigError, match="one of the parameters bundle and contract"):
        load_equipment("panda", "sim", make_bundle(), True, "{}")
