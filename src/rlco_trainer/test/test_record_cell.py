# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A cell whose scenes people lay out answers as a simulator does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import rclpy
from rclpy.context import Context
from rclpy.node import Node

from rlco_core.stamps import stamp_to_ns
from rlco_interfaces.srv import ResetScene
from rlco_trainer.recording.node import Cell

REQUEST = ResetScene.Request(task="push_cube", instruction="push the red cube")


@pytest.fixture
def node() -> Iterator[Node]:
    context = Context()
    context.init()
    made = rclpy.create_node("cell", context=context)
    yield made
    made.destroy_node()
    context.try_shutdown()


def test_the_scene_is_there_from_now_on_with_the_sentence_that_was_asked_for(node: Node) -> None:
    answer = Cell(node, lambda: 7_000_000_005).on_reset(REQUEST, ResetScene.Response())
    assert (answer.success, answer.instruction) == (True, "push the red cube")
    assert stamp_to_ns(answer.stamp) == 7_000_000_005


def test_there_is_no_scene_without_an_arm(node: Node) -> None:
    answer = Cell(node, lambda: 0).on_reset(REQUEST, ResetScene.Response())
    assert not answer.success
    assert answer.message.startswith("the arm was not heard yet")
