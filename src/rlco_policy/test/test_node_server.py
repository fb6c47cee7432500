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
PATIENT = {"server_timeout": 30.0}


@pytest.fixture
def server(bundle_path: Path) -> Iterator[ServerProcess]:
    with ServerProcess(bundle_path) as server:
        yield server


def started(node: PolicyNode) -> bool:
    return node.trigger_configure() == SUCCESS and node.trigger_activate() == SUCCESS


class Scene:
    """Tells one whole instant after the other, each when the node has heard the one before."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._calls = 0
        stage.scene.tell_instruction(0)

    def tell(self) -> None:
        """To be called again and again."""
        if self._calls % 20 == 0:
            stamp_ns = 200_000_000 + self._calls * 1_000_000
            self._stage.scene.tell_joints(stamp_ns)
            self._stage.scene.tell_image(stamp_ns)
        self._calls += 1


def test_it_publishes_what_the_server_answers(
    stage: Stage, server: ServerProcess, bundle_path: Path
) -> None:
    chunks = []
    for source in ({"server": server.url, **PATIENT}, {"bundle": str(bundle_path)}):
        node = stage.node(lockstep=True, **source)
        assert started(node)
        stage.wait_for_ears()
        Scene(stage).tell()
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
    scene, line = Scene(stage), "has not answered within 1 ms; the answer will be dropped"
    stage.wait(lambda: scene.tell() or line in node._status().message)
    assert node._status().level == b"\x02"


def test_a_server_that_dies_is_reported_and_found_again(stage: Stage, bundle_path: Path) -> None:
    with ServerProcess(bundle_path) as first:
        node = stage.node(lockstep=True, server=first.url, **PATIENT)
        assert started(node)
        stage.wait_for_ears()
        scene, line = Scene(stage), "no connection to ws://"
        first.end(signal.SIGKILL)
        stage.wait(lambda: scene.tell() or line in node._status().message)
        assert stage.scene.chunks == []
        with ServerProcess(bundle_path, port=first.port):
            stage.wait(lambda: scene.tell() or stage.scene.chunks)
        assert np.isfinite(stage.scene.chunks[0].actions).all()


def test_a_server_that_is_not_there_is_one_line(stage: Stage) -> None:
    node = stage.node(server="ws://127.0.0.1:1", scene_timeout=0.3)
    assert not started(node)
    message = node._status().message
    assert message.startswith("no connection to ws://127.0.0.1:1 within 0.3 s: ")
    assert "\n" not in message
