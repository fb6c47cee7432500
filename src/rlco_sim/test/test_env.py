# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The Gymnasium environments keep Gymnasium's contract."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from typing import cast

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from numpy.typing import NDArray

import rlco_sim  # noqa: F401
from rlco_core.errors import ConfigError
from rlco_core.motion import ActionPath
from rlco_core.robot import RobotConfig
from rlco_sim.domain import Domain
from rlco_sim.env import RlcoEnv
from rlco_sim.session import DT, Session

NAME = "rlco/PushCube-v0"
REST = np.tile(np.array([0, 0, 0, 0, 0, 0, 0.5], np.float32), (4, 1))


def made(**arguments: object) -> RlcoEnv:
    return cast(RlcoEnv, gymnasium.make(NAME, **arguments).unwrapped)


@pytest.fixture(scope="module")
def env() -> Iterator[RlcoEnv]:
    one = made()
    yield one
    one.close()


def chunk(**columns: float) -> NDArray[np.float32]:
    names = ("dx", "dy", "dz", "rx", "ry", "rz", "gripper")
    row = [columns.get(name, 0.0) for name in names]
    return np.tile(np.array(row, np.float32), (4, 1))


def expert(env: RlcoEnv) -> NDArray[np.float32]:
    """(7,) what the task's expert does now."""
    return env.session.task.expert(env.path.target, env.session.gripper_opening)


@pytest.mark.parametrize("robot", ["panda", "ur5e"])
@pytest.mark.parametrize("name", ["PickPlace", "PushCube", "OpenDrawer", "CloseDrawer"])
def test_check_env(name: str, robot: str) -> None:
    env = gymnasium.make(f"rlco/{name}-v0", robot=robot).unwrapped
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*observation space .*infinity")
        check_env(env)
    env.close()


def test_an_episode_is_the_sessions_own_through_the_one_action_path(env: RlcoEnv) -> None:
    robot = RobotConfig.load("panda")
    session, path = Session("push_cube", Domain.load("twin"), robot), ActionPath(robot, DT)
    seen, info = env.reset(seed=11)
    session.reset(11)
    path.reset(session.joint_positions, session.gripper_opening)
    assert info["instruction"] == session.scene.instruction
    for action in (chunk(dx=0.01), chunk(dz=-0.01, rz=-0.03), chunk(dy=0.008, gripper=1.0)):
        seen, *_, info = env.step(action)
        for row in action:
            command = path.step(row)
            session.advance(command.joints, command.fingers)
        assert (seen["image"] == session.camera.render()).all()
        assert (seen["proprioception"] == session.proprioception()).all()
        assert info["steps"] == session.steps
    session.close()


def test_observations_and_actions_are_in_their_spaces(env: RlcoEnv) -> None:
    seen, info = env.reset(seed=0)
    assert env.observation_space.contains(seen)
    assert seen["image"].shape == (64, 64, 3)
    assert (env.action_space.shape, env.action_space.dtype) == ((4, 7), np.float32)
    assert env.action_space.contains(chunk(gripper=1.0))
    assert not env.action_space.contains(chunk(gripper=1.1))
    assert info["accepted"]
    keys = {"success", "reached", "steps", "accepted", "verdict", "instruction", "subject"}
    assert set(info) == keys


def test_every_corner_of_the_action_space_passes_the_speed_limit(env: RlcoEnv) -> None:
    box = cast(gymnasium.spaces.Box, env.action_space)
    path = ActionPath(RobotConfig.load("panda"), DT)
    for signs in itertools.product((0, 1), repeat=7):
        path.reset(path.kinematics.home, 1.0)
        corner = np.where(np.array(signs), box.high[0], box.low[0])
        assert path.step(corner).verdict.accepted


def test_an_episode_that_goes_nowhere_is_truncated_at_the_step_limit(env: RlcoEnv) -> None:
    env.reset(seed=0)
    for decision in range(1, 31):
        _, reward, terminated, truncated, info = env.step(REST)
        assert (reward, terminated, info["success"]) == (0.0, False, False)
        assert info["steps"] == 4 * decision
        assert truncated is (decision == 30)


