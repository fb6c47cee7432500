# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The gate, on simulated time: lock-step pairs exactly, realtime within a budget."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from rlco_policy.gate import Gate, Ready
from rlco_policy.measurements import Image, Instruction, JointState, Topics
from rlco_policy.pairing import Before, Exact, Skewed, Waiting
from rlco_policy.timing import Timing

MS = 1_000_000
TOPICS = Topics({"front": "/f/image_raw", "wrist": "/w/image_raw"}, "/joints", "/commanded")
PUSH = Instruction(0, 1, "push the red cube")


def image(ms: int) -> Image:
    """An image at `ms` whose pixels are all `ms` modulo 256."""
    return Image(ms * MS, np.full((2, 2, 3), ms % 256, np.uint8))


def joints(ms: int) -> JointState:
    """A joint state at `ms` whose only position is `ms`."""
    return JointState(ms * MS, np.array([float(ms)]))


def arm(gate: Gate, ms: int) -> None:
    """The arm at `ms`, measured and commanded."""
    gate.on_joints(joints(ms))
    gate.on_commanded(joints(ms))


def lockstep() -> Gate:
    return Gate(["front"], Exact())


def realtime(*cameras: str) -> Gate:
    return Gate(cameras or ("front",), Before(20 * MS, TOPICS), 100 * MS, Timing(175 * MS))


def reason(gate: Gate, now_ms: int = 0) -> str:
    answer = gate.take(now_ms * MS)
    assert isinstance(answer, Waiting)
    return answer.reason


def ready(gate: Gate, now_ms: int = 0) -> Ready:
    answer = gate.take(now_ms * MS)
    assert isinstance(answer, Ready), answer
    return answer


ARRIVALS = {
    "image": lambda gate: gate.on_image("front", image(200)),
    "joints": lambda gate: gate.on_joints(joints(200)),
    "commanded": lambda gate: gate.on_commanded(joints(200)),
    "instruction": lambda gate: gate.on_instruction(PUSH),
}


@pytest.mark.parametrize("last", ARRIVALS)
def test_released_when_the_last_part_comes_whatever_it_is(last: str) -> None:
    gate = lockstep()
    for name in ARRIVALS.keys() - {last}:
        ARRIVALS[name](gate)
        assert isinstance(gate.take(0), Waiting)
    ARRIVALS[last](gate)
    answer = ready(gate)
    assert (answer.stamp_ns, answer.episode, answer.instruction) == (200 * MS, 1, PUSH.text)
    assert answer.images["front"][0, 0, 0] == 200
    assert (answer.positions.tolist(), answer.commanded.tolist()) == ([200.0], [200.0])


def test_what_is_missing_is_named_in_turn() -> None:
    gate = Gate(["front", "wrist"], Exact())
    assert reason(gate) == "no instruction"
    gate.on_instruction(PUSH)
    gate.on_image("front", image(200))
    assert reason(gate) == "no image of wrist yet"
    gate.on_image("wrist", image(200))
    assert reason(gate) == "no joint state yet"
    gate.on_joints(joints(200))
    assert reason(gate) == "no commanded joints yet"


def test_lockstep_waits_for_the_joint_state_of_the_same_stamp() -> None:
    gate = lockstep()
    gate.on_instruction(PUSH)
    gate.on_image("front", image(200))
    arm(gate, 150)
    assert reason(gate) == "nearest joint state is 50 ms from the image"
    arm(gate, 200)
    arm(gate, 250)
    assert ready(gate).positions.tolist() == [200.0]


def test_lockstep_waits_for_the_commanded_joints_of_the_same_stamp() -> None:
    gate = lockstep()
    gate.on_instruction(PUSH)
    gate.on_image("front", image(200))
    arm(gate, 150)
    gate.on_joints(joints(200))
    assert reason(gate) == "nearest commanded joint state is 50 ms from the image"
    gate.on_commanded(JointState(200 * MS, np.array([7.0])))
    assert ready(gate).commanded.tolist() == [7.0]


def test_instruction_does_not_reach_back() -> None:
    gate = lockstep()
    arm(gate, 200)
    gate.on_image("front", image(200))
    gate.on_instruction(Instruction(201 * MS, 1, "push"))
    assert reason(gate) == "the newest image is older than the instruction"
    gate.on_instruction(Instruction(200 * MS, 1, "push"))
    assert ready(gate).stamp_ns == 200 * MS


@pytest.mark.parametrize("blank", ["", "  "])
def test_blank_instruction_stops(blank: str) -> None:
    gate = lockstep()
    gate.on_instruction(PUSH)
    arm(gate, 200)
    gate.on_image("front", image(200))
    gate.on_instruction(Instruction(0, 1, blank))
    assert reason(gate) == "no instruction"


def test_released_once_per_arrival_of_the_image() -> None:
    gate = lockstep()
    gate.on_instruction(PUSH)
    arm(gate, 200)
    gate.on_image("front", image(200))
    first = ready(gate)
    arm(gate, 200)
    gate.on_instruction(PUSH)
    assert reason(gate) == "the newest image is answered"
    gate.on_image("front", image(200))
    assert ready(gate).repeats(first)


def test_a_new_instruction_makes_the_newest_image_count_again() -> None:
    gate = lockstep()
    gate.on_instruction(PUSH)
    arm(gate, 200)
    gate.on_image("front", image(200))
    first = ready(gate)
    gate.on_instruction(Instruction(200 * MS, 2, PUSH.text))
    second = ready(gate)
    assert second.episode == 2
    assert not second.repeats(first)


