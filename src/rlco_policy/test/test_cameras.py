# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Several cameras, raw and compressed, on real topics."""

from __future__ import annotations

import array
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from rclpy.lifecycle import TransitionCallbackReturn
from scripted_scene import Stage
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from rlco_policy.cameras import Cameras
from rlco_policy.convert import ns_to_stamp
from rlco_policy.node import PolicyNode
from rlco_ros.qos import SENSOR

SUCCESS = TransitionCallbackReturn.SUCCESS
MS = 1_000_000


class Wrist:
    """Another camera of the scene, 32 x 24."""

    def __init__(self, stage: Stage) -> None:
        scene = stage.scene
        self._images = scene.create_publisher(Image, "wrist/image_raw", 1)
        infos = scene.create_publisher(CameraInfo, "wrist/camera_info", 1)
        scene.create_timer(0.01, lambda: infos.publish(CameraInfo(width=32, height=24)))
        self.heard = self._images.get_subscription_count

    def tell_image(self, stamp_ns: int, value: int) -> None:
        message = Image(width=32, height=24, encoding="rgb8", step=96)
        message.header.stamp = ns_to_stamp(stamp_ns)
        message.data = array.array("B", [value] * (24 * 96))
        self._images.publish(message)


def started(node: PolicyNode) -> bool:
    """Configures and activates."""
    return node.trigger_configure() == SUCCESS and node.trigger_activate() == SUCCESS


def figures(node: PolicyNode) -> dict[str, str]:
    """What the node's diagnostics say."""
    return {value.key: value.value for value in node._status().values}


def test_an_observation_needs_all_cameras(stage: Stage, two_cameras_path: Path) -> None:
    wrist = Wrist(stage)
    node = stage.node(bundle=str(two_cameras_path), lockstep=True)
    assert started(node)
    stage.wait_for_ears()
    stage.wait(wrist.heard)
    stage.scene.tell_instruction(0)
    stage.scene.tell_joints(200 * MS)
    stage.scene.tell_image(200 * MS)
    stage.wait(lambda: node._status().message == "no image of wrist yet")
    wrist.tell_image(150 * MS, 7)
    line = "image of wrist is 50 ms behind the newest image"
    stage.wait(lambda: node._status().message == line)
    assert not stage.scene.chunks
    wrist.tell_image(200 * MS, 10)
    stage.wait(lambda: stage.scene.chunks)
    stage.scene.tell_image(200 * MS)
    wrist.tell_image(200 * MS, 20)
    first = stage.scene.chunks[0]
    stage.wait(lambda: stage.scene.chunks[-1] != first)
    # The tiny bundle's actions are the sum of its inputs' means.
    second = stage.scene.chunks[-1]
    np.testing.assert_allclose(np.subtract(second.actions, first.actions), 10.0, atol=1e-3)
    assert figures(node)["front_frames"] == "2"
    assert figures(node)["wrist_frames"] == "3"


def test_real_cameras_are_paired_by_their_own_stamps(stage: Stage, two_cameras_path: Path) -> None:
    wrist = Wrist(stage)
    patient = {"image_max_age": 5.0, "joints_max_age": 5.0, "skew": 0.02}
    node = stage.node(bundle=str(two_cameras_path), **patient)
    assert started(node)
    stage.wait_for_ears()
    stage.wait(wrist.heard)
    stage.scene.tell_instruction(0)

    def show(camera: str, tell: Callable[[], None]) -> None:
        """Tells an image until it has come: what drivers send is best effort."""
        count = figures(node)[f"{camera}_frames"]
        stage.wait(lambda: tell() or figures(node)[f"{camera}_frames"] != count)

    def look(behind_ns: int) -> None:
        """The front's image, the wrist's before it, and what came after both."""
        now = node.get_clock().now().nanoseconds
        show("wrist", partial(wrist.tell_image, now - 30 * MS - behind_ns, 70))
        stage.scene.tell_joints(now - 31 * MS)
        show("front", partial(stage.scene.tell_image, now - 30 * MS))
        show("wrist", partial(wrist.tell_image, now, 70))
        stage.scene.tell_joints(now)

    look(25 * MS)
    line = "25 ms older on /cell/wrist/image_raw; it should be at most 20 ms older"
    stage.wait(lambda: line in node._current.responder.fault.detail)
    assert not stage.scene.chunks
    look(10 * MS)
    stage.wait(lambda: stage.scene.chunks)


class Coded:
    """The scene's camera as image_transport's plugin sends it."""

    def __init__(self, stage: Stage) -> None:
        topic = "front/image_raw/compressed"
        self.images = stage.scene.create_publisher(CompressedImage, topic, 1)

    def tell_image(self, stamp_ns: int, value: int = 102, size: tuple[int, int] = (64, 48)) -> None:
        pixels = np.full((size[1], size[0], 3), value, np.uint8)
        message = CompressedImage(format="rgb8; jpeg compressed bgr8")
        message.header.stamp = ns_to_stamp(stamp_ns)
        message.data = array.array("B", cv2.imencode(".jpg", pixels)[1].tobytes())
        self.images.publish(message)


def test_compressed_images_are_answered_as_raw_ones(stage: Stage, bundle_path: Path) -> None:
    camera = Coded(stage)
    node = stage.node(bundle=str(bundle_path), lockstep=True, image_transport="compressed")
    threads = threading.active_count()
    assert started(node)
    assert threading.active_count() == threads + 1
    stage.wait(camera.images.get_subscription_count)
    stage.wait(stage.scene.joints.get_subscription_count)
    stage.wait(stage.scene.instructions.get_subscription_count)
    stage.scene.tell_instruction(0)
    stage.scene.tell_joints(200 * MS)
    camera.tell_image(200 * MS)
    stage.wait(lambda: stage.scene.chunks)
    camera.tell_image(250 * MS, size=(32, 24))
    line = "/cell/front/image_raw/compressed: image is 32 x 24; it should be 64 x 48"
    stage.wait(lambda: node._status().message == line)
    assert (figures(node)["front_frames"], figures(node)["front_replaced"]) == ("2", "0")
    assert node.trigger_deactivate() == SUCCESS
    assert threading.active_count() == threads


def test_the_transport_follows_the_name_that_is_remapped(stage: Stage) -> None:
    remapped = ["--ros-args", "-r", "front/image_raw:=/realsense/color/image"]
    node = PolicyNode(context=stage.context, cli_args=remapped)
    cameras = Cameras(node, ["front"], "compressed", SENSOR, lambda camera, message, image: None)
    assert cameras.topics == {"front": "/realsense/color/image/compressed"}
    node.destroy_node()


def test_an_unknown_transport_is_refused(stage: Stage, bundle_path: Path) -> None:
    node = stage.node(bundle=str(bundle_path), image_transport="theora")
    assert not started(node)
    assert node._status().message == (
        "image_transport 'theora' is unknown; it should be 'compressed' or 'raw'"
    )


@pytest.mark.parametrize("encoding", ["8UC3", "bayer_rggb8"])
def test_an_encoding_that_is_not_read_is_named_with_its_topic(
    stage: Stage, bundle_path: Path, encoding: str
) -> None:
    node = stage.node(bundle=str(bundle_path), lockstep=True)
    assert started(node)
    stage.wait_for_ears()
    stage.scene.tell_image(0, encoding)
    line = f"/cell/front/image_raw: image encoding is '{encoding}'"
    stage.wait(lambda: line in node._status().message)
