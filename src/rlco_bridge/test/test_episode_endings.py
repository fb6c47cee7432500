# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Every way in which a chunk or an action can be wrong, and what the episode makes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from rlco_bridge.episode import Episode, Measured
from rlco_core.chunks import ChunkPlayer
from rlco_core.motion import ActionPath
from rlco_core.robot import RobotConfig
from rlco_core.types import ActionChunk

DT_NS = 50_000_000
T0 = 20 * DT_NS
PANDA = RobotConfig.load("panda")
HOME = np.array(PANDA.home)
HASH = "a" * 64
Bend = Callable[[ActionChunk], ActionChunk]


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
def player() -> ChunkPlayer:
    return ChunkPlayer(dt=0.05, horizon=8, execute=4, contract_hash=HASH)


@pytest.fixture
def episode(clock: Clock, player: ChunkPlayer) -> Episode:
    made = Episode(1, T0, 100, player, ActionPath(PANDA, 0.05), clock)
    made.observe(Measured(T0, HOME, 0.5))
    return made


def chunk(stamp_ns: int = T0, **row: float) -> ActionChunk:
    """A chunk of equal rows; those columns that are not given are zero."""
    columns = ("dx", "dy", "dz", "rx", "ry", "rz", "gripper")
    rows = np.tile(np.array([row.get(c, 0.0) for c in columns], np.float32), (8, 1))
    return ActionChunk(stamp_ns, 0.05, rows, HASH, episode=1)


def spoilt(value: float) -> Bend:
    def bend(sound: ActionChunk) -> ActionChunk:
        actions = sound.actions.copy()
        actions[7, 3] = value  # a row that would never have been played
        return replace(sound, actions=actions)

    return bend


@pytest.mark.parametrize(
    ("bend", "limit"),
    [
        (spoilt(float("nan")), "finite"),
        (spoilt(float("-inf")), "finite"),
        (lambda c: replace(c, contract_hash=""), "contract"),
        (lambda c: replace(c, actions=c.actions[:5]), "shape"),
        (lambda c: replace(c, actions=c.actions.reshape(1, -1)), "shape"),
        (lambda c: replace(c, dt=0.1), "dt"),
        (lambda c: replace(c, dt=float("nan")), "dt"),
        (lambda c: replace(c, dt=float("inf")), "dt"),
    ],
    ids=["nan", "inf", "contract", "short", "flat", "dt", "nan-dt", "inf-dt"],
)
def test_a_foul_chunk_ends_it_and_nothing_is_commanded(
    episode: Episode, bend: Bend, limit: str
) -> None:
    verdict = episode.take(bend(chunk()), T0)
    assert verdict is not None
    assert (verdict.accepted, verdict.limit) == (False, limit)
    assert episode.outcome is not None
    assert episode.outcome.stop_reason == "chunk_rejected"
    assert episode.outcome.detail == f"{limit}: {verdict.reason}"
    assert episode.command(T0) is None
    assert episode.steps == 0


def test_a_foul_chunk_stops_one_that_plays(episode: Episode) -> None:
    episode.take(chunk(), T0)
    assert episode.command(T0) is not None
    episode.take(spoilt(float("nan"))(chunk(T0 + DT_NS)), T0 + DT_NS)
    assert episode.command(T0 + DT_NS) is None


@pytest.mark.parametrize(
    ("stamp_ns", "now_ns", "limit"),
    [
        (T0, T0 + 4 * DT_NS, "stale"),
        (T0 + DT_NS, T0, "future"),
        (T0 - DT_NS, T0, "order"),
    ],
)
def test_an_untimely_chunk_is_refused_and_the_old_one_plays_on(
    episode: Episode, stamp_ns: int, now_ns: int, limit: str
) -> None:
    episode.take(chunk(dz=0.004), T0)
    verdict = episode.take(chunk(stamp_ns, dz=-0.004), now_ns)
    assert verdict is not None
    assert (verdict.accepted, verdict.limit) == (False, limit)
    assert episode.outcome is None
    before = ActionPath(PANDA, 0.05).kinematics.forward(HOME).translation[2]
    command = episode.command(T0)
    assert command is not None
    after = ActionPath(PANDA, 0.05).kinematics.forward(command.joints).translation[2]
    assert after - before == pytest.approx(0.004, abs=5e-4)


