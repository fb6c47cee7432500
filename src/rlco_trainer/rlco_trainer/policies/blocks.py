# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Transformer parts of the action experts: attention that can remember, and the block around it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class Attention(nn.Module):
    """Multi-head attention. Keys and values come from elsewhere, so that they can be kept."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.keys_values = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def memory(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values, each (B, heads, S, width / heads), of ``source`` (B, S, width)."""
        keys, values = self.keys_values(source).chunk(2, dim=-1)
        return self._split(keys), self._split(values)

    def forward(self, query: Tensor, memory: tuple[Tensor, Tensor], causal: bool = False) -> Tensor:
        """(B, Q, width); with ``causal``, query i sees the first i + 1 places of the memory."""
        mixed = functional.scaled_dot_product_attention(
            self._split(self.query(query)), *memory, is_causal=causal
        )
        result: Tensor = self.out(mixed.transpose(1, 2).flatten(2))
        return result

    def _split(self, tokens: Tensor) -> Tensor:
        count, length, width = tokens.shape
        return tokens.view(count, length, self.heads, width // self.heads).transpose(1, 2)


class ExpertBlock(nn.Module):
    """Pre-norm block: attention among action tokens, attention to the context, two-layer network.

    ``modulation`` (B, 3 * width), where there is one, shifts the input of each of the three:
    what the flow family says of its denoise time (a plain form of adaLN, Peebles and Xie 2023).
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList([nn.LayerNorm(width) for _ in range(3)])
        self.among = Attention(width, heads)
        self.across = Attention(width, heads)
        self.network = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )

    def forward(
        self,
        tokens: Tensor,
        context: tuple[Tensor, Tensor],
        past: tuple[Tensor, Tensor] | None = None,
        causal: bool = False,
        modulation: Tensor | None = None,
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """The tokens after this block, and keys and values of all tokens so far.

        Args:
            tokens: (B, T, width), new tokens.
            context: what ``across.memory`` made of the context.
            past: keys and values of the tokens before, as this returned them.
            causal: a token sees itself and those before it; for several tokens without a past.
        """
        shifts = (None,) * 3 if modulation is None else modulation[:, None].chunk(3, dim=-1)
        seen = self._normed(0, tokens, shifts[0])
        memory = self.among.memory(seen)
        if past is not None:
            memory = (torch.cat([past[0], memory[0]], 2), torch.cat([past[1], memory[1]], 2))
        tokens = tokens + self.among(seen, memory, causal)
        tokens = tokens + self.across(self._normed(1, tokens, shifts[1]), context)
        tokens = tokens + self.network(self._normed(2, tokens, shifts[2]))
        return tokens, memory

    def _normed(self, which: int, tokens: Tensor, shift: Tensor | None) -> Tensor:
        normed: Tensor = self.norms[which](tokens)
        return normed if shift is None else normed + shift


def contexts_of(blocks: nn.ModuleList, source: Tensor) -> list[tuple[Tensor, Tensor]]:
    """What every block remembers of the context ``source`` (B, S, width)."""
    experts = [block for block in blocks if isinstance(block, ExpertBlock)]
    return [block.across.memory(source) for block in experts]
