# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A running simulation: reproducible to the bit, in time that only goes forward."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from altered import altered_domain

from rlco_core.errors import ConfigError
from rlco_core.kinematics import Kinematics
from rlco_core.motion import ActionPath
from rlco_core.robot import RobotConfig
from rlco_sim.bullet import pybullet
from rlco_sim.domain import Domain
from rlco_sim.session import DT, DT_NS, Session
from rlco_sim.tasks.push_cube import COLOURS, PushCube

PANDA, TWIN = RobotConfig.load("panda"), Domain.load("twin")


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    made = Session("push_cube", TWIN, PANDA)
    yield made
    made.close()


class Episode:
    """The expert's episode of one seed, and the digest of all that could be seen of it."""

    def __init__(self, session: Session, seed: int) -> None:
        self.session, self.path = session, ActionPath(PANDA, DT)
        session.reset(seed)
        self.path.reset(session.joint_positions, session.gripper_opening)
        self._hash = hashlib.sha256(session.scene.instruction.encode())

    def step(self) -> None:
        session, task = self.session, self.session.task
        assert isinstance(task, PushCube)
        command = self.path.step(task.expert(self.path.target, session.gripper_opening))
        assert command.verdict.accepted, command.verdict
        session.advance(command.joints, command.fingers)
        self._hash.update(session.motor_positions.tobytes() + session.motor_velocities.tobytes())
        for colour in COLOURS:
            self._hash.update(task.cube_position(colour).tobytes())
        self._hash.update(session.camera.render().tobytes())

    def digest(self) -> str:
        return f"{self.session.steps} {self.session.success()} {self._hash.hexdigest()}"


def played(session: Session, seed: int) -> str:
    episode = Episode(session, seed)
    while not session.success() and session.steps < session.max_steps:
        episode.step()
    return episode.digest()


def test_the_same_seed_is_the_same_episode_to_the_bit(session: Session) -> None:
    first = played(session, 7)
    assert played(session, 8) != first
    Episode(session, 9).step()  # left in the middle
    assert played(session, 7) == first
    other = Session("push_cube", TWIN, PANDA)
    assert played(other, 7) == first
    other.close()


def test_an_episode_ends_with_the_takt_where_the_domain_has_a_shorter_one() -> None:
    push, longer, other = {"push_cube": 2.8}, {"push_cube": 9.0}, {"open_drawer": 1.0}
    for takt, steps in ({}, 120), (push, 56), (longer, 120), (other, 120):
        brief = Session("push_cube", altered_domain("twin", timing={"takt": takt}), PANDA)
        assert brief.max_steps == steps
        brief.close()


def test_two_sessions_at_once_do_not_disturb_each_other(session: Session) -> None:
    alone = Episode(session, 4)
    for _ in range(40):
        alone.step()
    other = Session("push_cube", TWIN, PANDA)
    together, beside = Episode(session, 4), Episode(other, 5)
    for _ in range(40):
        beside.step()
        together.step()
    other.close()
    assert together.digest() == alone.digest()


def test_a_large_view_for_people_does_not_disturb_the_episode(session: Session) -> None:
    first = Episode(session, 2)
    for _ in range(10):
        first.step()
    again = Episode(session, 2)
    for _ in range(10):
        assert session.view(96, 32).shape == (32, 96, 3)
        again.step()
    assert again.digest() == first.digest()


def test_seeds_differ_in_scene_and_in_the_arms_start(session: Session) -> None:
    starts = []
    for seed in range(20):
        session.reset(seed)
        starts.append(session.joint_positions - np.array(PANDA.home))
    assert np.abs(starts).max() <= 0.02
    assert np.std(starts, axis=0).min() > 0.005


def test_time_only_goes_forward_in_whole_periods(session: Session) -> None:
    session.reset(0)
    start = session.stamp_ns
    for step in range(1, 4):
        session.advance(session.joint_positions, session.fingers)
        assert (session.steps, session.stamp_ns) == (step, start + step * DT_NS)
    session.reset(0)
    assert (session.steps, session.stamp_ns) == (0, start + 4 * DT_NS)
    assert round(DT * 1e9) == DT_NS


def test_an_observation_is_of_now(session: Session) -> None:
    scene = session.reset(3)
    session.advance(session.joint_positions, session.fingers)
    seen = session.observation()
    assert seen.stamp_ns == session.stamp_ns
    assert seen.instruction == scene.instruction == session.scene.instruction
    assert list(seen.images) == ["front"]
    assert (seen.images["front"] == session.camera.render()).all()
    assert (seen.proprioception == session.proprioception()).all()
    pose = Kinematics(PANDA).forward(session.joint_positions)
    assert seen.proprioception[:3] == pytest.approx(pose.translation, abs=1e-6)
    assert seen.proprioception[9] == pytest.approx(PushCube.gripper_opening, abs=0.05)


def test_what_was_told_and_has_not_happened_is_pending(session: Session) -> None:
    session.reset(3)
    kinematics = Kinematics(PANDA)
    start = kinematics.forward(session.joint_positions).translation.copy()
    opening = PANDA.gripper.opening(session.fingers)
    assert session.proprioception()[10:] == pytest.approx([0.0] * 6 + [opening], abs=1e-6)
    goal = session.joint_positions + 0.02
    told = kinematics.forward(goal).translation.copy()
    for _ in range(10):
        session.advance(goal, PANDA.gripper.joint_position(0.25))
        row = session.proprioception()
        assert row[:3] + row[10:13] == pytest.approx(told, abs=1e-6)
        assert row[16] == pytest.approx(0.25)
    assert np.linalg.norm(row[10:13]) < 0.05 * np.linalg.norm(told - start), "it has happened"


