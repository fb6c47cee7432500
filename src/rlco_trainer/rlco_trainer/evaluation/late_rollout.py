# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Episodes in real time as it would pass, with a policy that takes its time: simulated, so that
what comes of it depends on nothing but the seed.

Chunks, commands and set-points go through the code that the bridge runs in real time. Physics goes
on while the policy thinks; the simulated controller plays the motion that it was sent, step by
step.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rlco_bridge.course import Course
from rlco_bridge.episode import Episode, Measured
from rlco_bridge.mover import Mover
from rlco_bridge.pace import Pace
from rlco_bridge.tempo import Tempo
from rlco_core.chunks import ChunkPlayer
from rlco_core.motion import ActionPath, Command
from rlco_core.proprioception import Posture, proprioception
from rlco_core.stamps import NS_PER_S, seconds_to_ns
from rlco_core.types import ActionChunk, Observation, Verdict
from rlco_policy.policy import Policy
from rlco_policy.timing import Timing
from rlco_sim.session import DT, DT_NS, Session
from rlco_sim.trajectory_controller import Point, TrajectoryController
from rlco_trainer.evaluation.late_trace import LateTrace, Log

#: Set-points per second.
_RATE = 100.0
#: s without a row after which an episode ends, as in the bridge.
_PATIENCE = 1.0
#: rad/s, slower than which joints are told to stand.
_STANDING = 1e-3


class Thinker:
    """A policy that thinks about one observation at a time.

    Args:
        policy: that answers.
        late_ns: how long it takes.
        timing: when it answers again.
    """

    def __init__(self, policy: Policy, late_ns: int, timing: Timing) -> None:
        self._policy, self._late_ns, self._timing = policy, late_ns, timing
        self._answers: deque[tuple[ActionChunk, int]] = deque()
        self._ready_ns = self._due_ns = 0

    def clear(self) -> None:
        """A new episode."""
        self._answers.clear()
        self._ready_ns = self._due_ns = 0

    def attends(self, now_ns: int) -> bool:
        """Whether it could begin with an observation of ``now_ns`` before the next one comes."""
        return now_ns >= self._due_ns and self._ready_ns < now_ns + DT_NS

    def see(self, observation: Observation) -> None:
        """Begins with the observation, at once or when it has answered the one before."""
        begun_ns = max(observation.stamp_ns, self._ready_ns)
        self._ready_ns = begun_ns + self._late_ns
        self._answers.append((self._policy.infer(observation), self._ready_ns))
        rested_ns = self._ready_ns + self._timing.rest_ns if self._timing.rest_ns else 0
        self._due_ns = max(observation.stamp_ns + self._timing.period_ns, rested_ns)

    def answer(self, now_ns: int) -> tuple[ActionChunk, int] | None:
        """A chunk that is ready by ``now_ns``, and since when; each once."""
        ready = bool(self._answers) and self._answers[0][1] <= now_ns
        return self._answers.popleft() if ready else None


