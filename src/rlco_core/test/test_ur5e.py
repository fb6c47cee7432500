# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The UR5e is the one that its maker publishes, and scenes made for the Panda fit it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import product

import numpy as np
import pinocchio as pin
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rlco_core.kinematics import Kinematics, Vector
from rlco_core.motion import ActionPath
from rlco_core.robot import RobotConfig

DT = 0.05
UR5E = RobotConfig.load("ur5e")
KINEMATICS = Kinematics(UR5E)
BOX = UR5E.limits.workspace
TOOL0_TO_TCP = 0.15
# a, d, alpha of joints 1 to 6, as published.
DENAVIT_HARTENBERG = (
    (0.0, 0.1625, np.pi / 2),
    (-0.425, 0.0, 0.0),
    (-0.3922, 0.0, 0.0),
    (0.0, 0.1333, np.pi / 2),
    (0.0, 0.0997, -np.pi / 2),
    (0.0, 0.0996, 0.0),
)
POSTURES = arrays(np.float64, 6, elements=st.floats(-3.1, 3.1))


def denavit_hartenberg(joints: Vector) -> pin.SE3:
    """Tool in the controller's base frame."""
    pose = pin.SE3.Identity()
    for angle, (a, d, alpha) in zip(joints, DENAVIT_HARTENBERG, strict=True):
        turn = pin.SE3(pin.rpy.rpyToMatrix(0.0, 0.0, angle), np.array([0.0, 0.0, d]))
        pose = pose * turn * pin.SE3(pin.rpy.rpyToMatrix(alpha, 0.0, 0.0), np.array([a, 0.0, 0.0]))
    return pose


def placements(robot: RobotConfig, **positions: float) -> dict[str, pin.SE3]:
    """Every frame in the base frame; joints that are not named stand at zero."""
    model = pin.buildModelFromUrdf(str(robot.urdf))
    data, joints = model.createData(), pin.neutral(model)
    for name, position in positions.items():
        joints[model.joints[model.getJointId(name)].idx_q] = position
    pin.framesForwardKinematics(model, data, joints)
    return {frame.name: data.oMf[k].copy() for k, frame in enumerate(model.frames)}


def turned(turn: float) -> pin.SE3:
    return pin.SE3(pin.rpy.rpyToMatrix(0.0, 0.0, turn), np.zeros(3))


@given(POSTURES)
def test_forward_kinematics_by_denavit_and_hartenberg(joints: Vector) -> None:
    to_tcp = pin.SE3(np.eye(3), np.array([0.0, 0.0, TOOL0_TO_TCP]))
    expected = turned(np.pi) * denavit_hartenberg(joints) * to_tcp
    found = KINEMATICS.forward(joints)
    assert found.homogeneous == pytest.approx(expected.homogeneous, abs=1e-9)


def test_at_zero_the_arm_lies_along_x_of_the_base() -> None:
    frames = placements(UR5E)
    assert frames["wrist_1_link"].translation == pytest.approx([0.8172, 0.1333, 0.1625])
    assert frames["tool0"].translation == pytest.approx([0.8172, 0.2329, 0.0628])


def test_frames_of_base_and_flange_are_those_of_ur_description() -> None:
    frames = placements(UR5E, shoulder_lift_joint=-1.0, wrist_2_joint=0.7)
    for name in ("base", "base_link_inertia"):
        assert frames[name].homogeneous == pytest.approx(turned(np.pi).homogeneous, abs=1e-9)
    tool, flange = frames["tool0"], frames["flange"]
    assert flange.translation == pytest.approx(tool.translation)
    assert flange.rotation[:, 0] == pytest.approx(tool.rotation[:, 2]), "x of the flange: outwards"
    assert frames["wrist_3_link"].homogeneous == pytest.approx(tool.homogeneous, abs=1e-9)


def test_up_is_z_and_a_positive_pan_turns_counter_clockwise() -> None:
    upright = placements(UR5E, shoulder_lift_joint=-np.pi / 2)
    assert upright["forearm_link"].translation == pytest.approx([0, 0, 0.1625 + 0.425], abs=1e-9)
    ahead, left = (placements(UR5E, shoulder_pan_joint=pan)["forearm_link"] for pan in (0.0, 0.5))
    assert ahead.translation == pytest.approx([0.425, 0.0, 0.1625], abs=1e-9)
    assert (turned(0.5) * ahead).homogeneous == pytest.approx(left.homogeneous, abs=1e-9)


def test_limits_and_masses_are_those_of_the_data_sheet() -> None:
    full = [2 * np.pi, 2 * np.pi, np.pi, 2 * np.pi, 2 * np.pi, 2 * np.pi]
    assert KINEMATICS.upper == pytest.approx(full)
    assert KINEMATICS.lower == pytest.approx([-limit for limit in full])
    assert KINEMATICS.velocity == pytest.approx([np.pi] * 6)
    model = pin.buildModelFromUrdf(str(UR5E.urdf))
    order = [model.getJointId(name) for name in UR5E.joint_names]
    efforts = [model.effortLimit[model.joints[k].idx_v] for k in order]
    assert efforts == [150.0, 150.0, 150.0, 28.0, 28.0, 28.0]
    masses = [model.inertias[k].mass for k in order[:5]]  # the sixth carries the gripper
    assert masses == pytest.approx([3.761, 8.058, 2.846, 1.37, 1.3])


