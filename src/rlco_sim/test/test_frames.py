# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""REP 103 for both arms: x forward, y left, z up, in what is moved, measured and seen."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from rlco_core.kinematics import Kinematics
from rlco_core.motion import ActionPath
from rlco_core.robot import RobotConfig
from rlco_sim.bullet import pybullet
from rlco_sim.camera import project
from rlco_sim.domain import Domain
from rlco_sim.session import DT, Session
from rlco_sim.tasks.push_cube import COLOURS, PushCube

TWIN = Domain.load("twin")
ROBOTS = {name: RobotConfig.load(name) for name in ("panda", "ur5e")}


@pytest.fixture(scope="module", params=ROBOTS)
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    made = Session("push_cube", TWIN, ROBOTS[request.param])
    yield made
    made.close()


def tool(session: Session) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Position (3,) m and rotation (3, 3) of the end effector as the physics has it."""
    client, arm = session.world.client, session.world.arm.body
    for link in range(pybullet.getNumJoints(arm, physicsClientId=client)):
        info = pybullet.getJointInfo(arm, link, physicsClientId=client)
        if info[12].decode() == session.robot.ee_frame:
            state = pybullet.getLinkState(
                arm, link, computeForwardKinematics=True, physicsClientId=client
            )
            turn = pybullet.getMatrixFromQuaternion(state[5])
            return np.array(state[4]), np.array(turn).reshape(3, 3)
    raise AssertionError(f"no link {session.robot.ee_frame}")


def play(session: Session, action: list[float], periods: int) -> None:
    """Starts an episode, lowers the hand, moves it and waits until it has arrived."""
    path = ActionPath(session.robot, DT)
    session.reset(0)
    path.reset(session.joint_positions, session.gripper_opening)
    still = [0.0] * 6 + [0.5]
    down = [0.0, 0.0, -0.02, 0.0, 0.0, 0.0, 0.5]  # from where it can go every way
    for row in [down] * 5 + [still] * 4 + [action] * periods + [still] * 10:
        command = path.step(np.array(row))
        assert command.verdict.accepted, command.verdict
        session.advance(command.joints, command.fingers)


def test_the_world_is_the_arms_base_frame(session: Session) -> None:
    """What is measured in joints and what stands in the world are in one frame."""
    rng, kinematics = np.random.default_rng(0), Kinematics(session.robot)
    home = np.array(session.robot.home)
    for joints in home + rng.uniform(-0.6, 0.6, (20, len(home))):
        session.world.arm.reset(joints, 0.0)
        pose, (position, rotation) = kinematics.forward(joints), tool(session)
        assert position == pytest.approx(pose.translation, abs=1e-6)
        assert rotation == pytest.approx(pose.rotation, abs=1e-6)


@pytest.mark.parametrize(("axis", "meaning"), [(0, "forward"), (1, "left"), (2, "up")])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_actions_move_the_measured_hand_along_their_axis(
    session: Session, axis: int, meaning: str, sign: float
) -> None:
    still, action = [0.0] * 6 + [0.5], [0.0] * 6 + [0.5]
    action[axis] = 0.01 * sign
    places = []
    for row in (still, action):
        play(session, row, 8)
        places.append(tool(session)[0])
        assert session.proprioception()[:3] == pytest.approx(places[-1], abs=1e-5)
    moved = places[1] - places[0]
    assert moved == pytest.approx(np.eye(3)[axis] * 0.08 * sign, abs=2e-3), meaning


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_actions_turn_the_hand_about_the_axes_of_the_base(session: Session, axis: int) -> None:
    """A quarter turn about an axis takes the next axis to the one after it."""
    still, action = [0.0] * 6 + [0.5], [0.0] * 6 + [0.5]
    action[3 + axis] = 0.04
    turns = []
    for row in (still, action):
        play(session, row, 10)
        turns.append(tool(session)[1])
    turn = turns[1] @ turns[0].T
    following, last = (axis + 1) % 3, (axis + 2) % 3
    assert np.arctan2(turn[last, following], turn[following, following]) == pytest.approx(
        0.4, abs=0.01
    )
    assert turn[axis, axis] == pytest.approx(1.0, abs=2e-3)


def test_left_of_the_robot_is_left_from_where_it_looks(session: Session) -> None:
    """Turning the first joint left moves the hand, which is in front, to the left."""
    joints = np.array(session.robot.home)
    session.world.arm.reset(joints, 0.0)
    before = tool(session)[0]
    joints[0] += 0.2
    session.world.arm.reset(joints, 0.0)
    assert before[0] > 0.3
    assert tool(session)[0][1] > before[1] + 0.05


def test_both_arms_start_above_the_same_point_pointing_down() -> None:
    poses = [Kinematics(robot).forward(np.array(robot.home)) for robot in ROBOTS.values()]
    assert poses[0].translation == pytest.approx(poses[1].translation, abs=2e-4)
    assert poses[0].rotation == pytest.approx(poses[1].rotation, abs=2e-4)
    assert poses[0].rotation == pytest.approx(np.diag([1.0, -1.0, -1.0]), abs=2e-4)


def seen_at(session: Session, place: tuple[float, float, float]) -> NDArray[np.float64]:
    """(2,) u and v of the middle of the red cube at `place`; the others are out of the way."""
    session.reset(0)
    task = session.task
    assert isinstance(task, PushCube)
    for colour in COLOURS:
        session.world.place(task._cubes[colour], (-5.0, 0.0, -5.0))
    without = session.camera.render().astype(int)
    session.world.place(task._cubes["red"], place)
    changed = np.abs(session.camera.render() - without).sum(axis=-1) > 30
    assert changed.sum() > 4
    rows, columns = np.nonzero(changed)
    return np.array([columns.mean(), rows.mean()])


def test_the_camera_faces_the_robot_so_its_left_is_seen_on_the_right(session: Session) -> None:
    left = seen_at(session, (0.48, 0.2, 0.02))
    right = seen_at(session, (0.48, -0.2, 0.02))
    far = seen_at(session, (0.35, 0.2, 0.02))
    near = seen_at(session, (0.60, 0.2, 0.02))
    high = seen_at(session, (0.48, 0.2, 0.15))
    assert right[0] < 20.0 < 44.0 < left[0], "u grows to the right of the picture"
    assert far[1] + 5.0 < near[1], "v grows downwards: what is forward of the robot is nearer"
    assert high[1] < left[1] - 5.0, "up is up"
    camera = session.world.settings.camera
    expected = project(camera, np.array([[0.48, 0.2, 0.02]]))[0]
    assert left == pytest.approx(expected, abs=1.0)
