# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What acts on the tool stops the arm where it is too much, foul or unknown; noise does not."""

from __future__ import annotations

import numpy as np
import pytest
from geometry_msgs.msg import WrenchStamped
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rclpy.node import Node
from rclpy.qos import QoSProfile
from wired import Wired

from rlco_bridge.wrench_watch import WrenchWatch
from rlco_ros.qos import SENSOR, STATE

#: As a sensor tells it that nobody has zeroed.
OFFSET = np.array([[2.0, -3.0, 6.0], [0.1, 0.2, -0.3]])
START, MS = 7_000_000_000, 1_000_000
FORCE, TORQUE = 50.0, 10.0
LEANED = "a force of 60.0 N acts on the tool, 50 allowed; look what it touches"


class Sensor:
    """A watch, and what a sensor tells it every 2 ms of a clock that a test lets go on."""

    def __init__(self, node: Node) -> None:
        self.now, self.stamp = 100.0, START
        self.watch = WrenchWatch(node, "wrench", FORCE, TORQUE, lambda: self.now)

    def begin(self) -> None:
        """An episode, until the arm may move."""
        self.watch.begin(START)
        self.tell(seconds=0.11)
        assert self.watch.ready

    def tell(self, x: float = 0.0, seconds: float = 0.002) -> None:
        """Tells ``x`` N beyond the offset for that long."""
        self.tell_all(OFFSET + np.array([[x, 0.0, 0.0], [0.0, 0.0, 0.0]]), seconds)

    def tell_all(self, wrench: np.ndarray, seconds: float = 0.002) -> None:
        for _ in range(round(seconds / 0.002)):
            self.now += 0.002
            self.stamp += 2 * MS
            self.watch.take(self.stamp, wrench)

    @property
    def fault(self) -> tuple[str, str]:
        found = self.watch.fault()
        return (found.stop_reason, found.detail) if found else ("", "")

    @property
    def trouble(self) -> tuple[str, str]:
        found = self.watch.trouble()
        return (found.stop_reason, found.detail) if found else ("", "")


@pytest.fixture
def sensor(wired: Wired) -> Sensor:
    """Of which nothing was heard yet."""
    return Sensor(wired.bridge)


def test_what_was_never_heard_is_a_fault_and_so_is_silence(sensor: Sensor) -> None:
    reason, detail = sensor.fault
    assert reason == "wrench_silent"
    assert detail == (
        "nothing was heard on /wrench yet; activate its broadcaster, or leave wrench out of the "
        "driver's file"
    )
    sensor.tell()
    assert sensor.fault == ("", "")
    sensor.now += 0.49
    assert sensor.fault == ("", "")
    sensor.now += 0.02
    assert sensor.fault == (
        "wrench_silent",
        "nothing on /wrench for 0.5 s; see that driver and broadcaster run, then arm the bridge",
    )
    sensor.tell()
    assert sensor.fault == ("", "")


def test_the_same_measurement_again_and_again_is_silence(sensor: Sensor) -> None:
    for _ in range(51):
        sensor.watch.take(START, OFFSET)
        sensor.now += 0.01
    assert sensor.fault[0] == "wrench_silent"


def test_stamps_that_jump_back_do_not_let_it_press_for_ever(sensor: Sensor) -> None:
    sensor.begin()
    sensor.tell(60.0, 0.3)
    sensor.stamp -= 10_000 * MS
    sensor.tell(60.0, 0.49)
    assert sensor.trouble == ("", "")
    sensor.tell(60.0, 0.02)
    assert sensor.trouble[0] == "force_exceeded"


def test_the_arm_stands_until_the_zero_is_known(sensor: Sensor) -> None:
    sensor.watch.begin(START)
    sensor.tell(seconds=0.09)
    assert not sensor.watch.ready
    sensor.tell(seconds=0.02)
    assert sensor.watch.ready
    sensor.watch.begin(sensor.stamp)
    assert not sensor.watch.ready, "every episode has its own"


def test_the_zero_is_the_mean_of_what_was_measured_in_the_episode(sensor: Sensor) -> None:
    sensor.watch.begin(START + 50 * MS)
    sensor.tell(40.0, 0.048)
    for k in range(30):
        sensor.tell(4.0 if k % 2 else -4.0)
    assert sensor.watch.ready
    sensor.tell(49.0, 0.6)
    assert sensor.trouble == ("", "")
    sensor.tell(51.0, 0.6)
    assert sensor.trouble[0] == "force_exceeded"


