# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The manifest: what is accepted, what each wrong key says, and how contracts are compared."""

from __future__ import annotations

import copy
import hashlib
from typing import Any

import pytest
from pydantic import ValidationError

from rlco_core.contract import Contract, Manifest, compare
from rlco_core.errors import BundleError

CONTRACT: dict[str, Any] = {
    "robot": "panda",
    "tasks": ["push_cube"],
    "cameras": [{"name": "front", "width": 64, "height": 64, "encoding": "rgb8"}],
    "proprioception": {"layout": "ee_position_rotation6d_gripper_pending", "size": 17},
    "action": {
        "semantics": "delta_commanded_ee_pose_base",
        "columns": ["dx", "dy", "dz", "rx", "ry", "rz", "gripper"],
        "dt": 0.05,
        "horizon": 8,
        "execute": 4,
    },
    "language": {"encoder": "all-MiniLM-L6-v2", "tokens": 16, "width": 384},
}
MANIFEST: dict[str, Any] = {
    "format": "rlco-bundle/1",
    "name": "push_cube_panda",
    "contract": CONTRACT,
    "statistics": {
        "proprioception": {"mean": [0.0] * 17, "std": [1.0] * 17},
        "action": {"low": [-1.0] * 7, "high": [1.0] * 7},
    },
    "provenance": {"dataset": "d", "seed": 1, "onnx_max_error": 1e-6},
    "files": {"model.onnx": "a" * 64},
}
DELETE = object()


def changed(data: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """A deep copy of `data` with the entry at the dotted path set, or deleted."""
    result = copy.deepcopy(data)
    *parents, last = [int(key) if key.isdigit() else key for key in path.split("/")]
    section: Any = result
    for key in parents:
        section = section[key]
    if value is DELETE:
        del section[last]
    else:
        section[last] = value
    return result


def test_valid_manifest_round_trips() -> None:
    manifest = Manifest.parse(MANIFEST)
    assert manifest.model_dump(mode="json") == {**MANIFEST, "parity": None}


def test_models_are_immutable() -> None:
    manifest = Manifest.parse(MANIFEST)
    with pytest.raises(ValidationError, match="frozen"):
        manifest.contract.robot = "ur5e"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("format", "rlco-bundle/2", "format: input should be 'rlco-bundle/1', is 'rlco-bundle/2'"),
        ("name", "Push Cube", "name: string should match pattern"),
        ("contract/robot", DELETE, "contract.robot: this key is missing"),
        ("contract/tasks", [], "contract.tasks: "),
        ("contract/cameras", [], "contract.cameras: "),
        ("contract/cameras/0/width", 0, "cameras[0].width: input should be greater than 0, is 0"),
        ("contract/cameras/0/width", "64", "cameras[0].width: input should be a valid integer"),
        ("contract/cameras/0/name", "front/../x", "cameras[0].name: string should match"),
        ("contract/cameras/0/encoding", "bgr8", "cameras[0].encoding: input should be 'rgb8'"),
        (
            "contract/cameras/0/fov",
            1,
            "cameras[0].fov: unknown key; known keys here: name, width, height, encoding",
        ),
        ("contract/cameras", [CONTRACT["cameras"][0]] * 2, "camera names must differ"),
        ("contract/proprioception/size", 9, "proprioception.size: input should be 17, is 9"),
        (
            "contract/action/dt",
            0,
            "action.dt: input should be greater than or equal to 0.001, is 0",
        ),
        ("contract/action/dt", 1e-12, "action.dt: input should be greater than or equal to 0.001"),
        ("contract/action/dt", 1e300, "action.dt: input should be less than or equal to 10, is 1e"),
        ("contract/action/horizon", 2**40, "horizon: input should be less than or equal to 1024"),
        ("contract/cameras/0/height", 4097, "height: input should be less than or equal to 4096"),
        (
            "contract/cameras",
            [CONTRACT["cameras"][0]] * 17,
            "cameras: tuple should have at most 16",
        ),
        ("contract/action/dt", float("nan"), "action.dt: input should be a finite number"),
        ("contract/action/horizon", 0, "action.horizon: input should be greater than 0"),
        ("contract/action/execute", 9, "action: execute 9 must be at most horizon 8"),
        ("contract/action/columns", ["dx"], "action.columns: must be [dx, dy, dz, rx, ry, rz, gr"),
        ("contract/action/semantics", "joint", "action.semantics: input should be 'delta_comm"),
        ("contract/action/dT", 1, "known keys here: semantics, columns, dt, horizon, execute"),
        ("contract/language/tokens", 32, "language.tokens: input should be 16, is 32"),
        (
            "statistics/proprioception/mean",
            [0.0],
            "statistics: proprioception.mean must have 17 entries, has 1",
        ),
        ("statistics/proprioception/std", [0.0] * 17, "std: every entry must be greater than 0"),
        ("statistics/action/low", [2.0] * 7, "action: low 2.0 of dx must be at most high 1.0"),
        ("provenance/created", [1], "provenance: created must be text or a number, is [1]"),
        ("provenance/x", float("inf"), "provenance: x must be finite, is inf"),
        ("provenance", 3, "provenance: input should be a valid dictionary, is 3"),
        ("files", {}, "files: must list model.onnx"),
        ("files/model.onnx", "A" * 64, "files: hash of model.onnx must be 64 lower-case hex"),
        ("files/..", "a" * 64, "files: '..' must be a plain file name inside the bundle"),
        ("files/a%b", "a" * 64, "files: 'a%b' must be a plain file name inside the bundle"),
    ],
)
def test_a_wrong_key_is_named_in_one_line(path: str, value: object, message: str) -> None:
    with pytest.raises(BundleError) as error:
        Manifest.parse(changed(MANIFEST, path, value))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["../model.onnx", "/etc/passwd", "a/b", "", ".hidden", "a\n"])