def test_repeats_compares_stamp_instruction_and_contents() -> None:
    gate = lockstep()
    gate.on_instruction(PUSH)
    arm(gate, 200)
    gate.on_image("front", image(200))
    first = ready(gate)
    assert first.repeats(first)
    assert not first.repeats(None)
    assert not dataclasses.replace(first, stamp_ns=1).repeats(first)
    assert not dataclasses.replace(first, instruction="other").repeats(first)
    for name in ("positions", "commanded"):
        assert not dataclasses.replace(first, **{name: np.array([1.0])}).repeats(first)
    assert not dataclasses.replace(first, images={"front": image(201).pixels}).repeats(first)


def test_a_clock_that_starts_anew_is_followed() -> None:
    gate = realtime()
    gate.on_instruction(PUSH)
    for ms in (5000, 200):
        arm(gate, ms)
        gate.on_image("front", image(ms))
        assert ready(gate).stamp_ns == ms * MS


def test_realtime_takes_the_joint_state_before_the_image_once_it_is_settled() -> None:
    gate = realtime()
    gate.on_instruction(PUSH)
    gate.on_image("front", image(200))
    for ms in (185, 195):
        arm(gate, ms)
        assert reason(gate) == "no image yet that all other sources have reached"
    gate.on_joints(joints(205))
    assert reason(gate) == "no image yet that all other sources have reached"
    gate.on_commanded(joints(202))
    answer = ready(gate)
    assert (answer.positions.tolist(), answer.commanded.tolist()) == ([195.0], [195.0])


def test_realtime_goes_on_with_the_image_before_while_the_newest_is_not_settled() -> None:
    gate = realtime()
    gate.on_instruction(PUSH)
    arm(gate, 195)
    gate.on_image("front", image(200))
    gate.on_image("front", image(233))
    arm(gate, 225)
    assert ready(gate).stamp_ns == 200 * MS
    gate.on_image("front", image(266))
    assert reason(gate) == "the newest image is answered"


@pytest.mark.parametrize(
    ("measured", "commanded", "line"),
    [
        (175, 195, "25 ms older on /joints; it should be at most 20 ms older"),
        (195, 170, "30 ms older on /commanded; it should be at most 20 ms older"),
    ],
)
def test_realtime_calls_it_skewed_when_what_came_before_is_too_old(
    measured: int, commanded: int, line: str
) -> None:
    gate = realtime()
    gate.on_instruction(PUSH)
    gate.on_joints(joints(measured))
    gate.on_commanded(joints(commanded))
    gate.on_image("front", image(200))
    arm(gate, 201)
    answer = gate.take(0)
    assert isinstance(answer, Skewed)
    assert answer.reason == f"what belongs to the newest image is {line}"


def test_realtime_waits_for_commands_of_this_episode() -> None:
    gate = realtime()
    gate.on_instruction(Instruction(190 * MS, 2, "push"))
    for ms in (185, 189):
        arm(gate, ms)
    gate.on_image("front", image(200))
    gate.on_joints(joints(200))
    gate.on_commanded(joints(210))
    line = "no commanded joints between the instruction and the image yet"
    assert gate.take(0) == Waiting(line)


def test_realtime_does_not_pair_with_what_came_after() -> None:
    gate = realtime()
    gate.on_instruction(PUSH)
    gate.on_image("front", image(200))
    arm(gate, 201)
    assert gate.take(0) == Waiting("no joint state before the image yet")


def test_realtime_refuses_an_old_observation() -> None:
    gate = realtime()
    gate.on_instruction(PUSH)
    arm(gate, 200)
    gate.on_image("front", image(200))
    assert reason(gate, now_ms=301) == "the newest whole observation is 101 ms old"
    assert ready(gate, now_ms=300).stamp_ns == 200 * MS


def test_realtime_leaves_a_chunk_its_time() -> None:
    gate = realtime()
    gate.on_instruction(PUSH)
    answered = []
    for ms in range(0, 700, 33):
        arm(gate, ms)
        gate.on_image("front", image(ms))
        if isinstance(gate.take(0), Ready):
            answered.append(ms)
        else:
            assert reason(gate) == "the last answer still acts"
    assert answered == [0, 198, 396, 594]


def test_lockstep_waits_for_all_cameras() -> None:
    gate = Gate(["front", "wrist"], Exact())
    gate.on_instruction(PUSH)
    arm(gate, 200)
    gate.on_image("front", image(0))
    gate.on_image("wrist", image(200))
    assert reason(gate) == "image of front is 200 ms behind the newest image"
    gate.on_image("front", image(200))
    assert ready(gate).stamp_ns == 200 * MS


def test_realtime_cameras_must_agree_and_the_newest_gives_the_stamp() -> None:
    gate = realtime("front", "wrist")
    gate.on_instruction(PUSH)
    for ms in (200, 240):
        arm(gate, ms)
    gate.on_image("front", image(170))
    gate.on_image("wrist", image(200))
    assert reason(gate) == "no image yet that all other sources have reached"
    gate.on_image("front", image(210))
    assert reason(gate) == (
        "what belongs to the newest image is 30 ms older on /f/image_raw; "
        "it should be at most 20 ms older"
    )
    gate.on_image("front", image(215))
    gate.on_image("wrist", image(238))
    answer = ready(gate)
    assert answer.stamp_ns == 215 * MS
    assert (answer.images["front"][0, 0, 0], answer.images["wrist"][0, 0, 0]) == (215, 200)