def test_success_terminates_with_a_reward_of_one() -> None:
    single = made(execute=1, instruction="push the blue cube")
    _, info = single.reset(seed=0)
    assert (info["instruction"], info["subject"]) == ("push the blue cube", "blue")
    terminated = truncated = False
    while not (terminated or truncated):
        assert not info["success"]
        action = expert(single)[None]
        _, reward, terminated, truncated, info = single.step(action)
        assert reward == float(terminated)
    assert (terminated, truncated, info["success"]) == (True, False, True)
    steps = info["steps"]
    assert single.step(action)[4]["steps"] == steps, "after success nothing moves"
    single.close()


def test_a_refused_row_truncates_where_it_stands_and_says_why(env: RlcoEnv) -> None:
    env.reset(seed=0)
    foul = REST.copy()
    foul[2, 1] = np.nan
    _, reward, terminated, truncated, info = env.step(foul)
    assert (reward, terminated, truncated, info["accepted"]) == (0.0, False, True, False)
    assert (info["steps"], info["verdict"]) == (2, "action dy is nan, not finite")
    env.reset(seed=0)
    *_, truncated, info = env.step(np.full((4, 7), 1.0, np.float32))
    assert truncated
    assert info["steps"] == 0
    assert "m/s asked, 0.5 m/s allowed" in info["verdict"]


def test_seeded_resets_and_those_that_follow_repeat(env: RlcoEnv) -> None:
    def instructions() -> list[tuple[str, bytes]]:
        resets = [env.reset(seed=5), *(env.reset() for _ in range(4))]
        return [(info["instruction"], seen["image"].tobytes()) for seen, info in resets]

    first = instructions()
    assert instructions() == first
    assert len(set(first)) == 5


def test_pictures_for_people_are_drawn_when_asked_for(env: RlcoEnv) -> None:
    assert env.render() is None
    shown = made(render_mode="rgb_array")
    shown.reset(seed=0)
    picture = shown.render()
    assert picture is not None
    assert (picture.shape, picture.dtype) == ((480, 480, 3), np.uint8)
    shown.close()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"domain": "mars"}, "domain 'mars' is neither a shipped domain"),
        ({"robot": "pnda"}, "robot 'pnda' is neither a shipped robot"),
        ({"task": "juggle"}, "unknown task 'juggle'; known: .*'push_cube'"),
        ({"split": "test"}, "task 'push_cube' has no split 'test'; it has 'train', 'unseen_ob"),
        (
            {"reward": "dense"},
            "reward 'dense' is unknown; it should be 'milestone', 'shaped' or 'sparse'",
        ),
    ],
)
def test_unknown_names_are_refused(arguments: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        made(**arguments)


def test_an_instruction_that_cannot_be_judged_is_refused_when_it_is_given(env: RlcoEnv) -> None:
    with pytest.raises(ConfigError, match="it must name exactly one of"):
        made(instruction="push it")
    env.reset(seed=3)
    env.step(REST)
    with pytest.raises(ConfigError, match="is about purple; scenes of split 'train' have 'blue'"):
        env.reset(seed=4, options={"instruction": "push the purple cube"})
    assert env.step(REST)[4]["steps"] == 8, "the running episode goes on"


def test_an_episode_can_have_an_instruction_of_its_own(env: RlcoEnv) -> None:
    drawn = env.reset(seed=3)[1]["instruction"]
    told = "shove the BLUE one"
    info = env.reset(seed=3, options={"instruction": told})[1]
    assert (info["instruction"], info["subject"]) == (told, "blue")
    assert env.reset(seed=3)[1]["instruction"] == drawn


def test_scenes_are_of_the_asked_split() -> None:
    unseen = made(split="unseen_objects")
    subjects = {unseen.reset(seed=seed)[1]["subject"] for seed in range(20)}
    assert subjects == {"yellow", "purple", "orange"}
    unseen.close()


def test_without_images_there_is_none_and_all_else_is_the_same(env: RlcoEnv) -> None:
    blind = made(images=False)
    assert set(blind.observation_space.spaces) == {"proprioception"}
    for seen, other in ((env.reset(seed=5), blind.reset(seed=5)),
                        (env.step(chunk(dz=-0.01)), blind.step(chunk(dz=-0.01)))):  # fmt: skip
        assert set(other[0]) == {"proprioception"}
        assert (seen[0]["proprioception"] == other[0]["proprioception"]).all()
        assert seen[1:] == other[1:]
    blind.close()
