# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The run_episode action on real topics: how it gets its scene, and how it ends without one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import rclpy
from rclpy.action import ActionClient
from rclpy.node import Node
from rclpy.task import Future
from rclpy.time import Time

from rlco_bridge.episode import Outcome
from rlco_bridge.server import EpisodeServer
from rlco_bridge.watchdog import Watchdog
from rlco_interfaces.action import RunEpisode
from rlco_interfaces.srv import ResetScene

GOAL = RunEpisode.Goal(task="push_cube", seed=4, instruction="push the red cube")


class Stage:
    """A server, a client of it, and a simulator that comes when it is told to."""

    def __init__(self) -> None:
        self.node: Node = rclpy.create_node("server_test")
        self.now, self.refusal = 0.0, ""
        self.begun: list[tuple[Any, Any]] = []
        self.asked: list[Any] = []
        self.server = EpisodeServer(
            self.node,
            Watchdog(5.0, lambda: self.now),
            accepts=lambda: True,
            refusal=lambda goal: self.refusal,
            begin=lambda goal, scene: self.begun.append((goal, scene)),
            cancel=lambda: self.server.conclude(Outcome("canceled", "canceled"), None),
        )
        self._client = ActionClient(self.node, RunEpisode, "run_episode")
        self.wait(self._client.server_is_ready)

    def wait(self, done: Callable[[], Any]) -> None:
        deadline = time.monotonic() + 30.0
        while not done():
            assert time.monotonic() < deadline, "nothing happened in time"
            rclpy.spin_once(self.node, timeout_sec=0.02)
            self.server.watch()

    def open_simulator(self, **response: Any) -> None:
        def answer(request: ResetScene.Request, _: Any) -> ResetScene.Response:
            self.asked.append(request)
            return ResetScene.Response(**response)

        self.node.create_service(ResetScene, "reset_scene", answer)

    def send(self) -> Any:
        """The handle of a goal that the server has taken."""
        sent = self._client.send_goal_async(GOAL)
        self.wait(sent.done)
        return sent.result()

    def result(self, handle: Any) -> Any:
        future = handle.get_result_async()
        self.wait(future.done)
        return future.result().result


@pytest.fixture
def stage(ros: None) -> Iterator[Stage]:
    stage = Stage()
    yield stage
    stage.node.destroy_node()


def test_a_scene_is_asked_for_once_though_the_simulator_comes_late(stage: Stage) -> None:
    stage.send()
    assert (stage.server.busy, stage.begun) == (True, [])
    stage.open_simulator(success=True, instruction="push the red cube", max_steps=120)
    stage.wait(lambda: stage.begun)
    ((goal, scene),) = stage.begun
    assert (goal.task, goal.seed, scene.max_steps) == ("push_cube", 4, 120)
    (asked,) = stage.asked
    assert (asked.task, asked.seed, asked.instruction) == (GOAL.task, GOAL.seed, GOAL.instruction)
    stage.now = 100.0
    stage.server.watch()
    assert stage.server.busy, "a scene that has come cannot be late"


def test_a_scene_whose_answer_was_lost_is_asked_for_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, lost = stage.server._client.call_async, []

    def lossy(request: ResetScene.Request) -> Future:
        answer = ask(request)
        lost.append(answer)
        return answer if len(lost) > 1 else Future()

    monkeypatch.setattr(stage.server._client, "call_async", lossy)
    monkeypatch.setattr(stage.server, "_asking", Watchdog(2.0, lambda: stage.now))
    stage.open_simulator(success=True)
    stage.send()
    stage.wait(lambda: lost and lost[0].done())
    assert (len(stage.asked), stage.begun) == (1, [])
    stage.now = 2.1
    stage.wait(lambda: stage.begun)
    assert (len(stage.asked), len(stage.begun)) == (2, 1)


def test_without_a_simulator_the_wait_has_an_end(stage: Stage) -> None:
    handle = stage.send()
    stage.now = 4.9
    stage.server.watch()
    assert stage.server.busy
    stage.now = 5.1
    result = stage.result(handle)
    assert (result.stop_reason, result.steps) == (RunEpisode.Result.STOP_RESET_FAILED, 0)
    assert result.detail == "no answer on reset_scene within 5 s; is the simulator running?"
    assert not stage.server.busy


def test_a_goal_that_has_ended_is_not_asked_for_later(stage: Stage) -> None:
    handle = stage.send()
    stage.now = 5.1
    stage.result(handle)
    stage.open_simulator(success=True)
    stage.send()
    stage.wait(lambda: stage.begun)
    assert len(stage.asked) == 1


def test_a_scene_that_cannot_be_laid_out_ends_the_goal(stage: Stage) -> None:
    stage.open_simulator(success=False, message="no such colour")
    result = stage.result(stage.send())
    assert result.stop_reason == RunEpisode.Result.STOP_RESET_FAILED
    assert result.detail == "no such colour"
    assert stage.begun == []


def test_goals_of_long_ago_are_forgotten(stage: Stage) -> None:
    clock, goals = stage.node.get_clock(), stage.server._server._goal_handles
    clock._set_ros_time_is_active(True)
    clock.set_ros_time_override(Time(seconds=100))
    stage.refusal = "not now"
    for _ in range(3):
        stage.result(stage.send())
    assert len(goals) == 3
    clock.set_ros_time_override(Time(seconds=159))
    stage.result(stage.send())
    assert len(goals) == 4, "their results may still be asked for"
    for later in (161, 163):  # rcl looks a goal later than it should
        clock.set_ros_time_override(Time(seconds=later))
        stage.result(stage.send())
    stage.wait(lambda: len(goals) == 3)


def test_a_refused_goal_asks_for_nothing(stage: Stage) -> None:
    stage.open_simulator(success=True)
    stage.refusal = "tasks: bundle has ['stack']"
    result = stage.result(stage.send())
    assert result.stop_reason == RunEpisode.Result.STOP_REFUSED
    assert result.detail == stage.refusal
    assert (stage.asked, stage.begun) == ([], [])
