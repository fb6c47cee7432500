# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A batch in parts is the batch: what is learned from it does not depend on how it was cut."""

from __future__ import annotations

import threading

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from rlco_trainer.learning.side_by_side import SideBySide, added, gradients, summed


@given(count=st.integers(1, 50), parts=st.integers(1, 8))
def test_every_sample_is_in_one_part(count: int, parts: int) -> None:
    slices = SideBySide(parts).over(count, lambda rows: rows)
    assert [index for rows in slices for index in range(count)[rows]] == list(range(count))
    assert len(slices) == min(count, parts)


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_gradients_of_parts_sum_up_to_those_of_the_whole(parts: int) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
    spare = nn.Parameter(torch.ones(2))
    parameters = [*network.parameters(), spare]
    inputs = torch.randn(20, 3)

    def part(rows: slice) -> tuple[list[torch.Tensor], dict[str, float]]:
        loss = network(inputs[rows]).square().sum() / len(inputs)
        return gradients(loss, parameters), {"loss": loss.item()}

    side_by_side = SideBySide(parts)
    with side_by_side:
        found = side_by_side.over(len(inputs), part)
    whole = network(inputs).square().mean()
    for got, expected in zip(
        summed([one for one, _ in found]), gradients(whole, parameters), strict=True
    ):
        torch.testing.assert_close(got, expected)
    assert added([figures for _, figures in found])["loss"] == pytest.approx(whole.item())
    assert torch.equal(summed([one for one, _ in found])[-1], torch.zeros(2)), "not part of it"


def test_parts_run_at_the_same_time_and_cores_are_given_back() -> None:
    before = torch.get_num_threads()
    meet = threading.Barrier(2, timeout=10.0)
    side_by_side = SideBySide(2)
    with side_by_side:
        assert (
            side_by_side.over(2, lambda _: (meet.wait() >= 0, torch.get_num_threads()))
            == [(True, 1)] * 2
        )
    assert torch.get_num_threads() == before


def test_what_a_part_raises_is_raised() -> None:
    def fail(rows: slice) -> None:
        raise ValueError(f"rows from {rows.start}")

    with pytest.raises(ValueError, match="rows from 0"):
        SideBySide(2).over(4, fail)
