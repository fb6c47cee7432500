# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The decoding loop that is exported says what the policy says."""

from __future__ import annotations

import pytest
import torch
from small import SMALLEST, inputs, new
from torch import Tensor, nn

from rlco_trainer.policies.policy import Seen
from rlco_trainer.policies.token import TokenPolicy
from rlco_trainer.policies.token_graph import Speaker


def policy(horizon: int = 3, **settings: int) -> TokenPolicy:
    network = new("token", SMALLEST, horizon=horizon, execute=2, **settings)
    assert isinstance(network, TokenPolicy)
    return network.requires_grad_(False)


def contexts(network: TokenPolicy, seen: Seen) -> Tensor:
    """(layers, 2, B, heads, S, d)"""
    return torch.stack([torch.stack(pair) for pair in network.contexts(seen)])


def spoken(network: TokenPolicy, speaker: nn.Module, count: int) -> tuple[Tensor, Tensor]:
    """What the loop and the policy answer."""
    seen = network.see(*inputs(count, SMALLEST))
    means = speaker(contexts(network, seen))
    assert len(means.unique()) > 5, "an answer that always is the same would prove little"
    return network.played(means), network.act(seen)


@pytest.mark.parametrize("scripted", [False, True])
@pytest.mark.parametrize("count", [1, 16])
def test_it_answers_as_the_policy_does(scripted: bool, count: int) -> None:
    network = policy()
    speaker: nn.Module = Speaker(network)
    found, wanted = spoken(network, torch.jit.script(speaker) if scripted else speaker, count)
    torch.testing.assert_close(found, wanted, rtol=0.0, atol=1e-6)


@pytest.mark.parametrize(
    "settings",
    [
        {"horizon": 1},
        {"horizon": 8, "heads": 4},
        {"horizon": 3, "layers": 1},
        {"horizon": 3, "layers": 4},
    ],
)
def test_it_does_so_at_other_sizes(settings: dict[str, int]) -> None:
    network = policy(**settings)
    found, wanted = spoken(network, Speaker(network), 8)
    assert found.shape == (8, settings["horizon"], 7)
    torch.testing.assert_close(found, wanted, rtol=0.0, atol=1e-6)


def test_it_uses_the_policys_own_weights() -> None:
    network = policy()
    speaker = Speaker(network)
    before, _ = spoken(network, speaker, 4)
    network.head.bias[4 + 200] += 100.0  # bin 200 is all that is said now
    seen = network.see(*inputs(4, SMALLEST))
    means = speaker(contexts(network, seen))
    assert means.unique().tolist() == [200.5]
    assert not torch.equal(network.played(means), before)
