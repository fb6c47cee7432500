# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The policy node says on /diagnostics what computes, and where."""

from __future__ import annotations

from pathlib import Path

import pytest
from rclpy.lifecycle import TransitionCallbackReturn
from scripted_scene import Stage

from rlco_policy.node import PolicyNode

SUCCESS = TransitionCallbackReturn.SUCCESS


def started(node: PolicyNode) -> bool:
    """Configures and activates."""
    return node.trigger_configure() == SUCCESS and node.trigger_activate() == SUCCESS


def test_diagnostics_are_published(stage: Stage, bundle_path: Path) -> None:
    node = stage.node(bundle=str(bundle_path), lockstep=True)
    assert node._status().message == "not configured"
    assert started(node)
    stage.wait(lambda: stage.scene.diagnostics and stage.scene.diagnostics[-1].status[0].values)
    (status,) = stage.scene.diagnostics[-1].status
    assert status.name == "/cell/policy_node: policy"
    assert status.hardware_id == "tiny"
    assert status.level == b"\x00"
    values = {value.key: value.value for value in status.values}
    engine = {"engine", "provider", "precision"}
    assert values.keys() == {"bundle_sha256", *engine, "decisions", "front_frames"}
    assert values["provider"] == "CPUExecutionProvider"
    assert (values["engine"], values["precision"]) == ("onnxruntime", "fp32")


def test_the_cpu_in_place_of_a_provider_is_said_aloud(
    stage: Stage, bundle_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    missing = {"providers": ["NoExecutionProvider"], "allow_cpu": True}
    node = stage.node(bundle=str(bundle_path), **missing)
    assert started(node)
    values = {value.key: value.value for value in node._status().values}
    assert values["provider"] == "CPUExecutionProvider"
    assert values["fallback"].startswith("execution provider NoExecutionProvider is not in use;")
    line = "CPUExecutionProvider computes instead: execution provider NoExecutionProvider is not in"
    assert line in capfd.readouterr().err
