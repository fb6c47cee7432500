# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The simulator on real topics: time passes as its mode says, and what is foul is dropped."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from robot_at_hand import ARM, FINGERS, PANDA, Stage, positions, stamp_of

from rlco_core.errors import ConfigError
from rlco_core.stamps import stamp_to_ns
from rlco_sim.domain import Domain
from rlco_sim.session import DT_NS, Session

AHEAD = np.array(PANDA.home) + 0.05


def goal_of(node: Any, part: str) -> np.ndarray:
    """Where a controller will be at last."""
    return node._driver.controllers[part].at(node._session.stamp_ns + 10**12).joints


def wait_until_taken(stage: Stage, node: Any, part: str, stamp: int) -> None:
    """Until the node has a command and has had the time to say all again twice."""
    stage.wait(lambda: node._answered.get(part) == stamp)
    stage.repeats(2)


def test_time_passes_once_both_commands_of_the_instant_are_in(stage: Stage) -> None:
    node = stage.simulator()
    start = stage.now
    stage.hand.command_arm(start, PANDA.home)
    wait_until_taken(stage, node, "arm", start)
    assert stage.now == start
    stage.hand.command_gripper(start, 0.02)
    stage.wait(lambda: stage.now != start)
    assert {stamp_of(message) for message in stage.repeats()} == {start + DT_NS}
    assert stage.hand.states[-1].step == 1


@pytest.mark.parametrize("first", ["arm", "gripper"])
def test_commands_of_another_instant_do_not_count(stage: Stage, first: str) -> None:
    node = stage.simulator()
    start = stage.now
    early, late = (start, start - DT_NS) if first == "arm" else (start + DT_NS, start)
    stage.hand.command_arm(early, PANDA.home)
    wait_until_taken(stage, node, "arm", early)
    stage.hand.command_gripper(late, 0.02)
    wait_until_taken(stage, node, "gripper", late)
    assert stage.now == start


def test_commands_that_are_said_again_move_nothing_twice(stage: Stage) -> None:
    node = stage.simulator()
    start = stage.now
    stage.step()
    stage.hand.command_arm(start, PANDA.home)
    stage.hand.command_gripper(start, 0.02)
    wait_until_taken(stage, node, "arm", start)
    wait_until_taken(stage, node, "gripper", start)
    assert stage.now == start + DT_NS
    assert stage.hand.states[-1].step == 1
    stage.step()
    assert (stage.now, stage.hand.states[-1].step) == (start + 2 * DT_NS, 2)


def test_in_silence_all_is_said_again_with_the_same_words(stage: Stage) -> None:
    stage.simulator()
    first, second = stage.repeats()
    assert first == second
    stage.wait(lambda: len(stage.hand.images) >= 3)
    stage.wait(lambda: len(stage.hand.states) >= 3)
    assert stage.hand.images[-1] == stage.hand.images[-2]
    assert stage.hand.states[-1] == stage.hand.states[-2]
    assert stamp_of(stage.hand.images[-1]) == stamp_of(first)


def test_the_arm_goes_where_it_is_told_and_the_same_way_each_time(stage: Stage) -> None:
    """What the node does is what the session does: the messages lose nothing."""
    stage.simulator()
    answer = stage.reset(5)
    stage.wait(lambda: stage.now == stamp_to_ns(answer.stamp))
    session = Session("push_cube", Domain.load("twin"), PANDA)
    session.reset(5)
    assert positions(stage.hand.joints[-1]).tolist() == session.motor_positions.tolist()
    for _ in range(8):
        stage.step(AHEAD, 0.03)
        session.advance(AHEAD, 0.03)
        assert positions(stage.hand.joints[-1]).tolist() == session.motor_positions.tolist()
    assert list(stage.hand.joints[-1].velocity) == session.motor_velocities.tolist()
    assert np.abs(session.joint_positions - AHEAD).max() < 0.01
    session.close()


def test_images_come_every_fourth_step_with_their_camera_info(stage: Stage) -> None:
    stage.simulator(repeat_after=60.0)
    answer = stage.reset(1)
    start = stamp_to_ns(answer.stamp)
    stage.wait(lambda: stage.now == start)
    for _ in range(9):
        stage.step()
    wanted = {start, start + 4 * DT_NS, start + 8 * DT_NS}
    stage.wait(lambda: wanted <= {stamp_of(info) for info in stage.hand.infos})
    images = {stamp_of(image): image for image in stage.hand.images}
    assert {stamp for stamp in images if stamp >= start} == wanted
    image, info = images[start], stage.hand.infos[-1]
    assert image.header.frame_id == info.header.frame_id == "front_optical_frame"
    assert (image.width, image.height, image.encoding) == (64, 64, "rgb8")
    assert (info.width, info.height) == (64, 64)


def test_the_clock_tells_the_stamps_and_never_goes_back(stage: Stage) -> None:
    stage.simulator()
    for seed in (2, 1):
        stage.step()
        stage.reset(seed)
    stage.wait(lambda: stage.hand.clocks and stamp_to_ns(stage.hand.clocks[-1].clock) == stage.now)
    times = [stamp_to_ns(message.clock) for message in stage.hand.clocks]
    assert times == sorted(times)
    stamps = [stamp_of(message) for message in stage.hand.joints]
    assert stamps == sorted(stamps)


