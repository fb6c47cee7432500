# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Holds motion against what an arm may do, as its maker publishes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlco_core.kinematics import Kinematics
from rlco_core.robot import RobotConfig
from rlco_trainer.bench.motion.played import ORDERS, Played

Vector = NDArray[np.float64]

KINDS = ("position", "velocity", "acceleration", "jerk")
#: UR's arms limit torques: accelerations and jerks in their files were chosen, not published.
_CHOSEN: Mapping[str, tuple[str, ...]] = {"ur5e": ("acceleration", "jerk")}
#: What rounding adds to a share, and to a position, rad, which a difference of some order
#: multiplies by twice the rate every time.
_SHARE, _ROUNDED = 1e-6, 1e-13


@dataclass(frozen=True)
class Reached:
    """The largest share of a limit that was reached, and where.

    Attributes:
        share: of the limit; more than 1 is beyond it. Of positions: how far from the middle of the
            range, of the way to its ends.
        joint, episode, step: control period of that episode.
    """

    share: float
    joint: str
    episode: int
    step: int


class Audit:
    """Looks at the motion of one arm, episode by episode.

    Args:
        robot: limits of position and velocity are its URDF's, those of acceleration and jerk its
            file's; of all of them the whole, not the share that the bridge is set to use.
        dt: control period, s.

    Attributes:
        samples: that were looked at.
        beyond: samples beyond a limit that is published, by kind.
        beyond_chosen: samples beyond a limit that was chosen, by kind.
        reached: the largest share of each kind so far.
    """

    def __init__(self, robot: RobotConfig, dt: float) -> None:
        model, limits = Kinematics(robot), robot.limits
        self._names, self._dt = robot.joint_names, dt
        self._middle, self._half = (model.upper + model.lower) / 2, (model.upper - model.lower) / 2
        self._bounds = [model.velocity, np.array(limits.acceleration), np.array(limits.jerk)]
        chosen = _CHOSEN.get(robot.name, ())
        self.samples = 0
        self.beyond = Counter({kind: 0 for kind in KINDS if kind not in chosen})
        self.beyond_chosen = Counter(dict.fromkeys(chosen, 0))
        self.reached: dict[str, Reached] = {}

    def look(self, episode: int, played: Played) -> None:
        """One more episode."""
        self.samples += len(played.joints)
        shares = [np.abs(played.joints - self._middle) / self._half]
        shares += [rate / bound for rate, bound in zip(played.rates, self._bounds, strict=True)]
        for kind, share, slack in zip(KINDS, shares, self._slacks(played.period), strict=True):
            counter = self.beyond if kind in self.beyond else self.beyond_chosen
            counter[kind] += int((share > 1.0 + slack).any(1).sum())
            self._note(kind, share, episode, played.period)

    def _slacks(self, period: float) -> list[float | Vector]:
        """What rounding may add to the shares."""
        rounded = [_ROUNDED * (2.0 / period) ** order for order in ORDERS]
        rates = [_SHARE + one / bound for one, bound in zip(rounded, self._bounds, strict=True)]
        return [_SHARE, *rates]

    def _note(self, kind: str, share: Vector, episode: int, period: float) -> None:
        row, joint = np.unravel_index(int(np.argmax(share)), share.shape)
        most = float(share[row, joint])
        if kind not in self.reached or most > self.reached[kind].share:
            step = int(row * period / self._dt)
            self.reached[kind] = Reached(round(most, 4), self._names[joint], episode, step)
