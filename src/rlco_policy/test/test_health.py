# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What is wrong with cameras and joints, on a clock that the test sets; and what is not."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlco_interfaces.msg import PolicyState
from rlco_policy.health import BLACK, SOUND, Fault, Health, Limits, Reason
from rlco_policy.measurements import Image, Instruction, JointState, Topics

MS = 1_000_000
TOPICS = Topics({"front": "/front/image_raw"}, "/joint_states", "/commanded_joint_states")
LIMITS = Limits(300 * MS, 200 * MS, 50 * MS, 1000 * MS)
PUSH = Instruction(0, 1, "push the red cube")


class Cell:
    """A camera, an arm and a bridge, each heard when the test says so."""

    def __init__(self, limits: Limits | None = LIMITS, topics: Topics = TOPICS) -> None:
        self.topics = topics
        self.health = Health(topics, limits)

    def image(
        self, ms: int, level: int = 102, late: int = 0, camera: str = "front", foul: str = ""
    ) -> None:
        """An image at `ms` whose pixels are all `level`; it arrives `late` ms."""
        if not foul:
            pixels = np.full((2, 2, 3), level, np.uint8)
            self.health.on_image(camera, Image(ms * MS, pixels))
        self.health.on_message(self.topics.cameras[camera], ms * MS, (ms + late) * MS, foul)

    def arm(self, ms: int, position: float = 0.0, foul: str = "") -> None:
        if not foul:
            self.health.on_joints(JointState(ms * MS, np.array([0.5, position])))
        self.health.on_message(self.topics.joints, ms * MS, ms * MS, foul)

    def command(self, ms: int, foul: str = "") -> None:
        self.health.on_message(self.topics.commanded, ms * MS, ms * MS, foul)

    def fault(self, ms: int) -> Fault:
        """At `ms`, after a second of looking."""
        for before in range(1000, 0, -100):
            self.health.look((ms - before) * MS)
        return self.health.look(ms * MS)


def test_the_message_knows_the_same_reasons() -> None:
    constants = {
        getattr(PolicyState, name) for name in dir(PolicyState) if name.startswith("REASON_")
    }
    assert constants == set(get_args(Reason))


def test_all_is_sound_while_all_comes() -> None:
    cell = Cell()
    cell.image(0)
    cell.arm(100)
    assert cell.fault(300) == SOUND
    assert not cell.fault(300)


def test_a_silent_camera() -> None:
    cell = Cell()
    cell.arm(301)
    assert cell.fault(301) == Fault(
        "camera_silent",
        "/front/image_raw: no new image yet; one should come every 300 ms at least",
    )
    cell.image(301)
    cell.arm(602)
    assert cell.fault(602) == Fault(
        "camera_silent",
        "/front/image_raw: no new image for 301 ms; one should come every 300 ms at least",
    )
    cell.image(610)
    assert not cell.fault(610)


def test_a_late_camera() -> None:
    cell = Cell()
    cell.image(0, late=290)
    cell.arm(290)
    assert not cell.fault(290)
    assert cell.fault(301) == Fault(
        "camera_late",
        "/front/image_raw: images come, but the newest is 301 ms old by its stamp; "
        "it should be at most 300 ms old",
    )


def test_silent_joints() -> None:
    cell = Cell()
    cell.image(0)
    assert cell.fault(201).detail == (
        "/joint_states: no new joint state yet; one should come every 200 ms at least"
    )
    cell.arm(0)
    assert cell.fault(201) == Fault(
        "joints_silent",
        "/joint_states: no new joint state for 201 ms; one should come every 200 ms at least",
    )


def test_who_was_deaf_does_not_call_others_silent() -> None:
    cell = Cell()
    cell.image(0)
    cell.arm(0)
    assert not cell.fault(0)
    # Nothing was taken from the queues for a while, and the oldest in them comes first.
    for now in (900, 1000, 1100):
        assert not cell.health.look(now * MS)
    cell.arm(900)
    cell.image(300, late=800)
    assert not cell.health.look(1100 * MS)
    assert cell.health.look(1200 * MS).reason == "joints_silent"
    cell.arm(1201)
    assert cell.health.look(1201 * MS).reason == "camera_late"


def test_commanded_joints_are_due_from_a_new_instruction_until_a_blank_one() -> None:
    cell = Cell()
    cell.command(0, "old nonsense")
    cell.image(900)
    cell.arm(900)
    assert not cell.fault(1000)
    cell.health.on_instruction(PUSH, 1000 * MS)
    cell.command(1000)
    cell.health.on_instruction(PUSH, 1200 * MS)
    cell.image(1200)
    cell.arm(1200)
    assert cell.fault(1201) == Fault(
        "joints_silent",
        "/commanded_joint_states: no new joint state for 201 ms; "
        "one should come every 200 ms at least",
    )
    cell.health.on_instruction(Instruction(0, 1, " "), 1201 * MS)
    assert not cell.fault(1201)


def test_the_first_command_has_as_long_as_the_next() -> None:
    cell = Cell()
    cell.image(1000)
    cell.arm(1000)
    cell.health.on_instruction(PUSH, 900 * MS)
    assert not cell.fault(1100)
    assert cell.fault(1101).reason == "joints_silent"


