# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The policy node with a real server in the place of a bundle."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from rclpy.lifecycle import TransitionCallbackReturn
from scripted_scene import Stage
from serving_process import ServerProcess

from rlco_policy.node import PolicyNode

SUCCESS = TransitionCallbackReturn.SUCCESS


@pytest.fixture
def server(bundle_path: Path) -> Iterator[ServerProcess]:
    with ServerProcess(bundle_path) as server:
        yield server


def started(node: PolicyNode) -> bool:
    return node.trigger_configure() == SUCCESS and node.trigger_activate() == SUCCESS


def tell(stage: Stage, stamp_ns: int) -> None:
    stage.scene.tell_joints(stamp_ns)
    stage.scene.tell_image(stamp_ns)


def test_it_publishes_what_the_server_answers(
    stage: Stage, server: ServerProcess, bundle_path: Path
) -> None:
    chunks = []
    for source in ({"server": server.url}, {"bundle": str(bundle_path)}):
        node = stage.node(lockstep=True, **source)
        assert started(node)
        stage.wait_for_ears()
        stage.scene.tell_instruction(0)
        tell(stage, 200_000_000)
        stage.wait(lambda: stage.scene.chunks)
        chunks.append(stage.scene.chunks[0])
        values = {value.key: value.value for value in node._status().values}
        assert values["decisions"] == "1"
        assert node._status().hardware_id == "tiny"
        assert node.trigger_deactivate() == SUCCESS
        assert node.trigger_cleanup() == SUCCESS
        stage.scene.chunks.clear()
    assert chunks[0] == chunks[1]


def test_a_late_answer_is_dropped_with_a_diagnosis(stage: Stage, server: ServerProcess) -> None:
    node = stage.node(lockstep=True, server=server.url, server_timeout=0.001)
    assert started(node)
    stage.wait_for_ears()
    stage.scene.tell_instruction(0)
    number = 0

    def late() -> bool:
        nonlocal number
        number += 1
        tell(stage, number * 1_000_000)
        return "has not answered within 1 ms; the answer will be dropped" in node._status().message

    stage.wait(late)
    assert node._status().level == b"\x02"


def test_a_server_that_dies_is_reported_and_found_again(stage: Stage, bundle_path: Path) -> None:
    with ServerProcess(bundle_path) as first:
        node = stage.node(lockstep=True, server=first.url)
        assert started(node)
        stage.wait_for_ears()
        stage.scene.tell_instruction(0)
        first.end(signal.SIGKILL)
        number = 0

        def told() -> None:
            nonlocal number
            number += 1
            tell(stage, number * 1_000_000)

        stage.wait(lambda: told() or "no connection to ws://" in node._status().message)
        assert stage.scene.chunks == []
        with ServerProcess(bundle_path, port=first.port):
            stage.wait(lambda: told() or stage.scene.chunks)
        assert np.isfinite(stage.scene.chunks[0].actions).all()


def test_a_server_that_is_not_there_is_one_line(stage: Stage) -> None:
    node = stage.node(server="ws://127.0.0.1:1", scene_timeout=0.3)
    assert not started(node)
    message = node._status().message
    assert message.startswith("no connection to ws://127.0.0.1:1 within 0.3 s: ")
    assert "\n" not in message
