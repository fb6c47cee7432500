# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""States of an environment: an episode goes on from one to the bit, here or elsewhere."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rlco_core.errors import ConfigError
from rlco_sim.env import EnvState, RlcoEnv

CASES = [
    ("push_cube", "twin", "panda"),
    ("pick_place", "stand_in", "ur5e"),
    ("open_drawer", "twin", "ur5e"),
    ("close_drawer", "stand_in", "panda"),
]
Seen = tuple[Any, ...]
Actions = NDArray[np.float32]


def made(task: str, domain: str, robot: str, **arguments: Any) -> RlcoEnv:
    return RlcoEnv(task, domain, robot, reward="milestone", **arguments)


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[RlcoEnv, RlcoEnv]]:
    """Two environments of one kind, the second with an episode of its own behind it."""
    both = made(*request.param), made(*request.param)
    yield both
    for env in both:
        env.close()


def bits(observation: dict[str, Any]) -> Seen:
    return tuple(observation[key].tobytes() for key in sorted(observation))


def step(env: RlcoEnv, action: Actions) -> Seen:
    """All that can be seen of a decision, and of the motors behind it."""
    observation, reward, terminated, truncated, info = env.step(action)
    motors = env.session.motor_positions.tobytes(), env.session.motor_velocities.tobytes()
    return (*bits(observation), reward, terminated, truncated, *motors, *info.items())


def expert(env: RlcoEnv) -> Actions:
    """(1, 7): what the expert does now."""
    return env.session.task.expert(env.path.target, env.session.gripper_opening)[None]


def episode(env: RlcoEnv, seed: int, decisions: int) -> tuple[list[Actions], list[Seen]]:
    """The actions of the expert and what was seen."""
    env.reset(seed=seed)
    actions, seen = [], []
    for _ in range(decisions):
        actions.append(expert(env))
        seen.append(step(env, actions[-1]))
    return actions, seen


def test_an_episode_goes_on_to_the_bit_from_every_state(pair: tuple[RlcoEnv, RlcoEnv]) -> None:
    env, other = pair
    decisions = 70
    env.reset(seed=3)
    states, actions, seen = [], [], []
    for _ in range(decisions):
        states.append(env.get_state())
        actions.append(expert(env))
        seen.append(step(env, actions[-1]))
    assert sum(entry[2] for entry in seen) > 0.0, "no milestone: nothing is told of the reward"
    for at in (0, 25, decisions - 1):
        episode(other, 8, 3)  # whatever came before
        other.set_state(states[at])
        again = [step(other, action) for action in actions[at:]]
        assert again == seen[at:], f"from decision {at}"
        assert other.get_state().seed == 3
        assert len(other.get_state().actions) == env.session.steps


def test_what_is_observed_in_a_state_is_what_was_seen_there(pair: tuple[RlcoEnv, RlcoEnv]) -> None:
    env, other = pair
    observation, _ = env.reset(seed=4)
    start = env.get_state()
    later, *_ = env.step(expert(env))
    assert bits(other.set_state(env.get_state())) == bits(later)
    assert bits(other.set_state(start)) == bits(observation)


def test_a_reset_is_the_same_whatever_came_before(pair: tuple[RlcoEnv, RlcoEnv]) -> None:
    env, other = pair
    first = bits(env.reset(seed=5)[0])
    actions, seen = episode(env, 5, 20)
    for before in (lambda: episode(other, 9, 10), lambda: other.set_state(env.get_state())):
        before()
        assert bits(other.reset(seed=5)[0]) == first
        assert [step(other, action) for action in actions] == seen


def test_states_are_plain_data(pair: tuple[RlcoEnv, RlcoEnv]) -> None:
    env, other = pair
    episode(env, 6, 8)
    state = env.get_state()
    packed = pickle.dumps(state)
    after = step(env, expert(env))
    assert len(packed) < 4000
    unpacked = pickle.loads(packed)
    assert len(unpacked.actions) == 8, "a state stands still as its episode goes on"
    other.set_state(unpacked)
    assert step(other, env.get_state().actions[-1:]) == after  # type: ignore[arg-type]


def test_a_milestone_is_rewarded_once_across_states() -> None:
    env = made("close_drawer", "twin", "panda", images=False)
    env.reset(seed=0)
    while not env.session.reached()[0]:
        assert not any(env.step(expert(env))[2:4])
    reached = env.get_state()
    rest = np.array([[0, 0, 0, 0, 0, 0, 0]], np.float32)
    assert env.step(rest)[1] == 0.0
    env.reset(seed=1)
    env.set_state(reached)
    assert env.step(rest)[1] == 0.0, "the touch was paid for before"
    env.close()


def test_instruction_and_progress_are_part_of_a_state() -> None:
    env = made("push_cube", "twin", "panda", images=False)
    _, info = env.reset(seed=2, options={"instruction": "push the blue cube", "progress": 0.25})
    state = env.get_state()
    env.reset(seed=3, options={"progress": 1.0})
    env.set_state(state)
    assert env.session.scene.instruction == info["instruction"] == "push the blue cube"
    assert env.session.progress == 0.25
    assert env.get_state() == state == EnvState(2, "push the blue cube", 0.25, ())
    env.close()


def test_a_state_of_another_environment_is_refused() -> None:
    env = made("push_cube", "twin", "panda", images=False)
    with pytest.raises(ConfigError, match=r"the state is of another environment: .* m/s"):
        env.set_state(EnvState(0, "", 1.0, (np.full(7, 0.5, np.float32),)))
    with pytest.raises(ConfigError, match="names 0 colours"):
        env.set_state(EnvState(0, "open the drawer", 1.0, ()))
    env.close()


def test_a_refused_action_is_no_part_of_a_state() -> None:
    env = made("push_cube", "twin", "panda", images=False)
    env.reset(seed=0)
    rows = np.zeros((4, 7), np.float32)
    rows[2, 0] = np.nan
    env.step(rows)
    assert len(env.get_state().actions) == 2
    rows[:2] = 0.01
    assert not env.get_state().actions[0].any(), "the caller's array was kept"
    env.close()