@pytest.mark.parametrize("name", ["panda", "ur5e"])
def test_every_link_could_be_made_of_matter(name: str) -> None:
    for link in ET.parse(RobotConfig.load(name).urdf).getroot().findall("link"):
        found = {node.tag: node.attrib for node in link.iter()}
        assert float(found["mass"]["value"]) > 0.0, link.get("name")
        of = {axes: float(value) for axes, value in found["inertia"].items()}
        rows = (("ixx", "ixy", "ixz"), ("ixy", "iyy", "iyz"), ("ixz", "iyz", "izz"))
        moments = np.linalg.eigvalsh([[of[axes] for axes in row] for row in rows])
        assert moments[0] > 0.0, link.get("name")
        assert moments[0] + moments[1] >= moments[2], link.get("name")


def test_at_home_the_tool_is_where_that_of_the_panda_is() -> None:
    panda = Kinematics(RobotConfig.load("panda"))
    here, there = KINEMATICS.forward(KINEMATICS.home), panda.forward(panda.home)
    assert here.translation == pytest.approx(there.translation, abs=1e-4)
    assert np.abs(pin.log3(here.rotation.T @ there.rotation)).max() < 1e-4
    elbow = placements(UR5E, **dict(zip(UR5E.joint_names, UR5E.home, strict=True)))["forearm_link"]
    assert elbow.translation[2] > here.translation[2] + 0.2, "elbow up"


def test_the_box_holds_what_scenes_use() -> None:
    assert (np.array(BOX.lower) <= [0.28, -0.32, 0.015]).all()
    assert (np.array(BOX.upper) >= [0.66, 0.32, 0.35]).all()


def follow(path: ActionPath, goal: Vector, rotation: Vector) -> None:
    """Goes to ``goal`` by at most 10 mm and 0.03 rad a step; the arm must come along."""
    while True:
        move = goal - path.target.translation
        turn = pin.log3(rotation @ path.target.rotation.T)
        steps = max(np.linalg.norm(move) / 0.01, np.linalg.norm(turn) / 0.03)
        if steps < 1e-4:
            return
        command = path.step(np.array([*move, *turn, 0.0]) / max(steps, 1.0))
        assert command.verdict.accepted, (goal, command.verdict)
        error = pin.log6(KINEMATICS.forward(command.joints).actInv(path.target)).vector
        assert np.abs(error).max() < 1e-3, goal
        assert command.joints[2] > 0.2, "the elbow stays bent"


@pytest.mark.parametrize("height", [BOX.lower[2], 0.2, 0.35])
@pytest.mark.parametrize("yaw", [-0.9, 0.0, 0.9])
def test_the_tool_reaches_all_of_the_box(height: float, yaw: float) -> None:
    path = ActionPath(UR5E, DT)
    rotation = turned(yaw).rotation @ path.target.rotation
    for row, x in enumerate(np.linspace(BOX.lower[0], BOX.upper[0], 5)):
        for y in (BOX.lower[1], BOX.upper[1])[:: (-1) ** row]:
            follow(path, np.array([x, y, height]), rotation)


@pytest.mark.parametrize("direction", [d for d in product((-1, 0, 1), repeat=3) if any(d)])
def test_pushing_against_the_walls_never_turns_the_elbow_over(direction: tuple[int, ...]) -> None:
    path = ActionPath(UR5E, DT)
    home, step = path.target.translation, 0.014
    for _ in range(80):
        command = path.step(np.array([*(step * np.array(direction)), 0, 0, 0, 0]))
        assert command.verdict.accepted, command.verdict
        assert command.joints[2] > 0.2
    follow(path, home, KINEMATICS.forward(KINEMATICS.home).rotation)
    assert path.command == pytest.approx(KINEMATICS.home, abs=1e-3)


def pad(robot: RobotConfig, link: str) -> tuple[Vector, Vector]:
    """Centre and size of the last collision box of a finger, in the finger's frame."""
    shape = ET.parse(robot.urdf).getroot().findall(f"link[@name='{link}']/collision")[-1]
    found = {node.tag: node.attrib for node in shape.iter()}
    texts = (found["origin"]["xyz"], found["box"]["size"])
    centre, size = (np.array(text.split(), dtype=np.float64) for text in texts)
    return centre, size


@pytest.mark.parametrize(
    ("name", "fingers"),
    [
        ("panda", ("panda_leftfinger", "panda_rightfinger")),
        ("ur5e", ("left_finger_link", "right_finger_link")),
    ],
)
@pytest.mark.parametrize("opening", [0.0, 0.4, 1.0])
def test_the_gap_is_twice_the_joint_position(
    name: str, fingers: tuple[str, str], opening: float
) -> None:
    robot = RobotConfig.load(name)
    position = robot.gripper.joint_position(opening)
    frames = placements(robot, **dict.fromkeys(robot.gripper_joint_names, position))
    for link, side in zip(fingers, (1.0, -1.0), strict=True):
        centre, size = pad(robot, link)
        in_tool = frames[robot.ee_frame].actInv(frames[link])
        assert in_tool.rotation == pytest.approx(np.eye(3), abs=1e-9)
        middle = in_tool.act(centre)
        assert side * middle[1] - size[1] / 2 == pytest.approx(position, abs=1e-9)
        assert middle[0] == pytest.approx(0.0, abs=1e-9)
        assert middle[2] + size[2] / 2 == pytest.approx(0.009, abs=5e-4), "tips, beyond the tool"
