# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Episodes one after the other: run, listened to, labelled."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rlco_bridge.client import EpisodeClient, EpisodeReport
from rlco_bridge.episode import ORDERLY
from rlco_bringup.graph import NodeSpec, SimSettings
from rlco_bringup.recording import RecordSettings
from rlco_bringup.up import System, profile_environment
from rlco_core.contract import Contract
from rlco_core.errors import RlcoError
from rlco_core.robot import RobotConfig
from rlco_core.stamps import seconds_to_ns
from rlco_trainer.interrupt import interrupting
from rlco_trainer.recording.node import Ears
from rlco_trainer.recording.take import Budget, Memory, Take

_START_SECONDS = 60.0
#: s for what is under way when an episode is over.
_LATE_SECONDS = 2.0
#: Beyond an episode's own time, s until its result must be there.
_MARGIN_SECONDS = 120.0
# As the policy node takes them.
_REAL_TIME = Budget(age_ns=seconds_to_ns(0.3), skew_ns=seconds_to_ns(0.05))
_LOCKSTEP = Budget(age_ns=0, skew_ns=0)


@dataclass(frozen=True)
class Recorded:
    """An episode that was run.

    Attributes:
        report: as the bridge tells it.
        judged: whether simulator or person said how it went.
        success: what they said.
        take: what was seen and done; None where that is not whole, and ``problem`` says why.
        beside_policy: whether what a person did was done in a policy's place.
    """

    report: EpisodeReport
    judged: bool
    success: bool
    take: Take | None
    problem: str
    beside_policy: bool = False


class Recordings:
    """Runs episodes in a system and listens.

    Args:
        client: of the system.
        contract: that the chunks are played under.
        settings: of the system.
    """

    def __init__(self, client: EpisodeClient, contract: Contract, settings: SimSettings) -> None:
        (camera,) = contract.cameras
        lockstep = settings.mode == "lockstep"
        robot = RobotConfig.load(settings.robot)
        budget = _LOCKSTEP if lockstep else _REAL_TIME
        self._client, self._dt = client, contract.action.dt
        self._task = settings.task
        self._memory = Memory(robot, (camera.height, camera.width), budget)
        self._verdict: bool | None = None
        self.ears = Ears(
            client.node,
            self._memory,
            robot,
            settings.tf_prefix,
            camera.name,
            lockstep,
            self._on_verdict,
        )

    def run(self, seed: int, max_steps: int, instruction: str = "") -> Recorded:
        """One episode; a person's word on it ends it and is its label, else the judge's. A
        non-empty instruction replaces the scene's own.
        """
        self._verdict = None
        self.ears.begin()
        timeout = max_steps * self._dt + _MARGIN_SECONDS
        report = self._client.run(self._task, seed, instruction, max_steps, timeout)
        self.ears.wait_for(lambda: self._memory.complete(report.steps), _LATE_SECONDS)
        judged, success = label(report, self._verdict)
        nothing = f"nothing was done: {report.detail or report.stop_reason}"
        problem = self._memory.missing() if report.steps else nothing
        take = None if problem else self._memory.take()
        if take is not None and len(take.actions) != report.steps:
            problem = f"{len(take.actions)} of {report.steps} actions were heard"
            take = None
        beside = self.ears.beside_policy() or (take is not None and not take.by_person.all())
        return Recorded(report, judged, success, take, problem, beside)

    def _on_verdict(self, success: bool) -> None:
        """Success ends an episode in order, as a judge's does; anything else calls it off."""
        self._verdict = success
        if success:
            self.ears.judge()
        else:
            self._client.cancel()


def label(report: EpisodeReport, verdict: bool | None) -> tuple[bool, bool]:
    """Whether anybody judged an episode, and whether it was a success: what the person said, if
    anything, also against the judge.
    """
    judged = report.stop_reason in ORDERLY or verdict is not None
    return judged, report.success if verdict is None else verdict


@contextmanager
def running(
    graph: Sequence[NodeSpec], settings: RecordSettings, logs: Path | None
) -> Iterator[EpisodeClient]:
    """A client of a system that runs as long as the block; an empty graph means that it runs
    already. SIGTERM ends the block as Ctrl-C does.

    Raises:
        RlcoError: it does not come up.
    """
    os.environ.update(profile_environment())
    with ExitStack() as stack:
        folder = logs or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rlco_")))
        system = stack.enter_context(System(graph, settings.namespace, folder))
        robot = RobotConfig.load(settings.robot)
        client = EpisodeClient(robot, settings.namespace, system.require_alive)
        stack.callback(client.close)
        stack.enter_context(interrupting())
        answering = (settings.device != "none") + bool(settings.bundle)
        client.wait_for_system(_START_SECONDS, answering)
        yield client


def require_begun(recorded: Recorded) -> None:
    """Raises RlcoError where an episode was over before anything could be done about it."""
    report = recorded.report
    if report.steps == 0 and not recorded.judged:
        raise RlcoError(f"no episode: {report.stop_reason}: {report.detail}")
