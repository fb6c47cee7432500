# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""One episode in simulated time: what is commanded, and why it ends."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rlco_bridge.episode import Episode, Measured
from rlco_bridge.watchdog import Watchdog
from rlco_core.chunks import ChunkPlayer
from rlco_core.motion import ActionPath
from rlco_core.robot import RobotConfig
from rlco_core.types import ActionChunk

DT_NS = 50_000_000
T0 = 20 * DT_NS
HOME = np.array(RobotConfig.load("panda").home)


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def episode(clock: Clock) -> Episode:
    player = ChunkPlayer(dt=0.05, horizon=8, execute=4, contract_hash="a" * 64)
    path = ActionPath(RobotConfig.load("panda"), 0.05)
    return Episode(1, T0, 6, player, path, clock)


def chunk(stamp_ns: int = T0, dx: float = 0.005) -> ActionChunk:
    rows = np.zeros((8, 7), np.float32)
    rows[:, 0] = dx
    return ActionChunk(stamp_ns, 0.05, rows, "a" * 64, episode=1)


def measure(episode: Episode, stamp_ns: int) -> None:
    episode.observe(Measured(stamp_ns, HOME, 0.5))


def test_what_was_in_force_does_not_depend_on_when_it_is_asked(episode: Episode) -> None:
    measure(episode, T0)
    episode.take(chunk(), T0)
    first = episode.command(T0)
    second = episode.command(T0 + DT_NS)
    assert first is not None
    assert second is not None
    late = episode.observe(Measured(T0 + DT_NS, HOME, 0.5))
    assert late is not None
    assert (late.joints == first.joints).all()
    later = episode.observe(Measured(T0 + DT_NS + 1, HOME, 0.5))
    assert later is not None
    assert (later.joints == second.joints).all()


def test_plays_from_where_the_arm_is_until_the_step_limit(episode: Episode) -> None:
    for step in range(6):
        now = T0 + step * DT_NS
        measure(episode, now)
        if step % 4 == 0:
            assert episode.command(now) is None
            verdict = episode.take(chunk(now), now)
            assert verdict is not None
            assert verdict.accepted
        command = episode.command(now)
        assert command is not None
        assert np.abs(command.joints - HOME).max() < 0.2
    assert episode.command(T0 + 6 * DT_NS) is None
    assert episode.outcome is not None
    assert episode.outcome.stop_reason == "step_limit"
    assert episode.steps == 6


def test_what_was_in_force_when_the_arm_was_measured(episode: Episode) -> None:
    assert episode.observe(Measured(T0 - DT_NS, HOME, 0.5)) is None
    first = episode.observe(Measured(T0, HOME, 0.5))
    assert first is not None
    assert first.joints == pytest.approx(HOME)
    episode.take(chunk(), T0)
    sent = episode.command(T0)
    assert sent is not None
    assert episode.observe(Measured(T0, HOME, 0.5)) is first, "the same moment, said again"
    then = episode.observe(Measured(T0 + DT_NS, HOME, 0.5))
    assert then is not None
    assert then.joints.tolist() == sent.joints.tolist() != first.joints.tolist()
    assert then.fingers == sent.fingers


def test_what_was_played_is_told_with_who_made_it(episode: Episode) -> None:
    measure(episode, T0)
    assert episode.played is None
    before = HOME
    for period, by_person in enumerate((False, True)):
        now = T0 + period * DT_NS
        episode.take(replace(chunk(now, dx=0.001 * period), by_person=by_person), now)
        command = episode.command(now)
        assert command is not None
        assert episode.played is not None
        assert episode.played.told.joints.tolist() == pytest.approx(before)
        before = command.joints
        assert episode.played.by_person == by_person
        assert episode.played.action[0] == np.float32(0.001 * period)


def test_nothing_is_commanded_before_the_first_measurement(episode: Episode) -> None:
    episode.take(chunk(), T0)
    measure(episode, T0 - DT_NS)
    assert episode.command(T0) is None


def test_success_ends_it_but_not_that_of_an_earlier_scene(episode: Episode) -> None:
    episode.judge(T0 - DT_NS, success=True)
    assert episode.outcome is None
    episode.judge(T0, success=True)
    assert episode.outcome is not None
    episode.end("limit", "later")
    assert episode.outcome.stop_reason == "success"


def test_chunks_of_other_episodes_are_ignored(episode: Episode) -> None:
    assert episode.take(replace(chunk(), episode=2), T0) is None


def test_a_late_chunk_is_refused_and_a_foul_one_ends_it(episode: Episode) -> None:
    late = episode.take(chunk(), T0 + 9 * DT_NS)
    assert late is not None
    assert late.limit == "stale"
    assert episode.outcome is None
    episode.take(replace(chunk(), contract_hash="b" * 64), T0)
    assert episode.outcome is not None
    assert episode.outcome.stop_reason == "chunk_rejected"


def test_a_refused_action_ends_it(episode: Episode) -> None:
    measure(episode, T0)
    episode.take(chunk(dx=1.0), T0)
    assert episode.command(T0) is None
    assert episode.outcome is not None
    assert episode.outcome.stop_reason == "limit"
    assert episode.outcome.detail.startswith("speed: ")


def test_latency_counts_once_per_chunk(episode: Episode, clock: Clock) -> None:
    measure(episode, T0)
    clock.now = 0.03
    episode.take(chunk(), T0)
    episode.command(T0)
    clock.now = 0.08
    measure(episode, T0 + DT_NS)
    episode.command(T0 + DT_NS)
    assert episode.latencies_ms == pytest.approx([30.0])


def test_watchdog_expires_unless_fed(clock: Clock) -> None:
    watchdog = Watchdog(0.5, clock)
    clock.now = 0.5
    assert not watchdog.expired
    clock.now = 0.6
    assert watchdog.expired
    watchdog.feed()
    assert (watchdog.expired, watchdog.silence) == (False, 0.0)
