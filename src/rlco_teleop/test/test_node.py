# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The node on real topics: it answers, says what people say, and refuses what does not fit."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from desk import DT_NS, PANDA, contract_of
from geometry_msgs.msg import TwistStamped
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState, Joy
from std_msgs.msg import Bool

from rlco_core.contract import CameraContract
from rlco_core.errors import BundleError, ConfigError, ContractMismatch
from rlco_core.stamps import set_stamp
from rlco_interfaces.msg import ActionChunk, Instruction, Verdict
from rlco_policy.shipped import shipped_bundle
from rlco_ros.qos import LATCHED, STATE
from rlco_teleop.buttons import Layout
from rlco_teleop.contract import hands_contract
from rlco_teleop.node import TeleopNode

PATIENCE_S = 30.0


class Stage:
    """The node under test in a namespace of its own, and a node that speaks to it."""

    def __init__(self) -> None:
        self.context = Context()
        self.context.init(domain_id=1 + os.getpid() % 100)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.other = Node("other", context=self.context, namespace="cell")
        self.executor.add_node(self.other)
        self.heard: dict[str, list[Any]] = {"action_chunk": [], "verdict": [], "deadman": []}
        for topic, kind in (("action_chunk", ActionChunk), ("verdict", Verdict), ("deadman", Bool)):
            self.other.create_subscription(kind, topic, self.heard[topic].append, STATE)

    def start(self, **parameters: Any) -> TeleopNode:
        values = {"contract": contract_of(True).to_json(), "lockstep": True, **parameters}
        overrides = [Parameter(name, value=value) for name, value in values.items()]
        node = TeleopNode(context=self.context, namespace="cell", parameter_overrides=overrides)
        self.executor.add_node(node)
        return node

    def say(self, topic: str, message: Any, qos: Any = STATE) -> None:
        """Publishes as soon as it can be heard."""
        publisher = self.other.create_publisher(type(message), topic, qos)
        self.wait(lambda: publisher.get_subscription_count() > 0)
        publisher.publish(message)

    def wait(self, ready: Callable[[], Any]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not ready():
            assert time.monotonic() < deadline, "it takes too long"
            self.executor.spin_once(timeout_sec=0.02)


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.executor.shutdown()
    made.context.try_shutdown()


def stamped(message: Any, period: int) -> Any:
    set_stamp(message.header.stamp, period * DT_NS)
    return message


def pressed(*names: str) -> Any:
    """A gamepad with these buttons down."""
    row = [0] * 8
    for name in names:
        row[getattr(Layout(), name)] = 1
    return stamped(Joy(buttons=row), 0)


def test_an_instant_is_answered_once_all_of_it_is_there(stage: Stage) -> None:
    stage.start(device="twist", deadman=-1, tf_prefix="left_")
    names = [f"left_{name}" for name in (*PANDA.joint_names, *PANDA.gripper_joint_names)]
    joints = stamped(JointState(name=names, position=[*PANDA.home, 0.02, 0.02]), 4)
    twist = stamped(TwistStamped(), 4)
    twist.twist.linear.x = 0.2
    stage.say("instruction", stamped(Instruction(episode=3, text="push"), 4), LATCHED)
    stage.say("joint_states", joints)
    stage.say("commanded_joint_states", joints)
    stage.say("teleop/twist", twist)
    stage.say("joy", stamped(Joy(), 4))
    stage.wait(lambda: stage.heard["action_chunk"])
    chunk = stage.heard["action_chunk"][0]
    assert (chunk.episode, chunk.by_person, chunk.header.frame_id) == (3, True, "left_panda_link0")
    assert chunk.actions[0] == pytest.approx(0.01)
    assert chunk.actions[6] == pytest.approx(0.5)
    stage.say("joint_states", joints)
    stage.wait(lambda: len(stage.heard["action_chunk"]) == 2)
    assert stage.heard["action_chunk"][1] == chunk


def test_buttons_are_passed_on_to_those_whom_they_concern(stage: Stage) -> None:
    stage.start()
    stage.say("joy", pressed("deadman"))
    stage.wait(lambda: any(message.data for message in stage.heard["deadman"]))


def test_a_word_is_on_the_episode_that_runs_and_on_no_other(stage: Stage) -> None:
    """One before it is said neither then nor when it begins."""
    stage.start()
    stage.say("joy", pressed("success", "deadman"))
    stage.wait(lambda: any(message.data for message in stage.heard["deadman"]))
    stage.say("joy", pressed())
    stage.say("instruction", stamped(Instruction(episode=3, text="push"), 0), LATCHED)
    presses = stage.other.create_publisher(Joy, "joy", STATE)

    def heard() -> bool:
        presses.publish(pressed("failure"))
        presses.publish(pressed())
        return bool(stage.heard["verdict"])

    stage.wait(heard)
    said = {(one.episode, one.success) for one in stage.heard["verdict"]}
    assert said == {(3, False)}


def test_a_deadman_is_told_of_only_where_it_is_asked_for(stage: Stage) -> None:
    node = stage.start(deadman=-1)
    assert "deadman" not in {topic.rsplit("/", 1)[-1] for topic in published_by(node)}
    assert "verdict" in {topic.rsplit("/", 1)[-1] for topic in published_by(node)}


def published_by(node: TeleopNode) -> list[str]:
    """Topics, in full."""
    return [one.topic_name for one in node.publishers]


@pytest.mark.parametrize(
    ("parameters", "error", "line"),
    [
        ({"device": "mouse"}, ConfigError, r"device 'mouse' is unknown; it should be 'joy'"),
        ({"axes": [0, 1]}, ConfigError, r"axes are \[0, 1\]; it should be six"),
        ({"contract": "{"}, BundleError, "the contract is not JSON"),
        ({"contract": "{}"}, BundleError, "robot: this key is missing"),
        ({"policy": "/nowhere"}, BundleError, "/nowhere: no such bundle"),
    ],
)
def test_what_does_not_fit_is_refused(
    stage: Stage, parameters: dict[str, Any], error: type[Exception], line: str
) -> None:
    with pytest.raises(error, match=line):
        stage.start(**parameters)


def test_a_policy_of_another_robot_is_refused(stage: Stage) -> None:
    camera = CameraContract(name="front", width=64, height=64, encoding="rgb8")
    contract = hands_contract("ur5e", "push_cube", camera, 0.05, True).to_json()
    with pytest.raises(
        ContractMismatch, match="the policy does not fit: robot: bundle has 'panda'"
    ):
        stage.start(robot="ur5e", contract=contract, policy=str(shipped_bundle()))
