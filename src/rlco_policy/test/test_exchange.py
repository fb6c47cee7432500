# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A bundle is exchanged between episodes, and one that is unsound leaves the one before."""

from __future__ import annotations

import gc
import shutil
import weakref
from pathlib import Path
from typing import Any

import pytest
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter
from scripted_scene import Stage
from tiny_bundles import CONTRACT, endless_model, write_bundle

from rlco_core.bundle import load_bundle
from rlco_policy import onnx_policy
from rlco_policy.node import PolicyNode

SUCCESS = TransitionCallbackReturn.SUCCESS


def set_bundle(node: PolicyNode, path: Path) -> Any:
    """As the parameter service does."""
    return node.set_parameters([Parameter("bundle", value=str(path))])[0]


def started(node: PolicyNode) -> bool:
    """Configures and activates."""
    return node.trigger_configure() == SUCCESS and node.trigger_activate() == SUCCESS


@pytest.fixture
def other_path(bundle_path: Path, tmp_path: Path) -> Path:
    """The same policy under another name, whose chunks have another `execute`."""
    path = tmp_path / "better"
    shutil.copytree(bundle_path, path)
    manifest = path / "manifest.yaml"
    manifest.write_text(manifest.read_text().replace("execute: 4", "execute: 3"))
    return path


def observe(stage: Stage, stamp_ns: int) -> None:
    stage.scene.tell_joints(stamp_ns)
    stage.scene.tell_image(stamp_ns)


def test_between_episodes_the_next_chunk_is_of_the_new_bundle(
    stage: Stage, bundle_path: Path, other_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    node = stage.node(bundle=str(bundle_path), lockstep=True)
    assert started(node)
    assert set_bundle(node, other_path).successful
    assert node.get_parameter("bundle").value == str(other_path)
    stage.wait_for_ears()
    stage.scene.tell_instruction(0)
    observe(stage, 200_000_000)
    stage.wait(lambda: stage.scene.chunks)
    contract = load_bundle(other_path).contract
    assert stage.scene.chunks[0].contract_hash == contract.sha256()
    assert "another contract: the bridge refuses its chunks until" in capfd.readouterr().err


def test_in_an_episode_it_is_refused(stage: Stage, bundle_path: Path, other_path: Path) -> None:
    node = stage.node(bundle=str(bundle_path), lockstep=True)
    assert started(node)
    stage.wait_for_ears()
    stage.scene.tell_instruction(0)
    stage.wait(lambda: not node._current.responder.idle)
    answer = set_bundle(node, other_path)
    assert (answer.successful, answer.reason) == (
        False, "an episode is running; a bundle should be exchanged between episodes"
    )  # fmt: skip
    assert node.get_parameter("bundle").value == str(bundle_path)
    stage.scene.tell_instruction(0, "")
    stage.wait(lambda: node._current.responder.idle)
    assert set_bundle(node, other_path).successful


def test_one_that_is_corrupt_leaves_the_one_before(
    stage: Stage, bundle_path: Path, other_path: Path
) -> None:
    (other_path / "model.onnx").write_bytes(b"nothing")
    node = stage.node(bundle=str(bundle_path), lockstep=True)
    assert started(node)
    answer = set_bundle(node, other_path)
    assert not answer.successful
    assert answer.reason.startswith(f"{other_path}/model.onnx: corrupt: its SHA-256 is ")
    stage.wait_for_ears()
    stage.scene.tell_instruction(0)
    observe(stage, 200_000_000)
    stage.wait(lambda: stage.scene.chunks)
    assert stage.scene.chunks[0].contract_hash == load_bundle(bundle_path).contract.sha256()


def test_one_whose_like_was_not_foreseen_leaves_the_one_before(
    stage: Stage, bundle_path: Path, other_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = stage.node(bundle=str(bundle_path), lockstep=True)
    assert started(node)
    closed: list[bool] = []

    def fail(*_: object) -> None:
        raise OverflowError("cannot convert float\ninfinity to integer")

    with monkeypatch.context() as patch:
        patch.setattr("rlco_policy.loaded.make_responder", fail)
        patch.setattr("rlco_policy.source.Source.close", lambda source: closed.append(True))
        answer = set_bundle(node, other_path)
    assert (answer.successful, answer.reason) == (
        False, "unforeseen OverflowError: cannot convert float infinity to integer"
    )  # fmt: skip
    assert closed == [True]
    assert node._current.source.sha256 == load_bundle(bundle_path).sha256
    assert set_bundle(node, other_path).successful


def test_one_that_does_not_end_leaves_the_one_before(
    stage: Stage, bundle_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = stage.node(bundle=str(bundle_path), lockstep=True)
    assert started(node)
    monkeypatch.setattr(onnx_policy, "TRIAL_S", 0.2)
    answer = set_bundle(node, write_bundle(tmp_path / "endless", endless_model(), CONTRACT))
    assert (answer.successful, answer.reason) == (
        False,
        "the model has not answered all that it was asked within 0.2 s; a policy should answer "
        "within a fraction of one",
    )
    assert node._current.source.sha256 == load_bundle(bundle_path).sha256


def test_what_was_let_go_is_freed_and_words_are_kept_once(
    stage: Stage, bundle_path: Path, other_path: Path
) -> None:
    node = stage.node(bundle=str(bundle_path), lockstep=True)
    assert started(node)
    encoder = node._current.source.policy.encoder  # type: ignore[union-attr]
    before = weakref.ref(node._current.source.policy)
    # As a cache around a method would, it refers to itself.
    vars(node._current.source.policy)["itself"] = node._current.source.policy
    gc.freeze()
    assert set_bundle(node, other_path).successful
    assert node._current.source.policy.encoder is encoder  # type: ignore[union-attr]
    assert before() is None


def test_an_inactive_node_stays_silent_with_the_new_one(
    stage: Stage, bundle_path: Path, other_path: Path
) -> None:
    node = stage.node(bundle=str(bundle_path))
    assert node.trigger_configure() == SUCCESS
    assert set_bundle(node, other_path).successful
    assert stage.scene.images.get_subscription_count() == 0
    assert node.trigger_activate() == SUCCESS
    stage.wait_for_ears()


def test_before_configuring_any_path_is_taken_and_judged_then(
    stage: Stage, bundle_path: Path
) -> None:
    node = stage.node()
    assert set_bundle(node, Path("/nowhere")).successful
    assert node.trigger_configure() != SUCCESS
    assert "/nowhere: no such bundle" in node._status().message
    assert set_bundle(node, bundle_path).successful
    assert started(node)
