# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A policy node that was left answers no more, whichever way it was left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rclpy.lifecycle import TransitionCallbackReturn
from scripted_scene import Stage

from rlco_policy.node import PolicyNode

SUCCESS, ERROR = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.ERROR
INSTANT_NS = 200_000_000


@pytest.fixture
def node(stage: Stage, bundle_path: Path) -> PolicyNode:
    """Active, and asked for something."""
    node = stage.node(bundle=str(bundle_path), lockstep=True)
    assert node.trigger_configure() == node.trigger_activate() == SUCCESS
    stage.wait_for_ears()
    stage.scene.tell_instruction(0)
    return node


def observe(stage: Stage, stamp_ns: int) -> None:
    stage.scene.tell_joints(stamp_ns)
    stage.scene.tell_image(stamp_ns)


def is_silent(stage: Stage, node: PolicyNode) -> bool:
    """It hears nothing, has nothing, and what it would say is not published."""
    stage.wait(lambda: stage.scene.images.get_subscription_count() == 0)
    chunks = len(stage.scene.chunks)
    observe(stage, 2 * INSTANT_NS)
    stage.wait(lambda: stage.scene.states[-1].reason == "inactive")
    return not node._chunks.is_activated and len(stage.scene.chunks) == chunks


def test_shut_down_while_active_it_falls_silent(stage: Stage, node: PolicyNode) -> None:
    observe(stage, INSTANT_NS)
    stage.wait(lambda: stage.scene.chunks)
    closed: list[bool] = []
    object.__setattr__(node._current, "source", _Closing(node._current.source, closed))
    assert node.trigger_shutdown() == SUCCESS
    assert closed == [True]
    assert is_silent(stage, node)
    assert node._status().message == "not configured"


@pytest.mark.parametrize("steps", [0, 1])
def test_shut_down_before_it_was_active(stage: Stage, bundle_path: Path, steps: int) -> None:
    node = stage.node(bundle=str(bundle_path))
    for trigger in (node.trigger_configure,)[:steps]:
        assert trigger() == SUCCESS
    assert node.trigger_shutdown() == SUCCESS
    assert node._status().message == "not configured"


def test_a_transition_that_fails_leaves_nothing_behind(
    stage: Stage, node: PolicyNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        monkeypatch.undo()
        raise ZeroDivisionError

    monkeypatch.setattr(node._reporter, "tell", fail)
    assert node.trigger_deactivate() == ERROR
    assert (node._loaded, node._inputs, node._chunks.is_activated) == (None, [], False)
    assert node.trigger_configure() == node.trigger_activate() == SUCCESS
    stage.wait_for_ears()


class _Closing:
    """A source that says when it was closed."""

    def __init__(self, source: Any, closed: list[bool]) -> None:
        self._source, self._closed = source, closed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def close(self) -> None:
        self._closed.append(True)
        self._source.close()
