# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""How an arm follows and how late it is seen, from demonstrations alone.

What an arm does of what it is told is nearly linear: its displacement in a period is a weighted sum
of the displacements that it was told in that period and those before. These weights, the finite
impulse response, come from the demonstrations by least squares. Then settings of the twin are
sought with which the same actions give the same response (cross-entropy method, Rubinstein 1999).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from rlco_core.errors import ConfigError
from rlco_core.motion import ActionPath
from rlco_core.robot import RobotConfig
from rlco_sim.latency import LateView
from rlco_sim.session import DT
from rlco_sim.settings import Settings
from rlco_sim.world import World
from rlco_trainer.learning.batches import Demonstrations
from rlco_trainer.progress import progress

Rows = NDArray[np.float64]

#: Periods that a response is followed for, and the share of samples that count: in the others the
#: arm pushes against something, or was pushed.
_TAPS, _KEPT, _ROUNDS = 8, 0.8, 6
_RIDGE = 1e-4
#: What is sought, and where: section, key, least and greatest.
_SOUGHT = (
    ("controller", "gain", 0.15, 0.5),
    ("controller", "lag", 0.0, 0.06),
    ("controller", "delay", 0.0, 0.05),
    ("timing", "latency", 0.0, 0.15),
    ("timing", "jitter", 0.0, 0.10),
)
_GENERATIONS, _CANDIDATES, _BEST, _EPISODES = 4, 24, 6, 8
_SPEEDS = (0.02, 0.3)


@dataclass(frozen=True)
class Episode:
    """(T, 3) m where the end effector was seen, (T,) the gripper's opening, (T, 7) the actions,
    and (17,) proprioception at the beginning.
    """

    places: Rows
    openings: Rows
    actions: NDArray[np.float32]
    start: Rows

    @classmethod
    def all_of(cls, data: Demonstrations) -> list[Episode]:
        """Every episode of a dataset."""
        ends = np.unique(data.episode_ends)
        pieces = [slice(a, b) for a, b in zip([0, *ends[:-1]], ends, strict=True)]
        states = data.states.astype(float)
        return [cls(states[one, :3], states[one, 9], data.actions[one], states[one.start])
                for one in pieces]  # fmt: skip


@dataclass(frozen=True)
class Response:
    """Weights (_TAPS,) of what an arm was told in this period and those before; the fastest that
    its gripper opened or closed, share of a period.
    """

    weights: Rows
    gripper: float

    @classmethod
    def of(cls, episodes: Sequence[Episode]) -> Response:
        """By least squares, with the samples that fit worst left out."""
        told, moved = (np.concatenate(part) for part in zip(*map(_samples, episodes), strict=True))
        used = np.ones(len(moved), dtype=bool)
        for _ in range(_ROUNDS):
            weights = _least_squares(told[used], moved[used])
            missed = np.abs(moved - told @ weights)
            used = missed <= np.quantile(missed, _KEPT)
        fastest = max(float(np.abs(np.diff(one.openings)).max()) for one in episodes)
        return cls(weights, fastest)

    @property
    def seconds(self) -> float:
        """By how much the arm is seen to follow late, on average."""
        return float(DT * (self.weights @ np.arange(_TAPS)) / self.weights.sum())


def _samples(episode: Episode) -> tuple[Rows, Rows]:
    """What was told (n, _TAPS), latest first, and moved (n,); axis by axis."""
    moved = np.diff(episode.places, axis=0)[_TAPS - 1 :]
    windows = np.lib.stride_tricks.sliding_window_view(episode.actions[:-1, :3], _TAPS, axis=0)
    told = windows[..., ::-1].astype(float)
    return told.reshape(-1, _TAPS), moved.reshape(-1)


def _least_squares(told: Rows, moved: Rows) -> Rows:
    """The weights; small ones, where steady motion does not tell one period from the next."""
    square = told.T @ told
    return np.linalg.solve(square + _RIDGE * np.trace(square) * np.eye(_TAPS), told.T @ moved)


