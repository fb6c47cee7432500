# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Neither end effector nor elbow is in a box where something stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rlco_core.limits import Motion
from rlco_core.types import ACCEPTED, Verdict

#: Lower and upper corner, m.
Corners = tuple[Sequence[float], Sequence[float]]


class KeepOutLimit:
    """Refuses set-points with the end effector or the elbow in one of ``boxes`` (by name, base
    frame), or nearer to it than ``margin``, m.
    """

    name = "keep_out"

    def __init__(self, boxes: Mapping[str, Corners], margin: float) -> None:
        self._boxes = {
            name: [(low - margin, high + margin) for low, high in zip(*corners, strict=True)]
            for name, corners in boxes.items()
        }

    def check(self, setpoint: Motion) -> Verdict:
        near = setpoint.reach
        for part, place in (("tool", setpoint.position), ("elbow", setpoint.elbow)):
            values = place.tolist()
            for name, sides in self._boxes.items():
                if not any(value < low - near or value > high + near
                           for value, (low, high) in zip(values, sides, strict=True)):  # fmt: skip
                    where = ", ".join(f"{value:.3f}" for value in values)
                    return Verdict(False, self.name, f"the {part} would be in {name}, at {where} m")
        return ACCEPTED
