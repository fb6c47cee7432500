# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Values look at what a simulation knows, not at what was seen; nothing that acts does."""

from __future__ import annotations

import pytest
import torch
from small import SMALLEST, inputs, new

from rlco_sim.truth import SIZE


@pytest.mark.parametrize("family", ["token", "flow"])
def test_values_see_the_truth_and_actions_do_not(family: str) -> None:
    policy = new(family, SMALLEST).requires_grad_(False)
    seen = policy.see(*inputs(3, SMALLEST))
    rng = torch.Generator().manual_seed(0)
    told = seen._replace(truth=torch.randn((3, SIZE), generator=rng))
    assert (policy.values(told) != policy.values(seen)).all()
    assert torch.equal(policy.act(told), policy.act(seen))
    drawn = [policy.sample(one, torch.Generator().manual_seed(1)) for one in (told, seen)]
    assert torch.equal(drawn[0].actions, drawn[1].actions)
    assert torch.equal(drawn[0].value, policy.values(told))


def test_values_depend_on_no_image_and_are_there_without_the_truth() -> None:
    policy = new("flow", SMALLEST).requires_grad_(False)
    seen = policy.see(*inputs(3, SMALLEST))
    other = seen._replace(context=torch.randn_like(seen.context))
    assert torch.equal(policy.values(seen), policy.values(other))
    zeros = seen._replace(truth=torch.zeros((3, SIZE)))
    assert torch.equal(policy.values(seen), policy.values(zeros))
