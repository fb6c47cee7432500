# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Tells Gymnasium of our environments; happens when ``rlco_sim`` is imported."""

from __future__ import annotations

from gymnasium.envs.registration import register

ENVIRONMENTS = {"rlco/PushCube-v0": "push_cube"}


def register_envs() -> None:
    """Registers every environment; the simulator itself is imported when one is made."""
    for name, task in ENVIRONMENTS.items():
        register(id=name, entry_point="rlco_sim.env:RlcoEnv", kwargs={"task": task})