class LateRoller:
    """Runs a policy that takes its time in a simulation of its own.

    Args:
        policy: whose contract gives timing and camera.
        session: the simulation.
        player: of its chunks.
        late: how long an answer takes, s.
        timing: when the policy answers again.
        tempo: how fast motion goes.
    """

    def __init__(
        self,
        policy: Policy,
        session: Session,
        player: ChunkPlayer,
        late: float,
        timing: Timing,
        tempo: Tempo,
    ) -> None:
        self._session, self._player, self._tempo = session, player, tempo
        self._path = ActionPath(session.robot, policy.contract.action.dt)
        self._mover = Mover(session.robot, policy.contract.action.dt, _RATE)
        self._thinker = Thinker(policy, seconds_to_ns(late), timing)

    def run(self, seed: int, max_steps: int = 0) -> LateTrace:
        """One episode; 0 steps for the task's own limit."""
        session = self._session
        session.reset(seed)
        began_ns = session.stamp_ns
        limit = max_steps or session.max_steps
        episode = Episode(0, began_ns, limit, self._player, self._path)
        self._thinker.clear()
        self._tempo.begin()
        motion = _Motion(session, self._mover)
        log = Log()
        while episode.outcome is None:
            self._exchange(episode, motion)
            self._period(episode, motion, log)
        reason = episode.outcome.stop_reason
        return log.trace(reason, (session.stamp_ns - began_ns) / NS_PER_S)

    def _exchange(self, episode: Episode, motion: _Motion) -> None:
        """What is measured and judged now, and what the policy has answered by now."""
        session, thinker = self._session, self._thinker
        now = session.stamp_ns
        paced = motion.pace.at(now)
        measured = Measured(paced, session.joint_positions, session.gripper_opening)
        told = episode.observe(measured)
        assert told is not None
        if episode.steps == 0:
            _require(episode, motion.begin(measured))
        episode.judge(paced, session.success())
        self._hear(episode, motion.pace)
        if episode.outcome is None and thinker.attends(now):
            thinker.see(self._observation(told))
            self._hear(episode, motion.pace)

    def _observation(self, told: Command) -> Observation:
        """What the policy sees now, with ``told`` in force."""
        session, gripper = self._session, self._session.robot.gripper
        positions, count = session.joint_state()[0], len(session.robot.joint_names)
        measured = Posture(positions[:count], gripper.opening(float(positions[count])))
        commanded = Posture(told.joints, gripper.opening(told.fingers))
        state = proprioception(self._path.kinematics, measured, commanded)
        return replace(session.observation(), proprioception=state)

    def _hear(self, episode: Episode, pace: Pace) -> None:
        while (answer := self._thinker.answer(self._session.stamp_ns)) is not None:
            chunk, came_ns = answer
            paced = replace(chunk, stamp_ns=pace.at(chunk.stamp_ns))
            verdict = episode.take(paced, pace.at(came_ns))
            if verdict is not None and verdict.accepted:
                self._tempo.heard(chunk.stamp_ns, came_ns)

    def _period(self, episode: Episode, motion: _Motion, log: Log) -> None:
        """A period of the clock; where motion is slowed down, not every one is one of control."""
        due = motion.begins(self._tempo.step())
        if due and episode.outcome is None:
            self._play(episode, motion, log)
        motion.go_on()
        if episode.outcome is None:
            log.pass_period(motion.pass_period())

    def _play(self, episode: Episode, motion: _Motion, log: Log) -> None:
        before = self._path.target.translation.copy()
        command = episode.command(motion.pace.at(self._session.stamp_ns))
        if command is not None:
            _require(episode, motion.follow(command.joints, command.fingers))
        elif log.starved_s >= _PATIENCE:
            episode.end("chunk_timeout", f"no chunk for {log.starved_s:.1f} s")
        moved = self._path.target.translation - before
        log.note(command is not None, self._player.stamp_ns, moved, motion.speed)


class _Motion:
    """The simulated arm, and the controller that plays what it is sent.

    Attributes:
        pace: the time in which motion is reckoned.
    """

    def __init__(self, session: Session, mover: Mover) -> None:
        self._session, self._mover = session, mover
        self.pace = Pace()
        self._names = session.robot.joint_names
        self._controller = TrajectoryController(self._names, session.joint_positions)
        self._fingers, self._changed = session.fingers, False

    def begin(self, measured: Measured) -> Verdict:
        return self._mover.begin(measured.joints, measured.stamp_ns)

    def begins(self, speed: float) -> bool:
        """A period of the clock begins at that speed; whether one of control does."""
        now = self._session.stamp_ns
        self._changed = self.pace.set(now, 1.0, speed, self._mover.ease)
        return self.pace.due(now)

    def follow(self, joints: NDArray[np.float64], fingers: float) -> Verdict:
        """A command, and with it the motion that is sent ahead."""
        verdict, course = self._mover.follow(joints, self.pace.at(self._session.stamp_ns))
        self._send(course)
        self._fingers, self._changed = fingers, False
        return verdict

    @property
    def speed(self) -> float:
        """At which motion is played."""
        return self.pace.speed(self._session.stamp_ns)

    def go_on(self) -> None:
        """What was sent already is played at another speed, if that changed."""
        if self._changed:
            self._send(self._mover.go_on(self.pace.at(self._session.stamp_ns)))
            self._changed = False

    def pass_period(self) -> float:
        """One control period passes; how long of it the arm was told to stand, s."""
        standing = 0
        for _ in range(self._session.substeps):
            state = self._controller.at(self._session.next_ns)
            standing += np.abs(state.velocity).max() < _STANDING
            self._session.step(state.joints, self._fingers)
        return DT * standing / self._session.substeps

    def _send(self, course: Course) -> None:
        now = self._session.stamp_ns
        told = self.pace.told(course, now)
        self._controller.accept(self._names, _points(told), told.stamp_ns, now)


def _points(course: Course) -> list[Point]:
    return [
        Point(number * course.period_ns, state.joints, state.velocity, state.acceleration)
        for number, state in enumerate(course.states)
    ]


def _require(episode: Episode, verdict: Verdict) -> None:
    if not verdict.accepted:
        episode.end("limit", f"{verdict.limit}: {verdict.reason}")
