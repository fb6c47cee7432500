# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Who acts at this instant, person or policy, and the chunk that says so. Without a policy, an
episode begins when the person first moves something.

Pure logic in the caller's time; the node brings messages in and carries chunks out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from rlco_core.contract import Contract
from rlco_core.robot import RobotConfig
from rlco_core.stamps import seconds_to_ns
from rlco_core.types import ActionChunk
from rlco_teleop.bounds import bounded
from rlco_teleop.buttons import Buttons
from rlco_teleop.inbox import Inbox
from rlco_teleop.motions import Motion
from rlco_teleop.suggestions import Suggestions

# A person's motion goes on for one period more than it was asked for, as an answer may be late;
# from then on the arm holds.
_MOVING_ROWS = 2
# After a takeover, the arm holds for so long at most until the policy has seen where it is. That is
# nobody's choice, so no intervention.
_HANDBACK_NS = seconds_to_ns(0.5)


@dataclass(frozen=True)
class Told:
    """Where the arm was last told to be: the end effector in the base frame, and the gripper's
    opening in [0, 1].
    """

    target: pin.SE3
    opening: float


class Operator:
    """Answers instants with chunks.

    Args:
        contract: that the chunks are made under.
        robot: whose speed limits are kept.
        motion: what the person moves with.
        buttons: what else the person says.
        told: for what the bridge tells of its commands.
        suggestions: of a policy, from which the person may take over; None: the person acts.
        lockstep: an instant is answered when all that it takes bears its stamp, and again alike.

    Attributes:
        withheld: whether motion is asked for and not made, as the deadman is not held.
    """

    def __init__(
        self,
        contract: Contract,
        robot: RobotConfig,
        motion: Motion,
        buttons: Buttons,
        told: Inbox[Told],
        suggestions: Suggestions | None,
        lockstep: bool,
    ) -> None:
        self._dt, self._horizon = contract.action.dt, contract.action.horizon
        self._hash = contract.sha256()
        self._limits = robot.limits
        self._motion, self._buttons, self._told = motion, buttons, told
        self._suggestions, self._lockstep = suggestions, lockstep
        self.withheld = False
        self.instruct(0, 0, "")

    @property
    def episode(self) -> int | None:
        """The number of the one that runs, None between them."""
        return self._episode if self._acting else None

    def instruct(self, stamp_ns: int, episode: int, instruction: str) -> None:
        """An episode begins at ``stamp_ns``; with a blank instruction, it has ended."""
        self._start_ns, self._episode = stamp_ns, episode
        self._acting = bool(instruction.strip())
        self._answer: ActionChunk | None = None
        self._opening: float | None = None
        self._person_ns: int | None = None
        # Programs mean what they say from the first instant on; people look first.
        self._begun = self._lockstep or self._suggestions is not None
        self._buttons.forget()
        self._motion.restart()
        self._void_plan(stamp_ns - 1)

    def suggest(self, chunk: ActionChunk, now_ns: int) -> None:
        """A chunk of the policy came; those of other episodes are ignored."""
        if self._suggestions is not None and chunk.episode == self._episode:
            self._suggestions.put(chunk, now_ns)

    def answer(self, now_ns: int) -> ActionChunk | None:
        """The chunk for this instant; None where there is nothing to say, or not yet."""
        if not self._acting or now_ns < self._start_ns:
            return None
        if self._lockstep and self._answer is not None and self._answer.stamp_ns == now_ns:
            return self._answer
        told = self._told.get(now_ns)
        if told is None or (self._lockstep and not self._buttons.heard(now_ns)):
            return None
        held = self._buttons.held(now_ns)
        velocity = self._motion.velocity(now_ns, told.target, held)
        if velocity is None and self._lockstep:
            return None
        self.withheld = not held and velocity is not None and bool(velocity.any())
        moving = np.zeros(6) if velocity is None or not held else velocity
        chunk = self._decide(now_ns, told, moving)
        self._answer = chunk or self._answer
        return chunk

    def _decide(self, now_ns: int, told: Told, velocity: NDArray[np.float64]) -> ActionChunk | None:
        takes_over = self._buttons.takes_over(now_ns) or bool(velocity.any())
        self._begun = self._begun or takes_over or self._buttons.gripping
        if not self._begun:
            return None
        if self._suggestions is None or takes_over:
            self._void_plan(now_ns)
            self._person_ns = now_ns
            return self._by_person(now_ns, told, velocity)
        planned = self._suggestions.rows(now_ns)
        if planned is not None:
            self._opening = self._person_ns = None
            self._buttons.forget()
            self._motion.stand_by(now_ns)
            return self._chunk(planned[0], planned[1], by_person=False)
        since = self._person_ns
        if self._lockstep or since is None or now_ns - since > _HANDBACK_NS:
            return None
        return self._chunk(now_ns, self._rest(told), by_person=False)

    def _void_plan(self, until_ns: int) -> None:
        if self._suggestions is not None:
            self._suggestions.clear(until_ns)

    def _rest(self, told: Told) -> NDArray[np.float32]:
        """(1, 7), which leaves arm and gripper as they are."""
        opening = told.opening if self._opening is None else self._opening
        return np.array([[0.0] * 6 + [opening]], np.float32)

    def _by_person(self, now_ns: int, told: Told, velocity: NDArray[np.float64]) -> ActionChunk:
        was = told.opening if self._opening is None else self._opening
        self._opening = self._buttons.grip(now_ns, was)
        action = np.array(
            [*bounded(velocity * self._dt, self._limits, self._dt), self._opening], np.float32
        )
        return self._chunk(now_ns, np.tile(action, (_MOVING_ROWS, 1)), by_person=True)

    def _chunk(self, stamp_ns: int, rows: NDArray[np.float32], by_person: bool) -> ActionChunk:
        """``rows``, and rest after them."""
        rest = np.array([0.0] * 6 + [rows[-1, 6]], np.float32)
        tail = np.tile(rest, (max(self._horizon - len(rows), 0), 1))
        actions = np.concatenate([rows[: self._horizon], tail])
        return ActionChunk(stamp_ns, self._dt, actions, self._hash, self._episode, by_person)