def test_an_arm_that_something_leans_on_does_not_begin(sensor: Sensor) -> None:
    sensor.watch.begin(START)
    sensor.tell_all(np.array([[0.0, 26.0, 0.0], [0.0, 0.0, 0.0]]), 0.2)
    assert not sensor.watch.ready
    assert sensor.trouble == (
        "refused",
        "a force of 26.0 N acts on the tool, 25 allowed while the arm stands; take away what "
        "touches it, tell the robot its payload and zero the sensor",
    )


def test_measurements_of_before_the_episode_are_none(sensor: Sensor) -> None:
    sensor.watch.begin(START + 1000 * MS)
    sensor.tell(seconds=0.49)
    assert sensor.trouble == ("", "")
    sensor.tell(seconds=0.02)
    assert sensor.trouble == (
        "wrench_silent",
        "nothing on /wrench was measured since the episode began; its stamps should be of the "
        "clock that joint states are stamped by",
    )


def test_what_leans_on_the_arm_stops_it_and_blows_do_not(sensor: Sensor) -> None:
    sensor.begin()
    for _ in range(5):
        sensor.tell(200.0, 0.49)
        sensor.tell(49.0)
    assert sensor.trouble == ("", "")
    sensor.tell(60.0, 0.51)
    assert sensor.trouble[0] == "force_exceeded"
    assert sensor.trouble[1].startswith(LEANED)
    sensor.tell(0.0, 1.0)
    assert sensor.trouble[1].startswith(LEANED), "the first stands until the next episode"
    sensor.watch.begin(START)
    assert sensor.trouble == ("", "")


def test_a_torque_stops_it_too(sensor: Sensor) -> None:
    sensor.begin()
    sensor.tell_all(OFFSET + np.array([[0.0, 0.0, 0.0], [0.0, -11.0, 0.0]]), 0.6)
    assert sensor.trouble[1].startswith("a torque of 11.0 N m acts on the tool, 10 allowed")


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_one_number_that_is_none_stops_it(sensor: Sensor, number: float) -> None:
    sensor.begin()
    foul = np.zeros((2, 3))
    foul[1, 2] = number
    sensor.tell_all(foul)
    expected = f"/wrench tells force [0.0, 0.0, 0.0] and torque [0.0, 0.0, {number}]; "
    assert sensor.fault == ("wrench_invalid", expected + "all should be finite")
    sensor.tell()
    assert sensor.fault == ("", "")
    assert sensor.trouble[0] == "wrench_invalid", "one is enough in an episode"
    assert not sensor.watch.ready


vectors = st.lists(st.floats(-1.0, 1.0), min_size=3, max_size=3)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(vectors, vectors, st.floats(0.0, 3.0))
def test_only_lengths_count_whatever_the_direction(
    sensor: Sensor, force: list[float], torque: list[float], share: float
) -> None:
    ways = [np.array(way) / max(float(np.linalg.norm(way)), 1e-9) for way in (force, torque)]
    wrench = share * np.array([FORCE * ways[0], TORQUE * ways[1]])
    lengths = np.linalg.norm(wrench, axis=1) / [FORCE, TORQUE]
    sensor.begin()
    sensor.tell_all(OFFSET + wrench, 0.6)
    if lengths.max() > 1.0 + 1e-6:
        assert sensor.trouble[0] == "force_exceeded"
    elif lengths.max() < 1.0 - 1e-6:
        assert sensor.trouble == ("", "")


@pytest.mark.parametrize("quality", [SENSOR, STATE])
def test_messages_are_heard_from_drivers_of_either_reliability(
    wired: Wired, sensor: Sensor, quality: QoSProfile
) -> None:
    publisher = wired.driver.create_publisher(WrenchStamped, "wrench", quality)
    wired.wait(publisher.get_subscription_count)
    message = WrenchStamped()
    message.wrench.torque.y = float("nan")
    publisher.publish(message)
    wired.wait(lambda: sensor.fault[0] == "wrench_invalid")
    assert "torque [0.0, nan, 0.0]" in sensor.fault[1]
