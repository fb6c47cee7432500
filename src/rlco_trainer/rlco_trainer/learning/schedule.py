# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""How learning rates go."""

from __future__ import annotations

import math

#: By what a learning rate changes at once, and its bounds.
_CHANGE, _RATES = 1.2, (1e-6, 3e-3)


def warmed(step: int, warm_up: int, steps: int) -> float:
    """Share of the peak: linear warm-up, then half a cosine to zero at the last step."""
    if step < warm_up:
        return (step + 1) / warm_up
    return faded((step - warm_up) / max(steps - warm_up, 1))


def followed(rate: float, kl: float, target: float) -> float:
    """A learning rate that the next step should have, after a policy moved by ``kl`` so far (as in
    rsl_rl, arXiv 2109.11978).
    """
    if kl > 2.0 * target:
        return max(rate / _CHANGE, _RATES[0])
    return min(rate * _CHANGE, _RATES[1]) if kl < 0.5 * target else rate


def faded(done: float) -> float:
    """From 1 at the beginning along a cosine to 0 when all is ``done``, 1."""
    return 0.5 * (1.0 + math.cos(math.pi * done))
