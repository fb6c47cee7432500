# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The policy node on real topics: it starts, answers, reports, and refuses what does not fit."""

from __future__ import annotations

from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rclpy.lifecycle import TransitionCallbackReturn
from scripted_scene import Stage
from sensor_msgs.msg import JointState

from rlco_core.contract import Contract
from rlco_core.stamps import stamp_to_ns
from rlco_interfaces.msg import PolicyState
from rlco_policy.convert import ns_to_stamp
from rlco_policy.node import PolicyNode

SUCCESS = TransitionCallbackReturn.SUCCESS


def started(node: PolicyNode) -> bool:
    """Configures and activates."""
    return node.trigger_configure() == SUCCESS and node.trigger_activate() == SUCCESS


def reasons(stage: Stage) -> list[str]:
    """Without repetitions, as they came."""
    return [reason for reason, _ in groupby(state.reason for state in stage.scene.states)]


def test_answers_an_observation_and_repeats_the_answer(
    stage: Stage, bundle_path: Path, contract: Contract
) -> None:
    node = stage.node(bundle=str(bundle_path), lockstep=True, task="push_cube")
    assert started(node)
    stage.wait_for_ears()
    stage.scene.tell_instruction(0)
    stage.scene.tell_joints(200_000_000)
    stage.scene.tell_image(200_000_000)
    stage.wait(lambda: stage.scene.chunks)
    stage.scene.tell_image(200_000_000)
    stage.wait(lambda: len(stage.scene.chunks) == 2)
    first, again = stage.scene.chunks
    assert first == again
    assert (first.header.stamp.sec, first.header.stamp.nanosec) == (0, 200_000_000)
    assert first.header.frame_id == "panda_link0"
    assert (first.episode, first.horizon, first.dt) == (5, 8, 0.05)
    assert first.contract_hash == contract.sha256()
    assert np.isfinite(first.actions).all()
    assert len(first.actions) == 56
    values = {value.key: value.value for value in node._status().values}
    assert values["decisions"] == "1"


def test_realtime_with_a_prefix_answers_fresh_observations_only(
    stage: Stage, bundle_path: Path
) -> None:
    patient = {"image_max_age": 2.0, "joints_max_age": 10.0}
    node = stage.node(bundle=str(bundle_path), tf_prefix="left_", **patient)
    assert started(node)
    stage.wait_for_ears()
    now = node.get_clock().now().nanoseconds
    stage.scene.tell_instruction(now - 60_000_000_000)
    stage.scene.tell_joints(now - 1_000_000, "left_")

    def late() -> bool:
        stage.scene.tell_image(now - 30_000_000_000)
        return "/cell/front/image_raw: images come, but" in node._status().message

    stage.wait(late)
    assert node._status().level == b"\x02"
    now = node.get_clock().now().nanoseconds
    stage.scene.tell_joints(now - 1_000_000, "left_")
    stage.scene.tell_image(now)
    stage.scene.tell_joints(now + 1_000_000, "left_")
    stage.wait(lambda: stage.scene.chunks)
    (chunk,) = stage.scene.chunks
    assert chunk.header.frame_id == "left_panda_link0"
    assert chunk.header.stamp == ns_to_stamp(now)
    assert node._status().message in {"answering", "the newest image is answered"}
    assert node._status().level == b"\x00"


def test_joint_states_without_the_arm_are_reported(stage: Stage, bundle_path: Path) -> None:
    node = stage.node(bundle=str(bundle_path), tf_prefix="left_", lockstep=True)
    assert started(node)
    stage.wait_for_ears()
    stage.scene.tell_joints(0)
    stage.wait(lambda: "no position of left_panda_joint1" in node._status().message)
    assert node._status().level == b"\x02"
    stage.wait(lambda: reasons(stage)[-1:] == [PolicyState.REASON_JOINTS_INVALID])
    assert stage.scene.states[-1].detail.startswith("/cell/joint_states: joint state has no pos")


