# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What a recorder hears on real topics, and which of it counts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import rclpy
from rclpy.node import Node
from std_msgs.msg import Bool

from rlco_core.errors import ConfigError
from rlco_core.robot import RobotConfig
from rlco_interfaces.msg import ActionChunk, Instruction, Verdict
from rlco_ros.qos import COMMAND, LATCHED, STATE
from rlco_trainer.recording.node import Ears
from rlco_trainer.recording.record import require_free
from rlco_trainer.recording.take import Budget, Memory

PATIENCE_S = 30.0
PANDA = RobotConfig.load("panda")


class Scene:
    """Ears, and whoever speaks to them."""

    def __init__(self, node: Node) -> None:
        self.node, self.words = node, list[bool]()
        memory = Memory(PANDA, (8, 8), Budget(0, 0))
        self.ears = Ears(node, memory, PANDA, "", "front", True, self.words.append)
        self.instructions = node.create_publisher(Instruction, "instruction", LATCHED)
        self.verdicts = node.create_publisher(Verdict, "verdict", STATE)
        for publisher in (self.instructions, self.verdicts):
            self.wait(lambda end=publisher: end.get_subscription_count() > 0)

    def wait(self, ready: Any) -> None:
        assert self.ears.wait_for(ready, PATIENCE_S), "it takes too long"

    def runs(self, episode: int) -> None:
        """An episode begins, and is heard of."""
        self.instructions.publish(Instruction(episode=episode, text="push"))
        self.wait(lambda: self.ears.episode == episode)

    def judge(self, episode: int, success: bool) -> None:
        """A person's word, which waits to be heard."""
        self.verdicts.publish(Verdict(episode=episode, success=success))


@pytest.fixture
def scene() -> Iterator[Scene]:
    rclpy.init(domain_id=1 + os.getpid() % 100)
    node = Node("recorder", namespace="cell")
    yield Scene(node)
    node.destroy_node()
    rclpy.shutdown()


def test_a_word_on_the_episode_that_runs_counts(scene: Scene) -> None:
    scene.ears.begin()
    scene.runs(3)
    scene.judge(3, success=False)
    scene.wait(lambda: scene.words == [False])


@pytest.mark.parametrize("success", [False, True])
def test_a_late_word_is_not_on_the_next_episode(scene: Scene, success: bool) -> None:
    """It was given while the last one ended, and waited until this one began."""
    scene.ears.begin()
    scene.runs(3)
    scene.judge(3, success)
    scene.ears.begin()  # nobody has listened, as while an episode is written
    scene.runs(4)
    scene.judge(3, success)
    scene.judge(4, not success)
    scene.wait(lambda: scene.words)
    assert scene.words == [not success]


def test_a_policy_that_people_may_take_over_from_is_heard_of(scene: Scene) -> None:
    assert not scene.ears.beside_policy()
    scene.node.create_publisher(ActionChunk, "policy/action_chunk", COMMAND)
    scene.wait(scene.ears.beside_policy)


def test_keys_are_refused_where_a_deadman_is_asked_for(scene: Scene) -> None:
    require_free(scene.ears)
    scene.node.create_publisher(Bool, "deadman", COMMAND)
    with pytest.raises(ConfigError, match="asks for a deadman, and --device keyboard cannot hold"):
        require_free(scene.ears)
