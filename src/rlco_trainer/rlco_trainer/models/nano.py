# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A nano vision-language-action policy: image, instruction and proprioception to a chunk.

Convolutions modulated by the instruction (FiLM, Perez et al. 2018) turn the image into
tokens. They, the words of the instruction (a frozen sentence encoder's last hidden states)
and the arm's state are the memory of a transformer decoder whose learned queries, one per
action row, read the chunk out. Every action dimension is a categorical over bins between
its bounds, as in the OpenVLA family, but all rows are decoded at once and targets are
smoothed over neighbouring bins (HL-Gauss, Farebrother et al. 2024), so that the mean is
accurate.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from rlco_core.contract import LANGUAGE_TOKENS, LANGUAGE_WIDTH
from rlco_core.proprioception import SIZE as PROPRIOCEPTION_SIZE
from rlco_core.types import ACTION_COLUMNS

_ACTION_SIZE = len(ACTION_COLUMNS)


@dataclass(frozen=True)
class NanoConfig:
    """Size of the network.

    Attributes:
        width: channels of every token.
        layers, heads: of the transformer decoder.
        bins: per action dimension.
        smoothing: standard deviation of the targets, in bins.
        temperature: of the bins when acting; 1 for the plain mean.
        horizon: rows of a chunk.
        image_size: (height, width) px, each a multiple of 8.
    """

    width: int = 128
    layers: int = 3
    heads: int = 4
    bins: int = 33
    smoothing: float = 0.75
    temperature: float = 0.25
    horizon: int = 8
    image_size: tuple[int, int] = (64, 64)


class FilmBlock(nn.Module):
    """Halves the image with a convolution that the instruction scales and shifts."""

    def __init__(self, channels_in: int, channels: int, kernel: int, sentence_width: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(channels_in, channels, kernel, 2, kernel // 2)
        self.norm = nn.GroupNorm(8, channels)
        self.modulation = nn.Linear(sentence_width, 2 * channels)

    def forward(self, image: Tensor, sentence: Tensor) -> Tensor:
        """(B, C_in, H, W) and (B, sentence_width) -> (B, C, H/2, W/2)."""
        scale, shift = self.modulation(sentence)[..., None, None].chunk(2, dim=1)
        features = self.norm(self.convolution(image))
        return functional.gelu(features * (1.0 + scale) + shift)


class NanoVLA(nn.Module):
    """See the module's text. Inputs and outputs are those of the exported graph."""

    state_mean: Tensor
    state_std: Tensor
    words_mean: Tensor
    words_std: Tensor
    action_low: Tensor
    action_high: Tensor
    centres: Tensor

    def __init__(self, config: NanoConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.blocks = nn.ModuleList(
            [
                FilmBlock(3, 32, 5, width),
                FilmBlock(32, 64, 3, width),
                FilmBlock(64, width, 3, width),
            ]
        )
        patches = config.image_size[0] * config.image_size[1] // 64
        self.words = nn.Sequential(nn.Linear(LANGUAGE_WIDTH, width), nn.GELU())
        self.state = nn.Sequential(
            nn.Linear(PROPRIOCEPTION_SIZE, width), nn.GELU(), nn.Linear(width, width)
        )
        self.queries = nn.Parameter(0.02 * torch.randn(config.horizon, width))
        self.places = nn.Parameter(0.02 * torch.randn(1 + LANGUAGE_TOKENS + patches, width))
        layer = nn.TransformerDecoderLayer(
            width, config.heads, 4 * width, 0.0, "gelu", batch_first=True, norm_first=True
        )
        self.decoder = nn.TransformerDecoder(layer, config.layers)
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, _ACTION_SIZE * config.bins)
        self._register_statistics()

    def _register_statistics(self) -> None:
        self.register_buffer("state_mean", torch.zeros(PROPRIOCEPTION_SIZE))
        self.register_buffer("state_std", torch.ones(PROPRIOCEPTION_SIZE))
        self.register_buffer("words_mean", torch.zeros(LANGUAGE_WIDTH))
        self.register_buffer("words_std", torch.ones(LANGUAGE_WIDTH))
        self.register_buffer("action_low", -torch.ones(_ACTION_SIZE))
        self.register_buffer("action_high", torch.ones(_ACTION_SIZE))
        self.register_buffer("centres", torch.linspace(-1.0, 1.0, self.config.bins))

    def logits(self, image: Tensor, state: Tensor, words: Tensor, mask: Tensor) -> Tensor:
        """Bin scores of every action value.

        Args:
            image: (B, H, W, 3) uint8 RGB.
            state: (B, 10) float32 proprioception.
            words: (B, LANGUAGE_TOKENS, LANGUAGE_WIDTH) float32.
            mask: (B, LANGUAGE_TOKENS) float32, 1 for real tokens.
        Returns:
            (B, horizon, 7, bins).
        """
        queries = self.queries.expand(image.shape[0], -1, -1)
        features = self.decoder(queries, self._memory(image, state, words, mask))
        scores: Tensor = self.head(self.norm(features))
        return scores.unflatten(-1, (_ACTION_SIZE, self.config.bins))

    def forward(self, image: Tensor, state: Tensor, words: Tensor, mask: Tensor) -> Tensor:
        """(B, horizon, 7) actions in action units: the mean of every dimension's bins.

        Sharpened first, so that between two ways to go (down behind the cube, or up again)
        it takes the likelier one; the plain mean would stand still between them.
        """
        scores = self.logits(image, state, words, mask)
        chances = (scores / self.config.temperature).softmax(-1)
        return self.denormalise(chances @ self.centres)

    def loss(
        self,
        image: Tensor,
        state: Tensor,
        words: Tensor,
        mask: Tensor,
        actions: Tensor,
        weight: Tensor,
    ) -> Tensor:
        """Cross-entropy of ``actions`` (B, horizon, 7); rows count by ``weight`` (B, horizon)."""
        scores = self.logits(image, state, words, mask).log_softmax(-1)
        entropy = -(self._targets(actions) * scores).sum(-1).mean(-1)
        return (entropy * weight).sum() / weight.sum()

    def normalise(self, actions: Tensor) -> Tensor:
        """Action units -> [-1, 1] between the bounds."""
        span = self.action_high - self.action_low
        return 2.0 * (actions - self.action_low) / span - 1.0

    def denormalise(self, values: Tensor) -> Tensor:
        """[-1, 1] -> action units."""
        span = self.action_high - self.action_low
        return self.action_low + 0.5 * (values + 1.0) * span

    def _targets(self, actions: Tensor) -> Tensor:
        """(..., bins): normal density around the value, cut at the bounds."""
        value = self.normalise(actions).clamp(-1.0, 1.0)[..., None]
        sigma = self.config.smoothing * 2.0 / (self.config.bins - 1)
        return (-0.5 * ((self.centres - value) / sigma) ** 2).softmax(-1)

    def _memory(self, image: Tensor, state: Tensor, words: Tensor, mask: Tensor) -> Tensor:
        """(B, 1 + LANGUAGE_TOKENS + patches, width): the arm, the words, the image."""
        # Standardised, the words of different colours differ as much as those of different
        # verbs; the maximum over words lets one of them speak for the sentence.
        spoken = self.words((words - self.words_mean) / self.words_std) * mask[..., None]
        sentence = spoken.amax(1)
        pixels = image.permute(0, 3, 1, 2).float() / 127.5 - 1.0
        for block in self.blocks:
            pixels = block(pixels, sentence)
        arm = self.state((state - self.state_mean) / self.state_std)
        patches = pixels.flatten(2).transpose(1, 2)
        return torch.cat([arm[:, None], spoken, patches], dim=1) + self.places