def test_the_state_is_a_heartbeat_and_tells_changes(stage: Stage, bundle_path: Path) -> None:
    node = stage.node(bundle=str(bundle_path), image_max_age=2.0, joints_max_age=10.0)
    stage.wait(lambda: len(stage.scene.states) > 2)
    state = stage.scene.states[-1]
    assert (state.reason, np.isnan(state.image_age)) == (PolicyState.REASON_INACTIVE, True)
    assert state.detail == "the node is not active; it should be configured and activated"
    assert started(node)
    stage.wait_for_ears()
    stage.wait(lambda: reasons(stage)[-1] == "camera_silent")
    now = node.get_clock().now().nanoseconds
    stage.scene.tell_joints(now)
    stage.scene.tell_image(now)
    stage.wait(lambda: reasons(stage)[-1] == "" and stage.scene.states[-1].joints_age > 0.0)
    assert 0.0 < stage.scene.states[-1].image_age < 2.0
    stage.scene.tell_image(now, "mono16")
    stage.wait(lambda: reasons(stage)[-1] == "camera_size")
    assert stage.scene.states[-1].detail == (
        "/cell/front/image_raw: image encoding is 'mono16'; it should be one of rgb8, bgr8, "
        "rgba8, bgra8, mono8, uyvy, yuv422, yuyv, yuv422_yuy2"
    )
    assert node.trigger_deactivate() == SUCCESS
    stage.wait(lambda: reasons(stage)[-1] == "inactive")
    assert reasons(stage) == ["inactive", "", "camera_silent", "", "camera_size", "inactive"]


def test_a_change_does_not_wait_for_the_heartbeat(stage: Stage, bundle_path: Path) -> None:
    node = stage.node(bundle=str(bundle_path), lockstep=True)
    assert started(node)
    stage.wait_for_ears()
    stage.wait(lambda: reasons(stage)[-1:] == [""])
    # Nobody spins the node from here on, so its timers stand still.
    node._on_joints(JointState())
    stage.overhear(lambda: reasons(stage)[-1] == "joints_invalid")
    assert node.trigger_deactivate() == SUCCESS
    stage.overhear(lambda: reasons(stage)[-1] == "inactive")


def test_a_camera_that_falls_silent_stops_the_answers_until_it_is_back(
    stage: Stage, bundle_path: Path
) -> None:
    node = stage.node(bundle=str(bundle_path), image_max_age=0.1, joints_max_age=10.0)
    assert started(node)
    stage.wait_for_ears()
    stage.scene.tell_instruction(0)

    told = [0]

    def heard(count: int) -> bool:
        """Tells everything of now: once is enough but where the machine is busy."""
        told[0] = node.get_clock().now().nanoseconds
        stage.scene.tell_image(told[0])
        stage.scene.tell_joints(told[0])
        return len(stage.scene.chunks) >= count

    def silent() -> bool:
        state = stage.scene.states[-1]
        late = stamp_to_ns(state.header.stamp) > told[0] + 200_000_000
        return late and state.reason == "camera_silent"

    for _ in range(2):
        stage.wait(partial(heard, len(stage.scene.chunks) + 1))
        stage.wait(silent)
        assert "/cell/front/image_raw: no new image for" in stage.scene.states[-1].detail
        answered = len(stage.scene.chunks)
        stage.scene.tell_joints(told[0] + 250_000_000)
        stage.wait(lambda: stage.scene.states[-1].joints_age < stage.scene.states[-1].image_age)
        assert len(stage.scene.chunks) == answered


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("push the red cube " * 4, "is too long: the policy reads its beginning only"),
        ("\u0001", "has no words; it should say what to do"),
    ],
)
def test_an_instruction_that_is_not_understood_is_reported(
    stage: Stage, bundle_path: Path, capfd: pytest.CaptureFixture[str], text: str, line: str
) -> None:
    node = stage.node(bundle=str(bundle_path))
    assert started(node)
    stage.wait_for_ears()
    stage.scene.tell_instruction(0, text)
    logged: list[str] = []
    stage.wait(lambda: logged.append(capfd.readouterr().err) or line in "".join(logged))


