# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What tests sit at: a clock in hand, a contract, an operator with all that it hears."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from rlco_core.contract import CameraContract, Contract
from rlco_core.robot import RobotConfig
from rlco_core.types import ActionChunk
from rlco_teleop.buttons import Buttons, Layout
from rlco_teleop.contract import hands_contract
from rlco_teleop.inbox import Inbox
from rlco_teleop.motions import Poses, Stillness, Twists
from rlco_teleop.operator import Operator, Told
from rlco_teleop.suggestions import Suggestions

DT_NS = 50_000_000
PANDA = RobotConfig.load("panda")
#: Share of the arm's speed limits that is rest.
STILL = 0.01
HERE = pin.SE3(np.eye(3), np.array([0.5, 0.0, 0.3]))


@dataclass
class Clock:
    """Seconds that a test lets pass."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def contract_of(lockstep: bool) -> Contract:
    """For people at a Panda."""
    camera = CameraContract(name="front", width=64, height=64, encoding="rgb8")
    return hands_contract("panda", "push_cube", camera, 0.05, lockstep)


@dataclass
class Desk:
    """A person's desk: a device of twists or poses, gamepad, and what the bridge tells; at whole
    periods.
    """

    lockstep: bool
    policy: Contract | None = None
    layout: Layout = field(default_factory=lambda: Layout(deadman=-1))
    device: str = "twist"

    def __post_init__(self) -> None:
        self.clock = Clock()
        kind = {"twist": Twists, "pose": Poses}[self.device]
        self.motion = kind(self._inbox(), Stillness.of(PANDA.limits, STILL))
        self.buttons = Buttons(self.layout, self._inbox())
        self.told: Inbox[Told] = self._inbox()
        self.suggestions = self.policy and Suggestions(self.policy, self.lockstep)
        self.operator = Operator(
            contract_of(self.lockstep),
            PANDA,
            self.motion,
            self.buttons,
            self.told,
            self.suggestions,
            self.lockstep,
        )

    def _inbox(self) -> Inbox:
        return Inbox(self.lockstep, 0.2, self.clock)

    def say(
        self,
        period: int,
        velocity: NDArray[np.float64] | None = None,
        pressed: tuple[int, ...] = (),
        opening: float = 0.5,
    ) -> None:
        """All that comes in during a period."""
        now = period * DT_NS
        self.motion.inbox.put(now, np.zeros(6) if velocity is None else velocity)
        self.buttons.put(now, [], [int(index in pressed) for index in range(8)])
        self.told.put(now, Told(HERE, opening))

    def answer(self, period: int) -> ActionChunk | None:
        """The operator's answer at the beginning of a period."""
        return self.operator.answer(period * DT_NS)

    def suggest(
        self, period: int, gripper: float = 0.25, episode: int = 1, now: int | None = None
    ) -> ActionChunk:
        """A chunk of the policy, whose rows count up in x, for the observation of a period; it
        comes in the same, or in ``now``.
        """
        assert self.policy is not None
        rows = np.zeros((8, 7), np.float32)
        rows[:, 0], rows[:, 6] = 0.001 * np.arange(1, 9), gripper
        chunk = ActionChunk(period * DT_NS, 0.05, rows, self.policy.sha256(), episode)
        self.operator.suggest(chunk, (period if now is None else now) * DT_NS)
        return chunk