def test_foul_messages_count_until_a_sound_one() -> None:
    cell = Cell()
    cell.image(0, foul="image is 2 x 2; it should be 3 x 2")
    cell.arm(0, foul="joint state of b is nan; it should be finite")
    line = "/front/image_raw: image is 2 x 2; it should be 3 x 2"
    assert cell.fault(0) == Fault("camera_size", line)
    cell.image(50)
    line = "/joint_states: joint state of b is nan; it should be finite"
    assert cell.fault(50) == Fault("joints_invalid", line)
    cell.arm(100)
    assert not cell.fault(100)


def test_foul_commands_count() -> None:
    cell = Cell()
    cell.image(0)
    cell.arm(0)
    cell.health.on_instruction(PUSH, 0)
    cell.command(0, "nan")
    assert cell.fault(0) == Fault("joints_invalid", "/commanded_joint_states: nan")


@pytest.mark.parametrize(("level", "black"), [(0, True), (15, True), (16, False)])
def test_a_black_image(level: int, black: bool) -> None:
    cell = Cell()
    cell.image(0, level)
    cell.arm(0)
    line = f"brightest value of the image is {level} of 255; it should be at least 16"
    black_fault = Fault("camera_black", f"/front/image_raw: the {line}")
    assert cell.fault(0) == (black_fault if black else SOUND)
    cell.image(50)
    assert not cell.fault(50)


def drive(cell: Cell, times: range, speed: float, level: int = 102) -> list[Fault]:
    """Image and arm in step, the arm at `speed` rad/s from where it is at time 0."""
    faults = []
    for ms in times:
        cell.image(ms, level)
        cell.arm(ms, speed * ms / 1000)
        faults.append(cell.fault(ms))
    return faults


def test_a_frozen_image_is_one_that_does_not_change_after_the_joints_moved() -> None:
    cell = Cell()
    faults = drive(cell, range(0, 2000, 50), speed=1.0)
    first = next(k for k, fault in enumerate(faults) if fault)
    # It moved by more than 0.1 rad at 150 ms, and should have been seen by 1150 ms.
    assert first * 50 == 1200
    assert faults[first] == Fault(
        "camera_frozen",
        "/front/image_raw: the image is the same for 1.1 s after a joint went 0.1 rad or m; "
        "it should have changed within 1 s",
    )
    assert not any(drive(cell, range(2000, 2050, 50), speed=1.0, level=103))


def test_a_still_scene_may_repeat_itself_and_be_seen_late_when_it_ends() -> None:
    cell = Cell()
    assert not any(drive(cell, range(0, 60_000, 200), speed=0.0))
    cell.image(60_000)
    cell.arm(60_100, 0.5)
    cell.image(60_200)
    assert not cell.fault(60_200)


def test_stamps_ahead_of_the_clock_are_a_skew() -> None:
    cell = Cell()
    cell.arm(0)
    cell.image(50)
    assert not cell.fault(0)
    cell.image(51)
    assert cell.fault(0) == Fault(
        "skew",
        "/front/image_raw: the newest stamp is 51 ms ahead of the clock; "
        "it should be at most 50 ms",
    )


def test_every_camera_is_watched_and_the_oldest_gives_the_age() -> None:
    topics = Topics({"front": "/f", "wrist": "/w"}, "/j", "/c")
    cell = Cell(topics=topics)
    cell.image(200)
    cell.arm(200)
    assert cell.fault(301).detail.startswith("/w: ")
    assert math.isnan(cell.health.ages(301 * MS)[0])
    cell.image(300, camera="wrist")
    assert not cell.fault(400)
    assert cell.health.ages(400 * MS) == (0.2, 0.2)


def test_in_lockstep_only_foul_messages_count() -> None:
    cell = Cell(limits=None)
    assert not cell.fault(10_000)
    assert not any(drive(cell, range(0, 5000, 50), speed=1.0, level=0))
    assert not cell.fault(60_000)
    cell.image(0, foul="it is mono8")
    assert cell.fault(0) == Fault("camera_size", "/front/image_raw: it is mono8")


@given(
    latencies=st.lists(st.integers(0, 90), min_size=20, max_size=40),
    scene=st.integers(0, 255),
    speed=st.floats(0.0, 2.0),
)
def test_a_world_in_time_is_never_at_fault(latencies: list[int], scene: int, speed: float) -> None:
    """Images every 200 ms, as late as allowed, of an arm that is seen 150 ms late."""
    cell = Cell()
    cell.image(0, BLACK + scene % 200)
    cell.arm(0)
    for step, latency in enumerate(latencies, start=1):
        now = 50 * step
        cell.arm(now, speed * now / 1000)
        if step % 4 == 0:
            level = BLACK + int(scene + 100 * speed * max(now - 150, 0) / 1000) % 200
            cell.image(now - latency, level, late=latency)
        assert not cell.fault(now)


@given(silence=st.integers(0, 1000), age=st.integers(0, 1000))
def test_a_camera_is_silent_or_late_or_sound_by_its_age_alone(silence: int, age: int) -> None:
    """It counts from when on an image is too old, whether it came late or nothing came since."""
    cell = Cell()
    cell.image(0, late=age)
    cell.arm(age + silence)
    reason = cell.fault(age + silence).reason
    assert bool(reason) == (age + silence > 300)
    assert reason in {"", "camera_silent" if silence > 300 else "camera_late"}
