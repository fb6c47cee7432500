# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Things that stand about and that no task needs."""

from __future__ import annotations

import math

import numpy as np

from rlco_sim.world import Part, World

#: Where they stand: the strips left and right of every task's scene, m.
_X, _Y = (0.30, 0.72), (0.30, 0.42)
#: How often a place is drawn that is clear of all others.
_TRIES = 100

_Circle = tuple[float, float, float]


def add_distractors(world: World, rng: np.random.Generator) -> None:
    """Adds as many as the domain says; small boxes and cylinders of any colour."""
    taken: list[_Circle] = []
    for _ in range(world.settings.looks.distractors):
        half = tuple(float(value) for value in rng.uniform(0.012, 0.03, 3))
        kind = str(rng.choice(("box", "cylinder")))
        taken.append(_free(rng, math.hypot(*half[:2]), taken))
        place = (*taken[-1][:2], half[2])
        part = Part(kind, (half[0], half[1], half[2]))
        world.add_thing([part], place, tuple(rng.uniform(0.1, 0.9, 3)), mass=0.1, friction=0.5)


def _free(rng: np.random.Generator, radius: float, taken: list[_Circle]) -> _Circle:
    """Middle and radius, m, of a place in the strips that is clear of those taken."""
    for _ in range(_TRIES):
        x, y = float(rng.uniform(*_X)), float(rng.choice((-1, 1)) * rng.uniform(*_Y))
        if all(math.dist((x, y), other[:2]) > radius + other[2] for other in taken):
            break
    return x, y, radius
