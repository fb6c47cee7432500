# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Milestones and success are rewarded once, and losing success costs once."""

from __future__ import annotations

import numpy as np
import pytest

from rlco_sim.env import RlcoEnv
from rlco_sim.reward import LOST, MILESTONE, NEAREST, SUCCESS, MilestoneReward, Nearer


def rewards(steps: list[tuple[tuple[bool, ...], bool]]) -> list[float]:
    """What a reward of two milestones gives for (reached, success) of one step after another."""
    reward = MilestoneReward(2)
    return [reward.update(reached, success) for reached, success in steps]


def test_the_scale_is_as_the_text_says() -> None:
    assert (MILESTONE, SUCCESS, LOST) == (0.2, 1.0, -0.4)


def test_every_milestone_counts_the_first_time_only() -> None:
    one, two, neither = (True, False), (False, True), (False, False)
    steps = [(neither, False), (one, False), (one, False), (neither, False), (one, False)]
    assert rewards(steps) == [0.0, 0.2, 0.0, 0.0, 0.0]
    # Each by itself, in any order, and two at once are worth twice as much.
    assert rewards([(two, False), (one, False)]) == [0.2, 0.2]
    assert rewards([((True, True), False)]) == [0.4]


def test_success_counts_once_and_its_first_loss_costs_once() -> None:
    reached = (False, False)
    steps = [(reached, held) for held in (True, True, False, False, True, False)]
    assert rewards(steps) == [1.0, 0.0, -0.4, 0.0, 0.0, 0.0]


def test_without_success_there_is_nothing_to_lose() -> None:
    assert rewards([((True, False), False), ((False, False), False)]) == [0.2, 0.0]


def test_coming_nearer_pays_by_the_metre_and_going_away_costs_as_much() -> None:
    nearer = Nearer()
    nearer.reset(0.5)
    paid = [nearer.update(distance) for distance in (0.45, 0.45, 0.48, 0.40)]
    assert paid == pytest.approx([0.1, 0.0, -0.06, 0.16])
    assert [nearer.update(distance) for distance in (5.0, 0.0)] == [-NEAREST, NEAREST]


def test_a_shaped_episode_is_worth_its_milestones_and_the_way() -> None:
    env = RlcoEnv("push_cube", execute=1, reward="shaped", images=False)
    plain = RlcoEnv("push_cube", execute=1, reward="milestone", images=False)
    for one in (env, plain):
        one.reset(seed=3)
    start, total, ended = env.session.distance(), 0.0, False
    while not ended:
        action = env.session.task.expert(env.path.target, env.session.gripper_opening)[None]
        _, reward, ended, _, _ = env.step(action)
        total += reward - plain.step(action)[1]
        assert env.reward_span[0] <= reward <= env.reward_span[1]
    assert total == pytest.approx(2.0 * (start - env.session.distance()), abs=1e-6)
    assert start - env.session.distance() > 0.2


def test_milestones_and_success_of_one_step_add_up_to_the_span() -> None:
    low, high = MilestoneReward(2).span
    assert rewards([((True, True), True)]) == [high] == pytest.approx([1.4])
    assert rewards([((True, True), True), ((True, True), False)])[1] == low == -0.4
    assert MilestoneReward(0).span == (-0.4, 1.0)


def test_after_a_reset_all_counts_again() -> None:
    reward = MilestoneReward(1)
    episode = [((True,), False), ((True,), True), ((True,), False)]
    first = [reward.update(*step) for step in episode]
    assert first == [0.2, 1.0, -0.4]
    reward.reset()
    assert [reward.update(*step) for step in episode] == first
    reward.reset()
    assert reward.update((False,), False) == 0.0, "a loss of the episode before is forgotten"


def episode(env: RlcoEnv, seed: int, beyond: int = 0) -> tuple[list[float], list[bool], list[bool]]:
    """Rewards, touches and successes of the expert's episode, and of some steps at rest."""
    env.reset(seed=seed)
    earned, touched, succeeded, rest = [], [], [], 0
    while rest <= beyond and len(earned) < env.session.max_steps:
        action = env.session.task.expert(env.path.target, env.session.gripper_opening)
        _, reward, ended, truncated, info = env.step(action[None])
        earned.append(reward)
        touched.append(info["reached"] == (True,))
        succeeded.append(info["success"])
        rest += bool(info["success"])
        if ended or truncated:
            break
    return earned, touched, succeeded


def first(values: list[bool]) -> int:
    return values.index(True)


def test_a_sparse_episode_is_worth_one_at_its_end_alone() -> None:
    env = RlcoEnv("push_cube", execute=1, images=False)
    earned, touched, succeeded = episode(env, 0)
    assert env.reward_span == (-0.4, 1.0)
    assert any(touched)
    assert earned == [0.0] * (len(earned) - 1) + [1.0]
    assert first(succeeded) == len(earned) - 1
    env.close()


def test_an_episode_with_milestones_is_worth_the_first_touch_as_well() -> None:
    env = RlcoEnv("push_cube", execute=1, reward="milestone", images=False)
    earned, touched, succeeded = episode(env, 0)
    wanted = np.zeros(len(earned))
    wanted[first(touched)] += 0.2
    wanted[first(succeeded)] += 1.0
    assert earned == wanted.tolist()
    assert env.reward_span == pytest.approx((-0.4, 1.2))
    assert first(touched) < first(succeeded)
    env.close()


def test_rewards_of_one_decision_add_up() -> None:
    fine = RlcoEnv("push_cube", execute=1, reward="milestone", images=False)
    coarse = RlcoEnv("push_cube", execute=40, reward="milestone", images=False)
    fine.reset(seed=0)
    coarse.reset(seed=0)
    actions, earned = [], []
    for _ in range(40):
        actions.append(fine.session.task.expert(fine.path.target, fine.session.gripper_opening))
        earned.append(fine.step(actions[-1][None])[1])
    assert coarse.step(np.stack(actions))[1] == sum(earned) == pytest.approx(0.2)
    fine.close()
    coarse.close()


def test_where_success_does_not_terminate_it_is_rewarded_once_and_can_be_lost() -> None:
    env = RlcoEnv("push_cube", execute=1, reward="milestone", terminate=False, images=False)
    earned, _, succeeded = episode(env, 0, beyond=4)
    arrived = first(succeeded)
    assert len(earned) == arrived + 5, "success did not end it"
    assert earned[arrived] == 1.0
    assert earned[arrived + 1 :] == [0.0] * 4
    # Putting the cube aside loses the success: once, whatever comes after.
    task, world = env.session.task, env.session.world
    cube = task._cubes[env.session.scene.subject]  # type: ignore[attr-defined]
    home = world.position(cube)
    rest = np.array([[0, 0, 0, 0, 0, 0, 0.5]], np.float32)
    later = []
    for place in ((0.4, 0.35, home[2]), tuple(home), (0.4, 0.35, home[2])):
        world.place(cube, place)
        later.append(env.step(rest)[1])
    assert later == [-0.4, 0.0, 0.0]
    env.close()