def test_a_foul_chunk_of_another_episode_does_no_harm(episode: Episode) -> None:
    assert episode.take(replace(spoilt(float("nan"))(chunk()), episode=2), T0) is None
    assert episode.outcome is None


def test_no_chunk_outlasts_its_episode(player: ChunkPlayer, episode: Episode) -> None:
    episode.take(chunk(), T0)
    following = Episode(2, T0, 100, player, ActionPath(PANDA, 0.05))
    following.observe(Measured(T0, HOME, 0.5))
    assert following.command(T0) is None
    assert following.outcome is None


def test_after_the_end_nothing_counts(episode: Episode) -> None:
    episode.take(chunk(), T0)
    episode.end("canceled", "by the client")
    assert episode.take(chunk(), T0) is None
    assert episode.command(T0) is None
    episode.judge(T0, success=True)
    assert episode.outcome is not None
    assert (episode.outcome.stop_reason, episode.outcome.detail) == ("canceled", "by the client")


@pytest.mark.parametrize(
    ("row", "limit"),
    [({"dz": 0.03}, "speed"), ({"rz": 0.08}, "speed"), ({"dy": -1e30}, "speed")],
)
def test_an_action_beyond_a_limit_ends_it_unsent(
    episode: Episode, row: dict[str, float], limit: str
) -> None:
    episode.take(chunk(**row), T0)
    assert episode.command(T0) is None
    assert episode.outcome is not None
    assert episode.outcome.stop_reason == "limit"
    assert episode.outcome.detail.startswith(f"{limit}: ")
    assert (episode.steps, episode.latencies_ms) == (0, [])


def test_the_path_starts_where_the_arm_is_at_first_and_only_then(episode: Episode) -> None:
    elsewhere = HOME + 0.3
    episode.observe(Measured(T0 + DT_NS, elsewhere, 1.0))
    episode.take(chunk(gripper=0.25), T0 + DT_NS)
    command = episode.command(T0 + DT_NS)
    assert command is not None
    assert np.abs(command.joints - HOME).max() < 0.01
    assert command.fingers == pytest.approx(0.01)


def test_every_chunk_has_one_latency_from_the_observation_it_answers(
    episode: Episode, clock: Clock
) -> None:
    for decision, thinking in enumerate((0.010, 0.025)):
        start = T0 + 4 * decision * DT_NS
        episode.observe(Measured(start, HOME, 0.5))
        clock.now += thinking
        assert episode.take(chunk(start), start) is not None
        for row in range(4):
            episode.observe(Measured(start + row * DT_NS, HOME, 0.5))
            assert episode.command(start + row * DT_NS) is not None
            clock.now += 0.05
    assert episode.latencies_ms == pytest.approx([10.0, 25.0])


def test_a_repeated_observation_counts_from_when_it_first_came(
    episode: Episode, clock: Clock
) -> None:
    clock.now = 0.5
    episode.observe(Measured(T0, HOME, 0.5))
    clock.now = 0.6
    episode.take(chunk(), T0)
    episode.command(T0)
    assert episode.latencies_ms == pytest.approx([600.0])


def test_observations_that_come_while_the_policy_thinks_are_answered_by_the_next_chunk(
    episode: Episode, clock: Clock
) -> None:
    """As in real time: two instants have passed when the first answer is played."""
    for period in (1, 2):
        clock.now += 0.05
        episode.observe(Measured(T0 + period * DT_NS, HOME, 0.5))
    now = T0 + 2 * DT_NS
    for observed in (0, 1):
        episode.take(chunk(T0 + observed * DT_NS), now)
        assert episode.command(now) is not None
        clock.now += 0.01
    # The first waited since 0.00 s, the second since 0.05 s; played at 0.10 and 0.11 s.
    assert episode.latencies_ms == pytest.approx([100.0, 60.0])
