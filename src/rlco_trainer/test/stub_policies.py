# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Policies that no network is needed for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rlco_core.contract import Contract
from rlco_core.types import ActionChunk, Observation
from rlco_trainer.evaluation.rollout import Roller

STILL = np.array([0.0] * 6 + [0.5], np.float32)
Bend = Callable[[ActionChunk], ActionChunk]


def unbent(chunk: ActionChunk) -> ActionChunk:
    return chunk


class ScriptedPolicy:
    """Answers with ``actions`` (T, 7) one after the other, then stands still.

    Args:
        bend: spoils a chunk as a test likes it.

    Attributes:
        seen: what it was asked.
    """

    def __init__(
        self, contract: Contract, actions: NDArray[np.float32] | None = None, bend: Bend = unbent
    ) -> None:
        self.contract, self.contract_hash = contract, contract.sha256()
        self._actions = np.zeros((0, 7), np.float32) if actions is None else actions
        self._bend = bend
        self.seen: list[Observation] = []

    def warm_up(self) -> None:
        """There is nothing to warm."""

    def infer(self, observation: Observation) -> ActionChunk:
        action = self.contract.action
        first = len(self.seen) * action.execute
        self.seen.append(observation)
        rows = [*self._actions[first : first + action.horizon], *[STILL] * action.horizon]
        chunk = np.stack(rows[: action.horizon])
        return self._bend(ActionChunk(observation.stamp_ns, action.dt, chunk, self.contract_hash))


class ExpertPolicy(ScriptedPolicy):
    """Pushes what the scene's instruction names; set ``roller`` to the one that runs it."""

    roller: Roller

    def __init__(self, contract: Contract) -> None:
        action = contract.action.model_copy(update={"execute": 1})
        super().__init__(contract.model_copy(update={"action": action}))

    def infer(self, observation: Observation) -> ActionChunk:
        chunk = super().infer(observation)
        actions = chunk.actions.copy()
        session, target = self.roller._session, self.roller._path.target
        actions[0] = session.task.expert(target, session.gripper_opening)
        return ActionChunk(chunk.stamp_ns, chunk.dt, actions, chunk.contract_hash)