def test_a_reset_answers_with_the_scene_and_a_later_stamp(stage: Stage) -> None:
    stage.simulator()
    stage.step()
    before = stage.now
    drawn = stage.reset(3)
    told = stage.reset(3, "shove the BLUE box away")
    assert drawn.success
    assert drawn.message == ""
    assert any(colour in drawn.instruction for colour in ("red", "green", "blue"))
    assert told.instruction == "shove the BLUE box away"
    assert drawn.max_steps == told.max_steps == 120
    assert before < stamp_to_ns(drawn.stamp) < stamp_to_ns(told.stamp)
    stage.wait(lambda: stage.now == stamp_to_ns(told.stamp))
    stage.wait(lambda: stamp_of(stage.hand.states[-1]) == stage.now)
    assert stage.hand.states[-1].step == 0


def test_a_reset_forgets_the_commands_before_it(stage: Stage) -> None:
    node = stage.simulator()
    start = stage.now
    stage.hand.command_arm(start, AHEAD)
    wait_until_taken(stage, node, "arm", start)
    answer = stage.reset(0)
    anew = stamp_to_ns(answer.stamp)
    stage.wait(lambda: stage.now == anew)
    stage.hand.command_gripper(anew, 0.02)
    wait_until_taken(stage, node, "gripper", anew)
    assert stage.hand.states[-1].step == 0
    assert np.abs(goal_of(node, "arm") - PANDA.home).max() <= 0.02


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"task": "juggle"}, "task 'juggle' is not simulated here, 'push_cube' is"),
        ({"instruction": "push the pink cube"}, "must name exactly one of 'blue', 'green'"),
        ({"instruction": "push the purple cube"}, "of split 'train' have 'blue', 'green' or 'red'"),
    ],
)
def test_a_foul_reset_says_why_and_the_scene_goes_on(
    stage: Stage, request_: dict[str, str], message: str
) -> None:
    stage.simulator()
    stage.step(AHEAD)
    before = stage.repeats(1)[0]
    answer = stage.reset(1, **request_)
    assert not answer.success
    assert message in answer.message
    assert "\n" not in answer.message
    assert stage.repeats(2)[-1] == before
    stage.step(AHEAD)
    assert stage.hand.states[-1].step == 2


@pytest.mark.parametrize(
    ("names", "values", "line"),
    [
        (ARM[:6], PANDA.home[:6], "trajectory has 6 joints, it should have 7"),
        (ARM, PANDA.home[:6], "point 0 should have 7 positions"),
        (ARM, (*PANDA.home[:6], float("nan")), "point 0 has values that are not finite"),
    ],
    ids=["names", "count", "nan"],
)
def test_foul_trajectories_are_dropped_with_a_line(
    stage: Stage,
    capfd: pytest.CaptureFixture[str],
    names: tuple[str, ...],
    values: tuple[float, ...],
    line: str,
) -> None:
    node = stage.simulator()
    goal, start = goal_of(node, "arm"), stage.now
    stage.hand.command_gripper(start, 0.02)
    stage.hand.command_arm(start, values, names)
    logged: list[str] = []
    stage.wait(lambda: logged.append(capfd.readouterr().err) or line in "".join(logged))
    stage.repeats()
    assert stage.now == start
    assert (goal_of(node, "arm") == goal).all()


def test_in_real_time_time_passes_by_itself_and_the_last_command_is_held(stage: Stage) -> None:
    node = stage.simulator(mode="realtime")
    held = positions(stage.repeats(4)[-1])
    start = np.array(stage.hand.joints[0].position)
    assert np.abs(held[:7] - start[:7]).max() < 0.005
    stage.hand.command_arm(0, AHEAD)
    stage.hand.command_gripper(0, 0.04)
    stage.wait(lambda: (goal_of(node, "arm") == AHEAD).all())
    stage.wait(lambda: (goal_of(node, "gripper") == 0.04).all())
    later = stage.repeats(12)
    stamps = [stamp_of(message) for message in later]
    assert np.diff(stamps).tolist() == [DT_NS] * 11
    assert np.abs(positions(later[-1])[:7] - AHEAD).max() < 0.01
    assert positions(later[-1])[7:] == pytest.approx([0.04, 0.04], abs=2e-3)


def test_names_have_the_prefix_in_messages_and_commands(stage: Stage) -> None:
    stage.simulator(tf_prefix="left_")
    message = stage.hand.joints[-1]
    assert list(message.name) == ["left_" + name for name in (*ARM, *FINGERS)]
    assert stage.hand.images[-1].header.frame_id == "left_front_optical_frame"
    start = stage.now
    names = ["left_" + name for name in ARM]
    stage.hand.command_arm(start, PANDA.home, names)
    stage.wait(lambda: stage._nodes[0]._answered.get("arm") == start)


@pytest.mark.parametrize(
    ("parameters", "line"),
    [
        ({"mode": "slow"}, "mode 'slow' is unknown; it should be 'lockstep' or 'realtime'"),
        ({"task": "juggle"}, "unknown task 'juggle'; known: .*'push_cube'"),
        ({"domain": "mars"}, r"domain 'mars' is neither a shipped domain \(.*'twin'"),
        (
            {"robot": "r2d2"},
            r"robot 'r2d2' is neither a shipped robot \('fr3', 'panda' or 'ur5e'\)",
        ),
        ({"split": "test"}, "task 'push_cube' has no split 'test'; it has 'train', "),
    ],
)
def test_unknown_names_are_refused_before_anything_is_said(
    stage: Stage, parameters: dict[str, str], line: str
) -> None:
    with pytest.raises(ConfigError, match=f"^{line}"):
        stage.simulator(**parameters)
    assert not stage.hand.joints
