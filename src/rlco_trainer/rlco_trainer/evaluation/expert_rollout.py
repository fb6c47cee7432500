# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Episodes of a task's scripted expert, traced like those of a policy."""

from __future__ import annotations

import time

import numpy as np

from rlco_core.motion import ActionPath, Command
from rlco_sim.session import DT, Session
from rlco_trainer.evaluation.rollout import Trace


class ExpertRoller:
    """Runs the expert of a simulation's task; it decides every control period."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._path = ActionPath(session.robot, DT)

    def run(self, seed: int, instruction: str = "", max_steps: int = 0) -> Trace:
        """One episode; a non-empty instruction replaces the scene's own."""
        session, path = self._session, self._path
        scene = session.reset(seed, instruction)
        path.reset(session.joint_positions, session.gripper_opening)
        commands: list[Command] = []
        latencies: list[float] = []
        reason = ""
        while not reason:
            started = time.perf_counter()
            command = path.step(session.task.expert(path.target, session.gripper_opening))
            if not command.verdict.accepted:
                reason = "limit"
                break
            latencies.append(1000.0 * (time.perf_counter() - started))
            session.advance(command.joints, command.fingers)
            commands.append(command)
            reason = _ended(session, max_steps or session.max_steps)
        return Trace(
            seed=seed,
            instruction=scene.instruction,
            success=reason == "success",
            steps=session.steps,
            stop_reason=reason,
            commands=np.array([command.joints for command in commands]),
            fingers=np.array([command.fingers for command in commands]),
            latency_ms=tuple(latencies),
        )


def _ended(session: Session, max_steps: int) -> str:
    if session.success():
        return "success"
    return "step_limit" if session.steps >= max_steps else ""
