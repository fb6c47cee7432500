# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The lean executor does all that rclpy's does, and lives on whatever is on the wire."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import rclpy
from rclpy.action import ActionClient, ActionServer
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.parameter_client import AsyncParameterClient
from std_msgs.msg import Int32MultiArray, String
from std_srvs.srv import Trigger

from rlco_interfaces.action import RunEpisode
from rlco_ros.spin import LeanExecutor

PATIENCE_S = 20.0


class Bench:
    """An executor with a node, spun by the test."""

    def __init__(self, context: Context) -> None:
        self.executor = LeanExecutor(context=context)
        self.node = Node("probe", context=context)
        self.executor.add_node(self.node)

    def wait(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, "nothing came"
            self.executor.spin_once(timeout_sec=5.0)


@pytest.fixture
def bench(context: Context) -> Iterator[Bench]:
    bench = Bench(context)
    yield bench
    bench.executor.shutdown()
    bench.node.destroy_node()


def test_messages_timers_and_guards_are_called(bench: Bench) -> None:
    heard: list[str] = []
    bench.node.create_subscription(String, "word", lambda m: heard.append(m.data), 10)
    publisher = bench.node.create_publisher(String, "word", 10)
    timer = bench.node.create_timer(0.01, lambda: publisher.publish(String(data="tick")))
    guard = bench.node.create_guard_condition(lambda: heard.append("guard"))
    bench.wait(lambda: heard.count("tick") > 2)
    timer.cancel()
    threading.Thread(target=guard.trigger).start()
    bench.wait(lambda: "guard" in heard)
    ticks = heard.count("tick")
    bench.executor.spin_once(timeout_sec=0.1)
    assert heard.count("tick") <= ticks + 1
    timer.reset()
    bench.wait(lambda: heard.count("tick") > ticks + 1)


def test_a_wait_ends_after_its_time(bench: Bench) -> None:
    for _ in range(5):  # until what was made just now is known
        bench.executor.spin_once(timeout_sec=0.0)
    start = time.monotonic()
    bench.executor.spin_once(timeout_sec=0.2)
    assert time.monotonic() - start >= 0.19


def test_services_and_parameters_are_answered(bench: Bench, context: Context) -> None:
    def answer(request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.message = "here"
        return response

    bench.node.declare_parameter("speed", 1)
    bench.node.create_service(Trigger, "ask", answer)
    other = Node("asker", context=context)
    bench.executor.add_node(other)
    asked = other.create_client(Trigger, "ask").call_async(Trigger.Request())
    bench.wait(asked.done)
    assert asked.result().message == "here"
    parameters = AsyncParameterClient(other, "probe")
    told = parameters.set_parameters([Parameter("speed", value=3)])
    bench.wait(told.done)
    assert told.result().results[0].successful
    assert bench.node.get_parameter("speed").value == 3
    bench.executor.remove_node(other)
    other.destroy_node()


def test_a_coroutine_that_awaits_an_answer_gets_it(bench: Bench) -> None:
    client = bench.node.create_client(Trigger, "far")

    async def ask(message: String) -> None:
        heard.append((await client.call_async(Trigger.Request())).message)

    def answer(request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.message = "from afar"
        return response

    heard: list[str] = []
    group = ReentrantCallbackGroup()
    bench.node.create_service(Trigger, "far", answer, callback_group=group)
    bench.node.create_subscription(String, "word", ask, 1)
    publisher = bench.node.create_publisher(String, "word", 1)
    bench.wait(client.service_is_ready)
    bench.wait(publisher.get_subscription_count)
    client.callback_group = group
    publisher.publish(String())
    bench.wait(lambda: heard == ["from afar"])


def test_callbacks_that_are_told_about_their_message_are_told(bench: Bench) -> None:
    heard: list[Any] = []
    bench.node.create_subscription(String, "word", lambda m, info: heard.append((m, info)), 1)
    publisher = bench.node.create_publisher(String, "word", 1)
    bench.wait(publisher.get_subscription_count)
    publisher.publish(String(data="here"))
    bench.wait(lambda: heard)
    message, info = heard[0]
    assert message.data == "here"
    assert info["source_timestamp"] > 0


def test_ends_may_come_and_go_in_callbacks(bench: Bench) -> None:
    heard: list[str] = []
    node = bench.node
    ends: list[Any] = []

    def exchange() -> None:
        """Of two timers that are ready the one that is called first ends the other."""
        for end in ends:
            node.destroy_timer(end)
        ends.clear()
        heard.append("once")
        node.create_subscription(String, "word", lambda m: heard.append(m.data), 1)
        node.create_publisher(String, "word", 1)

    ends += [node.create_timer(0.001, exchange) for _ in range(2)]
    time.sleep(0.01)
    bench.wait(lambda: heard)
    publisher = node.create_publisher(String, "word", 1)
    bench.wait(publisher.get_subscription_count)
    publisher.publish(String(data="new"))
    bench.wait(lambda: "new" in heard)
    assert heard == ["once", "new"]


def test_ends_that_a_service_makes_are_listened_to(bench: Bench) -> None:
    heard: list[str] = []

    def open_ear(request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        bench.node.create_subscription(String, "word", lambda m: heard.append(m.data), 1)
        return response

    bench.node.create_service(Trigger, "open", open_ear)
    publisher = bench.node.create_publisher(String, "word", 1)
    client = bench.node.create_client(Trigger, "open")
    bench.wait(client.service_is_ready)
    opened = client.call_async(Trigger.Request())
    bench.wait(opened.done)
    for _ in range(5):  # until nothing is left of that
        bench.executor.spin_once(timeout_sec=0.1)
    publisher.publish(String(data="new"))
    bench.wait(lambda: heard == ["new"])


def test_what_a_callback_raises_ends_the_spin(bench: Bench) -> None:
    bench.node.create_timer(0.001, lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        bench.wait(lambda: False)


def test_a_task_is_run_and_what_it_raises_is_raised(bench: Bench) -> None:
    done: list[int] = []
    bench.executor.create_task(done.append, 1)
    bench.wait(lambda: done == [1])
    bench.executor.create_task(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        bench.wait(lambda: False)


def test_a_task_that_a_task_makes_is_run(bench: Bench) -> None:
    """As an action's result: who waits for it is told by a task of the task that has it."""
    done: list[int] = []
    bench.executor.create_task(lambda: bench.executor.create_task(done.append, 1))
    bench.wait(lambda: done == [1])


def test_an_action_is_done(bench: Bench) -> None:
    server = ActionServer(
        bench.node, RunEpisode, "run", lambda handle: handle.succeed() or RunEpisode.Result(steps=3)
    )
    client = ActionClient(bench.node, RunEpisode, "run")
    bench.wait(client.server_is_ready)
    sent = client.send_goal_async(RunEpisode.Goal())
    bench.wait(sent.done)
    ended = sent.result().get_result_async()
    bench.wait(ended.done)
    assert ended.result().result.steps == 3
    client.destroy()
    server.destroy()


def test_a_shutdown_ends_the_wait(bench: Bench, context: Context) -> None:
    stop = threading.Timer(0.2, lambda: rclpy.shutdown(context=context))
    stop.start()
    with pytest.raises(ExternalShutdownException):
        bench.wait(lambda: False)
    stop.join()


NO_TEXT = b"\x00\x01\x00\x00" + b"\x03\x00\x00\x00" + b"\xff\xfe\x00"
TOO_SHORT = b"\x00\x01\x00\x00" + b"\xff\xff\x00\x00"


@pytest.mark.parametrize(
    ("kind", "wire", "dropped"),
    [
        (String, NO_TEXT, False),
        (String, TOO_SHORT, True),
        (Int32MultiArray, TOO_SHORT, True),
        (String, b"\x00\x01", True),
    ],
)
def test_bytes_that_are_no_message_do_no_harm(
    bench: Bench, kind: Any, wire: bytes, dropped: bool
) -> None:
    heard: list[Any] = []
    bench.node.create_subscription(kind, "word", heard.append, 10)
    publisher = bench.node.create_publisher(kind, "word", 10)
    bench.wait(publisher.get_subscription_count)
    publisher.publish(wire)
    publisher.publish(kind())
    bench.wait(lambda: kind() in heard)
    assert len(heard) == (1 if dropped else 2)
