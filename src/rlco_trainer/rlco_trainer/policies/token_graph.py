# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The token family's decoding as a loop that an ONNX graph can hold.

Traced, every token would be a copy of the network in the graph. This says the same in the subset
of Python that TorchScript keeps as a loop; a test holds the two against each other.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rlco_core.errors import ConfigError
from rlco_trainer.policies.blocks import ExpertBlock
from rlco_trainer.policies.scale import ACTION_SIZE
from rlco_trainer.policies.token import SPECIAL, TokenPolicy

_LAYERS = 2


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
        self.heads = block.among.heads

    def forward(self, token: Tensor, past: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        """The token (B, 1, width) after the block, and keys and values (2, B, heads, T, d) of all
        tokens so far; ``context`` (2, B, heads, S, d) are those of the context.
        """
        seen = self.first(token)
        keys, values = self.keys_values(seen).chunk(2, dim=-1)
        new = torch.stack([self._split(keys), self._split(values)])
        memory = torch.cat([past, new], dim=3)
        token = token + self.out(self._attend(self.query(seen), memory))
        token = token + self.far_out(self._attend(self.far_query(self.second(token)), context))
        return token + self.network(self.third(token)), memory

    def _attend(self, query: Tensor, memory: Tensor) -> Tensor:
        heads = self._split(query)
        scores = heads @ memory[0].transpose(2, 3) * (heads.shape[-1] ** -0.5)
        return (scores.softmax(-1) @ memory[1]).transpose(1, 2).flatten(2)

    def _split(self, tokens: Tensor) -> Tensor:
        count, length, width = tokens.shape
        return tokens.view(count, length, self.heads, width // self.heads).transpose(1, 2)


class Speaker(nn.Module):
    """``TokenPolicy.act``, with the loop over tokens as a loop.

    The number of layers is fixed at two, what the sizes that ship have: TorchScript unrolls no
    list of keys and values that grows.
    """

    def __init__(self, policy: TokenPolicy) -> None:
        super().__init__()
        if len(policy.blocks) != _LAYERS:
            raise ConfigError(f"{len(policy.blocks)} layers; the exported graph has {_LAYERS}")
        first, second = (block for block in policy.blocks if isinstance(block, ExpertBlock))
        self.first, self.second = _Layer(first), _Layer(second)
        self.norm, self.head, self.vocabulary = policy.norm, policy.head, policy.vocabulary
        self.places = policy.places
        self.count = policy.horizon * ACTION_SIZE
        self.special = SPECIAL

    def forward(self, near: Tensor, far: Tensor) -> Tensor:
        """(B, horizon * 7) tokens; ``near`` and ``far`` (2, B, heads, S, d) are keys and values of
        the context in the two layers.
        """
        # A count that is known beforehand would be unrolled after all.
        count = int((1 - near.isnan().any().long()) * self.count)
        size = near.size()
        past = near.new_zeros((2, size[1], size[2], 0, size[4]))
        more = near.new_zeros((2, size[1], size[2], 0, size[4]))
        word = torch.zeros((size[1], 1), dtype=torch.long, device=near.device)
        spoken = word[:, :0]
        for place in range(count):
            token = self.vocabulary(word) + self.places[place]
            token, past = self.first(token, past, near)
            token, more = self.second(token, more, far)
            scores = self.head(self.norm(token))[:, :, self.special :]
            chosen = scores.argmax(-1)
            spoken = torch.cat([spoken, chosen], dim=1)
            word = chosen + self.special
        return spoken