def test_deactivated_and_cleaned_up_it_can_start_again(stage: Stage, bundle_path: Path) -> None:
    node = stage.node(bundle=str(bundle_path))
    assert started(node)
    stage.wait_for_ears()
    assert node.trigger_deactivate() == SUCCESS
    stage.wait(lambda: stage.scene.images.get_subscription_count() == 0)
    assert node.trigger_cleanup() == SUCCESS
    assert node._status().message == "not configured"
    assert started(node)
    stage.wait_for_ears()


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({"bundle": ""}, "one of the parameters bundle and server should be given: a policy bund"),
        ({"server": "ws://127.0.0.1:1"}, "one of the parameters bundle and server should be given"),
        ({"bundle": "/nowhere"}, "/nowhere: no such bundle"),
        ({"task": "fly"}, "not fit the scene: tasks: bundle has ['push_cube'], scene has ['fly']"),
        ({"robot": "fly"}, "robot 'fly' is neither a shipped robot"),
        ({"providers": ["NoExecutionProvider"]}, "NoExecutionProvider is not in use"),
        ({"precision": "int4"}, "precision 'int4' is unknown; known: 'bf16', 'fp16', 'fp32' or"),
        ({"precision": "int8"}, "tiny was not built in int8 for onnxruntime on this machine; run:"),
    ],
)
def test_what_does_not_fit_is_refused_with_one_line(
    stage: Stage, bundle_path: Path, parameters: dict[str, Any], problem: str
) -> None:
    node = stage.node(**{"bundle": str(bundle_path)} | parameters)
    assert not started(node)
    assert problem in node._status().message
    assert "\n" not in node._status().message
    assert node._status().level == b"\x02"


def test_a_camera_of_another_size_is_refused(stage: Stage, bundle_path: Path) -> None:
    stage.scene.width = 96
    node = stage.node(bundle=str(bundle_path))
    assert not started(node)
    assert node._status().message == (
        "the bundle does not fit the scene: camera front: bundle has 64 x 48, scene has 96 x 48; "
        "it should have the same ratio of its sides and be no smaller"
    )


def test_a_larger_camera_of_the_same_shape_is_made_smaller(stage: Stage, bundle_path: Path) -> None:
    answers = []
    for factor in (1, 3):
        stage.scene.width, stage.scene.height = 64 * factor, 48 * factor
        node = stage.node(bundle=str(bundle_path), lockstep=True, engine="openvino")
        assert started(node)
        stage.wait_for_ears()
        stage.scene.tell_instruction(0)
        stage.scene.tell_joints(200_000_000)
        stage.scene.tell_image(200_000_000)
        stage.wait(lambda: stage.scene.chunks)
        answers.append(stage.scene.chunks.pop().actions)
        assert node.trigger_deactivate() == SUCCESS
    np.testing.assert_allclose(answers[1], answers[0], rtol=1e-5)


def test_a_model_of_another_camera_is_refused(stage: Stage, bundle_path: Path) -> None:
    manifest = bundle_path / "manifest.yaml"
    manifest.write_text(manifest.read_text().replace("front", "wrist"))
    node = stage.node(bundle=str(bundle_path))
    assert not started(node)
    assert "the model's inputs are [image_front, language_mask" in node._status().message


def test_a_silent_camera_is_named_with_those_that_speak(stage: Stage, bundle_path: Path) -> None:
    node = stage.node("elsewhere", bundle=str(bundle_path), scene_timeout=0.1)
    assert not started(node)
    assert node._status().message == (
        "camera 'front': no camera_info on /elsewhere/front/camera_info within 0.1 s; "
        "topics that do exist: /cell/front/camera_info"
    )


def test_unforeseen_errors_of_configuring_are_not_swallowed(
    stage: Stage, bundle_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("rlco_policy.source.load_bundle", fail)
    assert not started(stage.node(bundle=str(bundle_path)))
    assert "ZeroDivisionError" in capfd.readouterr().err
