# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever comes on its topics, the node lives on and says what is wrong in one line."""

from __future__ import annotations

import array
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.serialization import serialize_message
from scripted_scene import PANDA, Stage
from sensor_msgs.msg import Image, JointState

from rlco_core.language import LanguageEncoder
from rlco_interfaces.msg import Instruction
from rlco_policy.node import PolicyNode

SUCCESS = TransitionCallbackReturn.SUCCESS
INT32, UINT32 = 2**31 - 1, 2**32 - 1
WHOLE = st.integers(0, UINT32) | st.sampled_from([0, 24, 32, 48, 64, 192, UINT32])
STAMPS = st.tuples(st.integers(-INT32 - 1, INT32), st.integers(0, UINT32))
REALS = st.floats(width=64) | st.sampled_from([np.nan, np.inf, 0.0])
NAMES = st.sampled_from([*PANDA.joint_names, *PANDA.gripper_joint_names, "", "x" * 9999, "a\nb"])
TEXTS = st.text(max_size=80) | st.sampled_from(["push " * 2000, "\0", "\n", "x" * 10_000])


@pytest.fixture
def node(stage: Stage, bundle_path: Path) -> PolicyNode:
    """Active, and asked for something."""
    node = stage.node(bundle=str(bundle_path), lockstep=True)
    assert node.trigger_configure() == node.trigger_activate() == SUCCESS
    node._on_instruction(Instruction(text="push the red cube"))
    return node


def stamped(message: Any, stamp: tuple[int, int]) -> Any:
    message.header.stamp.sec, message.header.stamp.nanosec = stamp
    return message


def lives_on(node: PolicyNode) -> None:
    """It says how it is in one line that people can read."""
    status = node._status().message
    assert len(status.splitlines()) == 1
    assert 0 < len(status) < 2500


fuzzed = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@fuzzed
@given(
    st.tuples(WHOLE, WHOLE, WHOLE),
    st.sampled_from(["rgb8", "mono8", "yuyv", "8UC3", "16UC1"]) | st.text(max_size=5),
    st.binary(max_size=64) | st.just(bytes(48 * 192)),
    STAMPS,
)
def test_images(
    node: PolicyNode, sizes: tuple[int, int, int], encoding: str, data: bytes, stamp: Any
) -> None:
    width, height, step = sizes
    message = Image(width=width, height=height, step=step, encoding=encoding, is_bigendian=1)
    message.data = array.array("B", data)
    node._current.cameras._on_raw("front", serialize_message(stamped(message, stamp)))
    lives_on(node)


@fuzzed
@given(st.binary(max_size=99))
def test_what_is_no_image(node: PolicyNode, noise: bytes) -> None:
    node._current.cameras._on_raw("front", noise)
    lives_on(node)


def test_an_image_that_cannot_be_read_is_named(node: PolicyNode) -> None:
    observe(node, (1, 0))
    node._current.cameras._on_raw("front", serialize_message(Image(width=64))[:20])
    assert "/front/image_raw: image of 20 bytes cannot be read" in node._status().message


@fuzzed
@given(st.lists(NAMES, max_size=12), st.lists(REALS, max_size=12), STAMPS)
def test_joint_states(
    node: PolicyNode, names: list[str], positions: list[float], stamp: Any
) -> None:
    message = stamped(JointState(name=names, position=positions), stamp)
    node._on_joints(message)
    node._on_commanded(message)
    lives_on(node)


@fuzzed
@given(TEXTS, st.integers(0, UINT32), STAMPS)
def test_instructions(node: PolicyNode, text: str, episode: int, stamp: Any) -> None:
    node._on_instruction(stamped(Instruction(text=text, episode=episode), stamp))
    observe(node, stamp)
    lives_on(node)


def observe(node: PolicyNode, stamp: tuple[int, int], joint: float = 0.0) -> None:
    """All of an instant, sound but for its stamp and a joint."""
    names = [*PANDA.joint_names, *PANDA.gripper_joint_names]
    positions = [joint, *PANDA.home[1:], 0.04, 0.04]
    joints = stamped(JointState(name=names, position=positions), stamp)
    node._on_joints(joints)
    node._on_commanded(joints)
    image = Image(width=64, height=48, encoding="rgb8", step=192)
    image.data = array.array("B", bytes(48 * 192))
    node._current.cameras._on_raw("front", serialize_message(stamped(image, stamp)))


@fuzzed
@given(STAMPS, REALS)
def test_whole_observations(node: PolicyNode, stamp: tuple[int, int], joint: float) -> None:
    observe(node, stamp, joint)
    lives_on(node)


@pytest.mark.parametrize(
    ("joint", "line"),
    [
        (float("nan"), "joint state of panda_joint1 is nan; it should be finite"),
        (float("inf"), "joint state of panda_joint1 is inf; it should be finite"),
    ],
)
def test_a_joint_that_is_no_number_is_named(node: PolicyNode, joint: float, line: str) -> None:
    observe(node, (1, 0), joint)
    assert line in node._status().message


def test_a_long_instruction_is_answered_and_said_in_short(
    node: PolicyNode, capfd: pytest.CaptureFixture[str]
) -> None:
    node._on_instruction(Instruction(text="push the red cube " * 50))
    observe(node, (1, 0))
    assert node._current.responder.decisions == 1
    (line,) = [one for one in capfd.readouterr().err.splitlines() if "too long" in one]
    assert "it should have about 14 words at most" in line
    assert len(line) < 300


def test_an_endless_instruction_is_not_read(
    node: PolicyNode, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(LanguageEncoder, "_encode", lambda *_: pytest.fail("it was read"))
    node._on_instruction(Instruction(text="push " * 1_000_000))
    observe(node, (1, 0))
    assert node._current.responder.decisions == 0
    assert node._status().message == (
        "the instruction has 5000000 characters; it should have at most 1000, of which a policy "
        "reads about 14 words"
    )
    assert len(capfd.readouterr().err) < 1000
    assert not node._current.responder.idle
