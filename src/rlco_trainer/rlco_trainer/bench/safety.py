# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco bench safety: attacks on the motion of all arms, and what got past the limits."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import cycle, product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from rlco_core.bodies import Bodies
from rlco_core.inspection import Inspector
from rlco_core.kinematics import Kinematics
from rlco_core.motion import ActionPath
from rlco_core.robot import RobotConfig, Workspace
from rlco_core.setpoints import SetpointStream
from rlco_core.types import Verdict
from rlco_sim.bullet import pybullet_data
from rlco_sim.domain import Domain
from rlco_sim.session import DT, Session
from rlco_trainer.arguments import parse
from rlco_trainer.bench.attacks import Adversary, Attack, Step
from rlco_trainer.bench.figures import document, keep, show_figures
from rlco_trainer.demonstrations.demonstrate import Recorder
from rlco_trainer.progress import progress
from rlco_trainer.settings import require_least

#: Set-points per second, as Franka's controllers take them, UR's older arms and its newer ones.
_RATES = (100, 125, 500)
_ROBOTS = ("panda", "fr3", "ur5e")
#: Periods of the policy after an attack, in which the arm comes to rest.
_AFTER = 20
_RECORDED, _FIRST_SEED = 3, 40_000
#: Something that stands in the way, m.
_POST = Workspace(lower=(0.58, 0.10, 0.0), upper=(0.63, 0.15, 0.5))
_VERSIONS = ("numpy", "pin", "ruckig")


@dataclass(frozen=True)
class BenchConfig:
    """Attacks all arms with broken commands, and counts what got past the limits.

    Attributes:
        setpoints: how many set-points to look at.
        seed: of the attacks.
        json: file that gets the counts.
    """

    setpoints: int = 1_000_000
    seed: int = 0
    json: Path | None = None

    def __post_init__(self) -> None:
        require_least(self, 1, "setpoints")


@dataclass(frozen=True)
class Bench:
    """What came of it.

    Attributes:
        setpoints: that were looked at.
        violations: beyond any limit, set-points that are not finite included.
        exceptions: attacks that ended in one.
        unexplained: refusals without a reason.
        beyond: violations by limit.
        refused: commands and actions that were refused or held back, by limit.
        attacks: how many of each.
        errors: the first exceptions.
    """

    setpoints: int
    violations: int
    exceptions: int
    unexplained: int
    beyond: Mapping[str, int]
    refused: Mapping[str, int]
    attacks: Mapping[str, int]
    errors: Sequence[str] = field(default_factory=tuple)


class _Tally:
    """Counts, while it goes on."""

    def __init__(self) -> None:
        self.setpoints = self.unexplained = 0
        self.beyond, self.refused, self.attacks = Counter[str](), Counter[str](), Counter[str]()
        self.errors: list[str] = []

    def hear(self, verdict: Verdict) -> None:
        """A verdict on a command or a set-point."""
        if not verdict.accepted:
            self.refused[verdict.limit] += 1
            self.unexplained += not (verdict.limit and verdict.reason)


class _Arm:
    """One arm under attack, as the bridge would drive it."""

    def __init__(self, robot: RobotConfig, rate: int) -> None:
        self.kinematics = Kinematics(robot)
        self._path = ActionPath(robot, DT)
        self._stream = SetpointStream(robot, self.kinematics, 1.0 / rate)
        bodies = Bodies(robot, [Path(pybullet_data.getDataPath())])
        self._inspector = Inspector(robot, self.kinematics, rate, bodies)
        self._per_step = round(DT * rate)

    def suffer(self, name: str, attack: Attack, tally: _Tally) -> None:
        """Plays an attack from home, and looks at every set-point."""
        home = self.kinematics.home
        self._path.reset(home, 1.0)
        self._stream.reset(home)
        given = [self._stream.state.joints]
        tally.attacks[name] += 1
        rest = Step("nothing", np.zeros(0))
        try:
            for step in [*attack, *[rest] * _AFTER]:
                self._take(step, tally)
                for _ in range(self._per_step):
                    given.append(self._stream.advance().joints)
                    tally.hear(self._stream.verdict)
        except Exception:  # whatever it is, it is what is looked for
            tally.errors.append(f"{name}: {traceback.format_exc(limit=-3)}")
        tally.setpoints += len(given)
        tally.beyond.update(self._inspector.count(np.array(given)))
        if not self._stream.resting:
            tally.beyond["rest"] += 1

    def _take(self, step: Step, tally: _Tally) -> None:
        if step.kind == "brake":
            self._stream.brake()
        elif step.kind == "joints":
            tally.hear(self._stream.follow(step.values, step.seconds))
        elif step.kind == "action":
            command = self._path.step(step.values)
            tally.hear(command.verdict)
            if command.verdict.accepted:
                tally.hear(self._stream.follow(command.joints, DT))
            else:
                self._stream.brake()


