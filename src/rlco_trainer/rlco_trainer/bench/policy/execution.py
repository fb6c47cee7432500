# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What slow answers do to success and to motion, by how chunks are executed.

All of it in simulated time, so that a row says the same on any machine: an answer is late by what
was asked for, beside ``INFERENCE`` for a policy that is not slow at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from rlco_bridge.equipment import tempo_for
from rlco_core.bundle import Bundle, load_bundle
from rlco_core.chunks import EXECUTIONS, ChunkPlayer, Execution, Terms
from rlco_core.robot import RobotConfig
from rlco_policy.onnx_policy import OnnxPolicy
from rlco_policy.policy import Policy
from rlco_policy.shipped import shipped_bundle
from rlco_policy.timing import timing
from rlco_sim.domain import Domain
from rlco_sim.session import Session
from rlco_trainer.bench.policy.naive import Naive
from rlco_trainer.bench.policy.part import Options, Part
from rlco_trainer.evaluation.late_rollout import LateRoller
from rlco_trainer.evaluation.late_trace import LateTrace
from rlco_trainer.evaluation.results import wilson

#: s that an image's way, a fast inference and the chunk's way take together.
INFERENCE = 0.005


@dataclass(frozen=True)
class Way:
    """How slow answers are dealt with.

    Attributes:
        execution: of chunks.
        answers: the execution by whose name the policy answers.
        slow_down: whether motion slows down for it.
    """

    execution: Callable[[Terms], Execution]
    answers: str
    slow_down: bool


#: By the name that tables and diagrams have for them.
WAYS: Mapping[str, Way] = {
    "synchronous": Way(EXECUTIONS["synchronous"], "synchronous", False),
    "naive": Way(Naive, "asynchronous", False),
    "full_speed": Way(EXECUTIONS["asynchronous"], "asynchronous", False),
    **{
        name: Way(EXECUTIONS[name], name, True)
        for name in ("asynchronous", "ensembling", "blending")
    },
}
_SLOW_MS, _EPISODES, _FIRST_SEED = 300.0, 20, 20_000


@dataclass(frozen=True)
class Job:
    """Some episodes.

    Attributes:
        bundle: directory of the policy bundle.
        task, domain, robot: of the simulation.
        way: of ``WAYS``.
        late_ms: by which answers are late, ms.
        episodes, seed: seeds are seed, seed + 1 ...
    """

    bundle: Path
    task: str
    domain: str
    robot: str
    way: str
    late_ms: float
    episodes: int
    seed: int


@dataclass(frozen=True)
class Cell:
    """What came of a job.

    Attributes:
        task, way, late_ms: of the job.
        episodes, successes, ci95: Wilson's interval at 95%.
        seconds: simulated time of the median episode that succeeded; 0 without one.
        starved_ms: from the first command to the last, how long there was no row to play, in every
            episode.
        standing_ms: how long of that set-points stood still, in the mean episode.
        seam_jerk_rms, seam_jerk_max: of the commanded end effector where chunks meet, m/s^3.
    """

    task: str
    way: str
    late_ms: float
    episodes: int
    successes: int
    ci95: tuple[float, float]
    seconds: float
    starved_ms: tuple[float, ...]
    standing_ms: float
    seam_jerk_rms: float
    seam_jerk_max: float

    @property
    def rate(self) -> float:
        """Success rate in [0, 1]."""
        return self.successes / self.episodes


def bundle_for(task: str, robot: str, path: Path | None) -> Bundle:
    """The bundle at ``path``; where there is none, the one that ships."""
    return load_bundle(path or shipped_bundle(task, RobotConfig.load(robot).name))


def play(job: Job) -> Cell:
    """Runs the episodes of a job."""
    policy = OnnxPolicy(load_bundle(job.bundle))
    late = INFERENCE + job.late_ms / 1000.0
    session = Session(job.task, Domain.load(job.domain), RobotConfig.load(job.robot))
    with closing(session):
        roller = late_roller(policy, session, WAYS[job.way], late)
        traces = [roller.run(seed) for seed in range(job.seed, job.seed + job.episodes)]
    return _cell(job, traces)


def late_roller(policy: Policy, session: Session, way: Way, late: float) -> LateRoller:
    """What runs episodes with answers that take ``late`` s."""
    contract, answers = policy.contract, way.answers
    return LateRoller(
        policy,
        session,
        ChunkPlayer.of(contract, False, way.execution),
        late,
        timing(answers, contract.action),
        tempo_for(contract, answers, way.slow_down),
    )


def play_all(jobs: Sequence[Job], processes: int) -> Iterator[Cell]:
    """All jobs, in their order, some at a time."""
    with get_context("spawn").Pool(processes) as pool:
        yield from pool.imap(play, jobs)


def _cell(job: Job, traces: Sequence[LateTrace]) -> Cell:
    won = [trace.seconds for trace in traces if trace.success]
    jerks = np.concatenate([trace.seam_jerks() for trace in traces])
    low, high = wilson(len(won), len(traces))
    return Cell(
        task=job.task,
        way=job.way,
        late_ms=job.late_ms,
        episodes=len(traces),
        successes=len(won),
        ci95=(round(low, 4), round(high, 4)),
        seconds=round(float(np.median(won)), 3) if won else 0.0,
        starved_ms=tuple(round(1000.0 * trace.starved_s) for trace in traces),
        standing_ms=round(1000.0 * float(np.mean([trace.standing_s for trace in traces])), 1),
        seam_jerk_rms=round(float(np.sqrt(np.mean(jerks**2))), 2) if len(jerks) else 0.0,
        seam_jerk_max=round(float(jerks.max()), 2) if len(jerks) else 0.0,
    )


def measure(options: Options) -> Part:
    """Answers that are 300 ms late beside prompt ones; p50 and p99 are of the time in an episode
    for which there was nothing to play.
    """
    bundle = bundle_for("push_cube", "panda", options.bundle)
    robot, task = bundle.contract.robot, bundle.contract.tasks[0]
    asked = [("asynchronous", 0.0), *((way, _SLOW_MS) for way in WAYS)]
    jobs = [
        Job(bundle.root, task, "twin", robot, way, late_ms, _EPISODES, _FIRST_SEED)
        for way, late_ms in asked
    ]
    prompt, *slow = play_all(jobs, max(options.threads))
    by_way = {cell.way: cell for cell in slow}
    late = by_way["asynchronous"]
    return Part(
        rows=tuple(_row(cell) for cell in (prompt, *slow)),
        ratios={"late_success": round(late.rate / prompt.rate, 4) if prompt.successes else 0.0},
    )


def _row(cell: Cell) -> dict[str, object]:
    return {
        "name": f"execution {cell.way}, {cell.late_ms:g} ms late",
        "threads": 1,
        "p50_ms": float(np.percentile(cell.starved_ms, 50)),
        "p99_ms": float(np.percentile(cell.starved_ms, 99)),
        "success": round(cell.rate, 4),
        "seam_jerk_rms": cell.seam_jerk_rms,
        "seam_jerk_max": cell.seam_jerk_max,
    }
