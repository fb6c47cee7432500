# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Episodes in one process, through the very code that the bridge runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlco_bridge.episode import Episode, Measured
from rlco_core.chunks import ChunkPlayer
from rlco_core.motion import ActionPath
from rlco_policy.policy import Policy
from rlco_sim.session import Session


@dataclass(frozen=True)
class Trace:
    """One finished episode.

    Attributes:
        seed, instruction: what was run.
        success, steps, stop_reason: how it ended.
        commands: (steps, n) rad, and fingers: (steps,) m or rad, one per control period.
        latency_ms: observation to command, one per decision.
    """

    seed: int
    instruction: str
    success: bool
    steps: int
    stop_reason: str
    commands: NDArray[np.float64]
    fingers: NDArray[np.float64]
    latency_ms: tuple[float, ...]


class Roller:
    """Runs a policy in a simulation of its own.

    Args:
        policy: whose contract gives timing and camera.
        session: the simulation.
    """

    def __init__(self, policy: Policy, session: Session) -> None:
        self._policy = policy
        self._session = session
        self._path = ActionPath(session.robot, policy.contract.action.dt)
        self._player = ChunkPlayer.of(policy.contract, lockstep=True)

    def run(self, seed: int, instruction: str = "", max_steps: int = 0) -> Trace:
        """One episode; a non-empty instruction replaces the scene's own."""
        session = self._session
        scene = session.reset(seed, instruction)
        limit = max_steps or session.max_steps
        episode = Episode(0, session.stamp_ns, limit, self._player, self._path)
        arm: list[NDArray[np.float64]] = []
        fingers: list[float] = []
        while episode.outcome is None:
            self._look(episode)
            command = episode.command(session.stamp_ns)
            if command is not None:
                session.advance(command.joints, command.fingers)
                arm.append(command.joints)
                fingers.append(command.fingers)
        return Trace(
            seed=seed,
            instruction=scene.instruction,
            success=episode.outcome.stop_reason == "success",
            steps=episode.steps,
            stop_reason=episode.outcome.stop_reason,
            commands=np.array(arm),
            fingers=np.array(fingers),
            latency_ms=tuple(episode.latencies_ms),
        )

    def _look(self, episode: Episode) -> None:
        """Shows the episode the arm and the scene, and asks the policy when a chunk is due."""
        session = self._session
        now = session.stamp_ns
        episode.observe(Measured(now, session.joint_positions, session.gripper_opening))
        episode.judge(now, session.success())
        if episode.outcome is None and self._player.at(now) is None:
            episode.take(self._policy.infer(session.observation()), now)
            if self._player.at(now) is None:
                episode.end("chunk_timeout", "the policy answered for another instant or episode")


def replay(
    session: Session, trace: Trace, width: int, height: int, every: int = 1
) -> Iterator[NDArray[np.uint8]]:
    """Plays the commands of an episode again and shows it to people.

    Yields:
        (height, width, 3) uint8 RGB before the first command, after every ``every``-th one
        and at the end.
    """
    session.reset(trace.seed, trace.instruction)
    yield session.view(width, height)
    for step, (joints, fingers) in enumerate(zip(trace.commands, trace.fingers, strict=True), 1):
        session.advance(joints, fingers)
        if step % every == 0 or step == trace.steps:
            yield session.view(width, height)


def all_latencies(traces: Sequence[Trace]) -> list[float]:
    """Latencies of all decisions, ms."""
    return [latency for trace in traces for latency in trace.latency_ms]
