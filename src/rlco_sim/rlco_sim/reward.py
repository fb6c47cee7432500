# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Reward by milestones: what a policy has to pass on its way is worth a little, once. And by
every step that brings things nearer to where they belong, for those who want to learn quickly.
"""

from __future__ import annotations

from collections.abc import Sequence

MILESTONE = 0.2
SUCCESS = 1.0
LOST = -0.4
#: Of the way, and the most in one control period.
PER_METRE, NEAREST = 2.0, 0.2


class MilestoneReward:
    """0.2 for the first time at every milestone, 1 for the first success, -0.4 once if success
    is lost again (the scale of RLinf's twin, where all of it is divided by 5).

    Args:
        milestones: how many there are before success.
    """

    def __init__(self, milestones: int) -> None:
        self._count = milestones
        self.reset()

    @property
    def span(self) -> tuple[float, float]:
        """The least and the greatest reward of one step."""
        return LOST, SUCCESS + MILESTONE * self._count

    @property
    def reached(self) -> tuple[bool, ...]:
        """Which milestones were passed so far."""
        return tuple(self._reached)

    def reset(self) -> None:
        """Forgets everything: a new episode begins."""
        self._reached = [False] * self._count
        self._succeeded = self._lost = False

    def update(self, reached: Sequence[bool], success: bool) -> float:
        """The reward of one step, after which milestones hold as ``reached`` says."""
        reward = 0.0
        for index, holds in enumerate(reached):
            if holds and not self._reached[index]:
                self._reached[index] = True
                reward += MILESTONE
        if success and not self._succeeded:
            self._succeeded = True
            reward += SUCCESS
        elif self._succeeded and not success and not self._lost:
            self._lost = True
            reward += LOST
        return reward


class Nearer:
    """Two for every metre that is left less of a distance, and taken back for every metre more: a
    difference of potentials, which changes no policy's rank (Ng et al., ICML 1999; here without
    discount).
    """

    span = (-NEAREST, NEAREST)

    def reset(self, distance: float) -> None:
        """A new episode begins, ``distance`` m away from its end."""
        self._distance = distance

    def update(self, distance: float) -> float:
        """The reward of one step, after which ``distance`` m are left."""
        won, self._distance = self._distance - distance, distance
        return min(max(PER_METRE * won, -NEAREST), NEAREST)
