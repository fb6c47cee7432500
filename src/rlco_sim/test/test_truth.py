# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What only a simulation knows is so, and is told to nobody who did not ask."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from rlco_sim.env import RlcoEnv
from rlco_sim.tasks import TASKS
from rlco_sim.truth import SIZE, truth


@pytest.fixture(scope="module", params=sorted(TASKS))
def env(request: pytest.FixtureRequest) -> Iterator[RlcoEnv]:
    made = RlcoEnv(request.param, reward="milestone", truth=True)
    yield made
    made.close()


def test_it_says_where_things_are_and_what_was_reached(env: RlcoEnv) -> None:
    seen, _ = env.reset(seed=3)
    assert env.observation_space.contains(seen)
    session = env.session
    rows: list[np.ndarray] = []
    while not session.success() and session.steps < session.max_steps:
        rows.append(session.task.expert(env.path.target, session.gripper_opening))
        seen, *_ = env.step(rows[-1][None])
        told = seen["truth"]
        subject, goal = session.task.points()
        assert told[:3] + told[3:6] == pytest.approx(subject, abs=1e-5)
        assert told[:3] + told[3:6] + told[6:9] == pytest.approx(goal, abs=1e-5)
        assert np.linalg.norm(told[9:12]) == pytest.approx(1.0, abs=1e-5)
        assert told[12] == pytest.approx(session.steps / session.max_steps)
    assert session.success()
    milestones = len(session.milestones)
    assert told[13:].tolist() == [1.0] * milestones + [0.0] * (SIZE - 13 - milestones)
    # What was passed stays passed, though it may hold no more.
    assert truth(session, env._reward.reached)[13:].tolist() == told[13:].tolist()


def test_it_is_told_to_those_who_ask_alone() -> None:
    env = RlcoEnv("push_cube")
    assert "truth" not in env.observation_space.spaces
    assert "truth" not in env.reset(seed=0)[0]
    env.close()