def bench_safety(config: BenchConfig) -> Bench:
    """Attacks until enough set-points were looked at."""
    tally = _Tally()
    with progress("attacking", config.setpoints) as advance:
        for arm, name, attack in _attacks(config.seed):
            before = tally.setpoints
            arm.suffer(name, attack, tally)
            advance(min(tally.setpoints, config.setpoints) - min(before, config.setpoints))
            if tally.setpoints >= config.setpoints:
                break
    beyond = {name: count for name, count in tally.beyond.items() if count}
    return Bench(
        setpoints=tally.setpoints,
        violations=sum(beyond.values()),
        exceptions=len(tally.errors),
        unexplained=tally.unexplained,
        beyond=beyond,
        refused=dict(tally.refused.most_common()),
        attacks=dict(tally.attacks),
        errors=tuple(tally.errors[:5]),
    )


def _attacks(seed: int) -> Iterator[tuple[_Arm, str, Attack]]:
    """All kinds of attack on all arms at all rates, over and over."""
    rng = np.random.default_rng(seed)
    robots = {name: _with_post(RobotConfig.load(name)) for name in _ROBOTS}
    recorded = {name: _recorded(robot) for name, robot in robots.items()}
    pairs = []
    for name, rate in product(_ROBOTS, _RATES):
        arm = _Arm(robots[name], rate)
        pairs.append((arm, Adversary(robots[name], arm.kinematics, recorded[name], rng)))
    for arm, adversary in cycle(pairs):
        for name, attack in adversary.attacks().items():
            yield arm, name, attack()


def _with_post(robot: RobotConfig) -> RobotConfig:
    limits = robot.limits.model_copy(update={"keep_out": {"post": _POST}})
    return robot.model_copy(update={"limits": limits})


def _recorded(robot: RobotConfig) -> list[NDArray[np.float64]]:
    """Actions of experts, (T, 7) each."""
    found = []
    for task in ("push_cube", "pick_place"):
        with closing(Session(task, Domain.load("twin"), robot)) as session:
            recorder = Recorder(session)
            for seed in range(_FIRST_SEED, _FIRST_SEED + _RECORDED):
                recorder.begin(seed)
                rows: list[NDArray[np.float32]] = []
                while not recorder.over:
                    target = recorder.path.target
                    rows.append(session.task.expert(target, session.gripper_opening))
                    recorder.move(rows[-1])
                found.append(np.array(rows, dtype=np.float64))
    return found


def show(bench: Bench, console: Console) -> None:
    """Prints the counts."""
    total: dict[str, Any] = {
        name: getattr(bench, name)
        for name in ("setpoints", "violations", "exceptions", "unexplained")
    }
    show_figures("safety", total, console)
    for title in ("beyond", "refused", "attacks"):
        show_figures(title, getattr(bench, title), console)
    for error in bench.errors:
        console.print(error, style="red")


def main(arguments: Sequence[str]) -> None:
    """rlco bench safety"""
    config = parse(BenchConfig, arguments, "bench safety")
    bench = bench_safety(config)
    show(bench, Console())
    keep(document(bench, _VERSIONS), config.json)
    if bench.violations or bench.exceptions or bench.unexplained:
        raise SystemExit(1)
