# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What is seen is as old as the domain says, and asking changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from altered import altered_domain
from numpy.typing import NDArray

from rlco_core.robot import RobotConfig
from rlco_sim.latency import LateView
from rlco_sim.session import DT, DT_NS, Session
from rlco_sim.settings import TimingSettings

PANDA = RobotConfig.load("panda")


class Counter:
    """A world that shows how many periods have passed, and notes when it is looked at."""

    def __init__(self) -> None:
        self.now, self.looked = 0, 0

    def look(self) -> int:
        self.looked += 1
        return self.now


def view(world: Counter, latency: float, jitter: float = 0.0, seed: int = 0) -> LateView[int]:
    late = LateView(world.look, DT)
    late.reset(TimingSettings(latency=latency, jitter=jitter), seed)
    return late


def ages(latency: float, jitter: float, seed: int, steps: int, asks: int = 1) -> list[int]:
    """How old what is seen is, at every step of an episode."""
    world = Counter()
    late, found = view(world, latency, jitter, seed), []
    for step in range(steps):
        seen = {late.now() for _ in range(asks)}
        assert len(seen) == 1, "asking twice gives two answers"
        found.append(step - seen.pop())
        world.now += 1
        late.advance()
    return found


def test_without_latency_what_is_seen_is_now_and_only_when_asked_for() -> None:
    world = Counter()
    late = view(world, 0.0)
    for step in range(1, 4):
        world.now += 1
        late.advance()
        assert world.looked == step - 1
        assert late.now() == step
        assert world.looked == step


@pytest.mark.parametrize("periods", [1, 2, 5])
def test_a_latency_of_whole_periods_is_exactly_that(periods: int) -> None:
    found = ages(periods * DT, 0.0, 0, 20)
    assert found == [min(step, periods) for step in range(20)], "and never before the start"


def test_a_latency_is_rounded_to_whole_periods() -> None:
    assert ages(0.02, 0.0, 0, 5)[-1] == 0
    assert ages(0.03, 0.0, 0, 5)[-1] == 1
    assert ages(0.13, 0.0, 0, 9)[-1] == 3


def test_jitter_spreads_the_age_between_latency_and_their_sum() -> None:
    found = np.array(ages(DT, 2 * DT, 3, 400)[3:])
    assert set(found) == {1, 2, 3}
    # Uniform on [1, 3], rounded: a quarter, a half, a quarter.
    assert np.bincount(found)[1:] / len(found) == pytest.approx([0.25, 0.5, 0.25], abs=0.08)


def test_the_jitter_of_a_seed_repeats_and_seeds_differ() -> None:
    assert ages(DT, 2 * DT, 3, 60) == ages(DT, 2 * DT, 3, 60)
    assert ages(DT, 2 * DT, 3, 60) != ages(DT, 2 * DT, 4, 60)


def test_asking_often_changes_nothing() -> None:
    assert ages(DT, 2 * DT, 3, 60, asks=3) == ages(DT, 2 * DT, 3, 60)


@pytest.mark.parametrize(("latency", "jitter"), [(2 * DT, 0.0), (DT, 2 * DT)])
def test_what_is_seen_does_not_depend_on_when_it_was_asked_for(
    latency: float, jitter: float
) -> None:
    """An observer who skips some periods, the first among them, sees what all others see."""

    def seen(asked: Callable[[int], bool]) -> dict[int, int]:
        world = Counter()
        late, answers = view(world, latency, jitter), {}
        for step in range(12):
            if asked(step):
                answers[step] = late.now()
            world.now += 1
            late.advance()
        return answers

    always = seen(lambda step: True)
    for some in (lambda step: step % 3 == 1, lambda step: step == 2, lambda step: step >= 1):
        for step, answer in seen(some).items():
            assert answer == always[step], f"step {step}"


def test_after_a_reset_nothing_older_is_seen() -> None:
    world = Counter()
    late = view(world, 3 * DT)
    for _ in range(10):
        world.now += 1
        late.advance()
    world.now = 100
    late.reset(TimingSettings(latency=3 * DT, jitter=0.0), 1)
    for step in range(6):
        assert late.now() == 100 + max(step - 3, 0)
        world.now += 1
        late.advance()


@pytest.fixture(scope="module")
def late() -> Iterator[Session]:
    """The twin, seen two periods late."""
    domain = altered_domain("twin", timing={"latency": 2 * DT})
    made = Session("push_cube", domain, PANDA)
    yield made
    made.close()


Moment = tuple[NDArray[np.uint8], NDArray[np.float64]]


def run(session: Session, steps: int) -> tuple[list[Moment], list[Moment]]:
    """What was there and what arrived, at the start and after every step."""
    session.reset(4)
    there: list[Moment] = []
    arrived: list[Moment] = []
    for step in range(steps):
        there.append((session.camera.render(), session.motor_positions))
        arrived.append((session.image(), session.joint_state()[0]))
        session.advance(np.array(PANDA.home) + 0.02 * (step + 1), 0.02)
    return there, arrived


def test_images_and_joints_arrive_two_periods_late(late: Session) -> None:
    there, arrived = run(late, 8)
    for step in range(8):
        wanted = there[max(step - 2, 0)]
        assert (arrived[step][0] == wanted[0]).all()
        assert (arrived[step][1] == wanted[1]).all()
        if step >= 2:
            assert (there[step][0] != arrived[step][0]).any(), "the scene stands still"
            assert (there[step][1] != arrived[step][1]).any()


def test_an_observation_is_stamped_on_arrival_and_late_in_all_parts(late: Session) -> None:
    late.reset(4)
    start = late.observation()
    for step in (1, 2):
        late.advance(np.array(PANDA.home) + 0.1, 0.04)
        seen = late.observation()
        assert seen.stamp_ns == start.stamp_ns + step * DT_NS
        assert (seen.images["front"] == start.images["front"]).all()
        assert (seen.proprioception[:10] == start.proprioception[:10]).all()
        assert (seen.proprioception[10:13] != 0.0).all(), "what it was told is known at once"
    late.advance(np.array(PANDA.home) + 0.1, 0.04)
    seen = late.observation().proprioception[:10]
    assert (seen != start.proprioception[:10]).any()
    assert (late.proprioception()[:10] != seen).any(), "as it is now"


def test_a_late_view_does_not_change_the_world(late: Session) -> None:
    prompt = Session("push_cube", altered_domain("twin"), PANDA)
    there, _ = run(prompt, 5)
    again, _ = run(late, 5)
    assert all(
        (a[0] == b[0]).all() and (a[1] == b[1]).all() for a, b in zip(there, again, strict=True)
    )
    prompt.close()


def test_the_next_episode_sees_nothing_of_the_last(late: Session) -> None:
    _, first = run(late, 4)
    late.reset(5)
    for _ in range(4):
        late.advance(np.array(PANDA.home), 0.0)
    _, again = run(late, 4)
    assert all((a[0] == b[0]).all() for a, b in zip(first, again, strict=True))