def test_files_stay_inside_the_bundle(name: str) -> None:
    files = {"model.onnx": "a" * 64, name: "a" * 64}
    with pytest.raises(BundleError, match="plain file name inside the bundle"):
        Manifest.parse(MANIFEST | {"files": files})


def test_the_first_error_counts_the_others() -> None:
    with pytest.raises(BundleError, match=r"name: this key is missing \(and 4 more\)"):
        Manifest.parse({"format": "rlco-bundle/1"})


def test_not_a_mapping() -> None:
    with pytest.raises(BundleError, match="manifest: input should be a valid dictionary"):
        Manifest.parse([1, 2])


def test_hash_is_that_of_the_canonical_json() -> None:
    canonical = (
        '{"action":{"columns":["dx","dy","dz","rx","ry","rz","gripper"],"dt":0.05,"execute":4,'
        '"horizon":8,"semantics":"delta_commanded_ee_pose_base"},'
        '"cameras":[{"encoding":"rgb8","height":64,"name":"front","width":64}],'
        '"language":{"encoder":"all-MiniLM-L6-v2","tokens":16,"width":384},'
        '"proprioception":{"layout":"ee_position_rotation6d_gripper_pending","size":17},'
        '"robot":"panda","tasks":["push_cube"]}'
    )
    assert Contract.parse(CONTRACT).sha256() == hashlib.sha256(canonical.encode()).hexdigest()


def test_hash_ignores_key_order_and_sees_every_value() -> None:
    original = Contract.parse(CONTRACT).sha256()
    assert Contract.parse(dict(reversed(CONTRACT.items()))).sha256() == original
    assert Contract.parse(changed(CONTRACT, "action/execute", 3)).sha256() != original


def test_compare_equal_contracts() -> None:
    contract = Contract.parse(CONTRACT)
    assert compare(contract, contract) == ()
    assert compare(contract, CONTRACT) == ()


def test_compare_names_each_differing_field() -> None:
    scene = changed(changed(CONTRACT, "cameras/0/name", "wrist"), "action/dt", 0.1)
    expected = (
        "cameras[0].name: bundle has 'front', scene has 'wrist'",
        "action.dt: bundle has 0.05, scene has 0.1",
    )
    assert compare(Contract.parse(CONTRACT), Contract.parse(scene)) == expected


def test_compare_skips_what_the_scene_leaves_out() -> None:
    scene = {"robot": "ur5e", "cameras": [{"name": "front", "width": 96}]}
    expected = (
        "robot: bundle has 'panda', scene has 'ur5e'",
        "cameras[0].width: bundle has 64, scene has 96",
    )
    assert compare(Contract.parse(CONTRACT), scene) == expected


def test_compare_tasks_by_membership() -> None:
    bundle = Contract.parse(changed(CONTRACT, "tasks", ["open_drawer", "push_cube"]))
    assert compare(bundle, {"tasks": ["push_cube"]}) == ()
    assert compare(bundle, {"tasks": ["pick"], "robot": "ur5e"}) == (
        "tasks: bundle has ['open_drawer', 'push_cube'], scene has ['pick']",
        "robot: bundle has 'panda', scene has 'ur5e'",
    )


def test_compare_lists_of_different_length_and_unknown_keys() -> None:
    bundle = Contract.parse(CONTRACT)
    (line,) = compare(bundle, {"cameras": []})
    assert line.startswith("cameras: bundle has [{'name': 'front'")
    assert line.endswith("has []")
    assert compare(bundle, {"gripper": "x"}) == ("gripper: bundle has nothing, scene has 'x'",)
