# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The token family's decoding as a loop that an ONNX graph can hold.

Traced, every token would be a copy of the network in the graph. This says the same in the subset
of Python that TorchScript keeps as a loop; a test holds the two against each other.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rlco_trainer.policies.bins import BINS
from rlco_trainer.policies.blocks import ExpertBlock
from rlco_trainer.policies.scale import ACTION_SIZE
from rlco_trainer.policies.token import SPECIAL, TokenPolicy


class _Layer(nn.Module):
    """One block of the expert, for one new token."""

    def __init__(self, block: ExpertBlock) -> None:
        super().__init__()
        first, second, third = block.norms
        self.first, self.second, self.third = first, second, third
        self.query, self.keys_values, self.out = (
            block.among.query,
            block.among.keys_values,
            block.among.out,
        )
        self.far_query, self.far_out = block.across.query, block.across.out
        self.network = block.network
        # Sizes that are known beforehand cost a graph nothing; asking for them costs a third of it.
        self.heads, self.width = block.among.heads, block.among.query.in_features
        self.depth = self.width // self.heads

    def forward(self, token: Tensor, past: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        """The token (B, width) after the block, and keys and values (2, B, heads, T, d) of all
        tokens so far; ``context`` (2, B, heads, S, d) are those of the context.
        """
        seen = self.first(token)
        new = self.keys_values(seen).view(-1, 1, 2, self.heads, self.depth)
        memory = torch.cat([past, new.permute(2, 0, 3, 1, 4)], dim=3)
        token = token + self.out(self._attend(self.query(seen), memory))
        token = token + self.far_out(self._attend(self.far_query(self.second(token)), context))
        return token + self.network(self.third(token)), memory

    def _attend(self, query: Tensor, memory: Tensor) -> Tensor:
        # Of one token, so that its heads need not change places.
        heads = query.view(-1, self.heads, 1, self.depth)
        scores = heads @ memory[0].transpose(2, 3) * self.depth**-0.5
        return (scores.softmax(-1) @ memory[1]).view(-1, self.width)


class Speaker(nn.Module):
    """``TokenPolicy.act``, with the loop over tokens as a loop."""

    def __init__(self, policy: TokenPolicy) -> None:
        super().__init__()
        blocks = [block for block in policy.blocks if isinstance(block, ExpertBlock)]
        self.layers = nn.ModuleList([_Layer(block) for block in blocks])
        self.norm, self.vocabulary = policy.norm, policy.vocabulary
        self.head = _tail(policy.head)
        self.places = policy.places
        self.count = policy.horizon * ACTION_SIZE
        self.special = SPECIAL
        self.middles = nn.Parameter(torch.arange(BINS) + 0.5, requires_grad=False)

    def forward(self, contexts: Tensor) -> Tensor:
        """(B, horizon * 7) means, in bins; ``contexts`` (layers, 2, B, heads, S, d) are keys and
        values of the context in every layer.
        """
        # A count that is known beforehand would be unrolled after all.
        count = int((1 - contexts.isnan().any().long()) * self.count)
        size = contexts.size()
        # Keys and values of all layers in one tensor: a list that grows cannot be exported.
        past = contexts.new_zeros((size[0], 2, size[2], size[3], 0, size[5]))
        word = torch.zeros((size[2],), dtype=torch.long, device=contexts.device)
        means = contexts.new_zeros((size[2], 0))
        for place in range(count):
            token = self.vocabulary(word) + self.places[place]
            grown = contexts.new_zeros((0, 2, size[2], size[3], place + 1, size[5]))
            for number, layer in enumerate(self.layers):
                token, memory = layer(token, past[number], contexts[number])
                grown = torch.cat([grown, memory[None]])
            past = grown
            mean = (self.head(self.norm(token)).softmax(-1) * self.middles).sum(-1)
            means = torch.cat([means, mean[:, None]], dim=1)
            word = mean.long() + self.special
        return means


def _tail(head: nn.Linear) -> nn.Linear:
    """What scores the bins alone: what is in front of them is never said."""
    made = nn.Linear(head.in_features, head.out_features - SPECIAL, device=head.weight.device)
    made.weight, made.bias = (
        nn.Parameter(part[SPECIAL:].detach(), requires_grad=False)
        for part in (head.weight, head.bias)
    )
    return made
