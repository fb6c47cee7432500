# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Advantages against a table worked out by hand."""

from __future__ import annotations

import torch

from rlco_trainer.learning.advantage import advantages


def table(terminated: list[bool], ended: list[bool]) -> list[float]:
    """Three decisions of one environment: rewards 1, 0, 2; values 1, 2, 4; both factors 0.5."""
    column = {"rewards": [1.0, 0.0, 2.0], "values": [1.0, 2.0, 4.0], "next_values": [2.0, 4.0, 8.0]}
    tensors = {name: torch.tensor(values)[:, None] for name, values in column.items()}
    flags = {"terminated": torch.tensor(terminated)[:, None], "ended": torch.tensor(ended)[:, None]}
    found = advantages(**tensors, **flags, gamma=0.5, lam=0.5)
    return [round(value, 6) for value in found[:, 0].tolist()]


def test_an_episode_that_goes_on_looks_ahead_to_the_end_of_the_rollout() -> None:
    # surprises: 1 + 1 - 1 = 1; 0 + 2 - 2 = 0; 2 + 4 - 4 = 2, each half of a half as much earlier
    assert table([False] * 3, [False, False, True]) == [1.0 + 0.0 + 0.125, 0.5, 2.0]


def test_nothing_follows_a_termination() -> None:
    # second decision terminates: its surprise is 0 + 0 - 2, and nothing of the third reaches it
    assert table([False, True, False], [False, True, True]) == [1.0 - 0.5, -2.0, 2.0]


def test_a_truncation_counts_what_would_have_followed_but_not_the_next_episode() -> None:
    assert table([False] * 3, [False, True, True]) == [1.0, 0.0, 2.0]