def test_motors_are_arm_and_fingers(session: Session) -> None:
    session.reset(3)
    assert (session.motor_positions[:7] == session.joint_positions).all()
    assert session.motor_positions[7] == session.fingers
    assert session.gripper_opening == pytest.approx(PushCube.gripper_opening)
    assert session.motor_velocities.shape == (9,)


def test_the_instruction_can_be_replaced_in_the_same_scene(session: Session) -> None:
    session.reset(1)
    before = session.observation()
    scene = session.reset(1, "shove the blue box away")
    assert (scene.instruction, scene.subject) == ("shove the blue box away", "blue")
    after = session.observation()
    assert after.instruction == scene.instruction
    assert (after.images["front"] == before.images["front"]).all()


@pytest.mark.parametrize(
    ("seed", "instruction", "message"),
    [
        (-1, "", "seed -1 is negative; seeds are 0, 1, 2 ..."),
        (1, "push it", "'push it' names 0 colours; it must name exactly one of 'blue', 'green'"),
        (1, "push red and blue", "names 2 colours"),
    ],
)
def test_a_foul_reset_leaves_the_running_episode_alone(
    session: Session, seed: int, instruction: str, message: str
) -> None:
    undisturbed = Episode(session, 6)
    for _ in range(8):
        undisturbed.step()
    episode = Episode(session, 6)
    for _ in range(4):
        episode.step()
    with pytest.raises(ConfigError) as caught:
        session.reset(seed, instruction)
    assert message in str(caught.value)
    for _ in range(4):
        episode.step()
    assert episode.digest() == undisturbed.digest()


def test_seeds_may_be_as_large_as_the_reset_service_has_them(session: Session) -> None:
    assert session.reset(2**64 - 1).instruction


def test_other_domains_look_and_move_otherwise(session: Session) -> None:
    changed = altered_domain(
        "twin",
        controller={"gain": 0.1},
        looks={"table": {"colour": [0.1, 0.1, 0.4], "texture": "plain", "contrast": 0.0}},
    )
    other = Session("push_cube", changed, PANDA)
    for each in (session, other):
        each.reset(0)
        for _ in range(3):
            each.advance(np.array(PANDA.home) + 0.05, 0.02)
    assert np.abs(session.joint_positions - other.joint_positions).max() > 1e-3
    assert session.camera.render()[32, 2, 0] > other.camera.render()[32, 2, 0] + 50
    other.close()


def test_what_cannot_be_simulated_is_named() -> None:
    with pytest.raises(ConfigError, match=r"unknown task 'juggle'; known: .*'push_cube'"):
        Session("juggle", TWIN, PANDA)
    missing = PANDA.model_copy(update={"urdf": Path("/no/such.urdf")})
    with pytest.raises(ConfigError, match=r"panda: cannot read URDF /no/such\.urdf"):
        Session("push_cube", TWIN, missing)


def test_close_frees_the_client() -> None:
    made = Session("push_cube", TWIN, PANDA)
    client = made.world.client
    made.close()
    assert not pybullet.isConnected(client)


def test_a_world_that_is_drawn_anew_looks_otherwise_and_moves_alike() -> None:
    """Every third period of ``wide`` has another camera, light and room; the scene stays."""
    plain = Session("push_cube", altered_domain("wide", looks={"redraw": 0}), PANDA)
    anew = Session("push_cube", altered_domain("wide", looks={"redraw": 3}), PANDA)
    rng, cameras = np.random.default_rng(0), []
    for one in (plain, anew):
        one.reset(11)
    for step in range(1, 8):
        joints = plain.joint_positions + rng.uniform(-0.02, 0.02, 7)
        for one in (plain, anew):
            one.advance(joints, 0.02)
        assert (plain.motor_positions == anew.motor_positions).all()
        assert (plain.camera.settings == anew.camera.settings) == (step < 3)
        cameras.append(anew.camera.settings.eye)
    assert [cameras.index(eye) for eye in cameras] == [0, 0, 2, 2, 2, 5, 5]
    first, second = (one.camera.render().astype(int) for one in (plain, anew))
    assert np.abs(first - second).mean() > 10.0
    for one in (plain, anew):
        one.close()


def test_periods_can_pass_in_steps_of_physics(session: Session) -> None:
    session.reset(3)
    start, goal = session.stamp_ns, session.joint_positions.copy()
    stamps = []
    for _ in range(2 * session.substeps):
        assert session.next_ns > session.stamp_ns
        session.step(goal, session.fingers)
        stamps.append(session.stamp_ns - start)
        assert session.between == bool(stamps[-1] % DT_NS)
        assert session.steps == stamps[-1] // DT_NS
    assert stamps == [DT_NS * (k + 1) // session.substeps for k in range(len(stamps))]
    session.step(goal, session.fingers)
    session.reset(3)
    assert (session.between, session.steps) == (False, 0)
    assert session.stamp_ns > start + stamps[-1]