class Rig:
    """An arm alone, that does what was done in demonstrations; a context manager."""

    def __init__(self, robot: RobotConfig) -> None:
        self._robot, self._path = robot, ActionPath(robot, DT)
        self._world = World(robot, DT)

    def __enter__(self) -> Rig:
        return self

    def __exit__(self, *_: object) -> None:
        self._world.close()

    def play(self, episode: Episode, settings: Settings, seed: int) -> Episode:
        """The episode as it would have been with an arm of these ``settings``."""
        world, path, count = self._world, self._path, len(self._robot.joint_names)
        world.rebuild(settings)
        joints = self._joints(episode.start)
        opening = float(episode.start[9].clip(0.0, 1.0))
        world.arm.reset(joints, self._robot.gripper.joint_position(opening))
        path.reset(joints, opening)
        late = LateView(lambda: world.arm.state[0], DT)
        late.reset(settings.timing, seed)
        places, openings = np.empty_like(episode.places), np.empty_like(episode.openings)
        for t, action in enumerate(episode.actions):
            seen = late.now()
            places[t] = path.kinematics.forward(seen[:count]).translation
            openings[t] = self._robot.gripper.opening(float(seen[count]))
            command = path.step(action)
            world.arm.advance(command.joints, command.fingers)
            late.advance()
        return Episode(places, openings, episode.actions, episode.start)

    def _joints(self, start: Rows) -> Rows:
        """(n,) rad at which proprioception is ``start``, near home."""
        first = start[3:6] / np.linalg.norm(start[3:6])
        third = np.cross(first, start[6:9])
        third /= np.linalg.norm(third)
        turn = np.stack([first, np.cross(third, first), third], axis=1)
        pose, joints = pin.SE3(turn, start[:3]), np.array(self._robot.home)
        for _ in range(5):
            joints = self._path.kinematics.inverse(pose, joints)
        return joints


def respond_alike(
    episodes: Sequence[Episode], robot: RobotConfig, settings: Settings
) -> tuple[dict[str, dict[str, float]], str]:
    """Sections of a domain with which the arm follows as in ``episodes``, and what is to be said.

    Args:
        settings: what else the domain says.

    Raises:
        ConfigError: no episode is long enough.
    """
    episodes = [one for one in episodes if len(one.actions) > _TAPS]
    if not episodes:
        raise ConfigError(f"no demonstration is longer than {_TAPS} frames: the arm hardly moves")
    some = [episodes[n] for n in np.linspace(0, len(episodes) - 1, min(_EPISODES, len(episodes))
                                             ).round().astype(int)]  # fmt: skip
    wanted = Response.of(some)
    with Rig(robot) as rig:

        def response(point: Rows) -> Response:
            there = _with(settings, _sections(point))
            return Response.of([rig.play(one, there, n) for n, one in enumerate(some)])

        point, found = _sought(response, wanted)
    # Fingers travel at their own speed, whatever the rest of the arm does.
    speed = float(np.clip(settings.gripper.speed * wanted.gripper / found.gripper, *_SPEEDS))
    said = (
        f"the arm is seen to follow {1e3 * wanted.seconds:.0f} ms late, "
        f"that of the twin {1e3 * found.seconds:.0f} ms"
    )
    return {**_sections(point), "gripper": {"speed": round(speed, 4)}}, said


def _sought(response: Callable[[Rows], Response], wanted: Response) -> tuple[Rows, Response]:
    """The point whose response is most like the one that is wanted, and that response."""
    rng = np.random.default_rng(0)
    low, high = (np.array(side) for side in zip(*((a, b) for *_, a, b in _SOUGHT), strict=True))
    tried: list[tuple[float, Rows, Response]] = []
    with progress("fitting the arm", _GENERATIONS * _CANDIDATES) as advance:
        for generation in range(_GENERATIONS):
            points = rng.uniform(low, high, (_CANDIDATES, len(low)))
            if generation:
                best = np.stack([point for _, point, _ in tried[:_BEST]])
                drawn = rng.normal(best.mean(0), best.std(0), points.shape)
                points = drawn.clip(low, high)
            for point in points:
                found = response(point)
                missed = float(np.linalg.norm(found.weights - wanted.weights))
                tried.append((missed, point, found))
                advance(1, f"missed by {min(one[0] for one in tried):.3f}")
            tried.sort(key=lambda one: one[0])
    return tried[0][1:]


def _sections(point: Rows) -> dict[str, dict[str, float]]:
    """A point of what is sought, as a domain says it."""
    sections: dict[str, dict[str, float]] = {}
    for (section, key, *_), value in zip(_SOUGHT, point.tolist(), strict=True):
        sections.setdefault(section, {})[key] = round(value, 4)
    return sections


def _with(settings: Settings, sections: Mapping[str, Mapping[str, float]]) -> Settings:
    """``settings`` with other values in some sections."""
    changed = {name: getattr(settings, name).model_copy(update=dict(values))
               for name, values in sections.items()}  # fmt: skip
    return settings.model_copy(update=changed)
