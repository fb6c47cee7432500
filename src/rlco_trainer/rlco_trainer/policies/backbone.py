# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What an observation shows, as a few tokens: image and instruction in, context out.

Convolutions modulated by the instruction (FiLM, Perez et al. 2018) give a map of features. A
token is one soft keypoint of it (Levine et al. 2016): where on the map it looks, and the features
there. So a token says with sub-pixel precision where the cube is that the instruction names, and
says it alike whatever the room looks like. Pretraining teaches the first keypoints where the end
effector, the subject of the instruction, its goal and its side are, as larger models learn to
localise things before they act (pi0.5, arXiv 2504.16054); what the others look at is up to them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from rlco_core.contract import LANGUAGE_WIDTH

#: How many keypoints are taught: see ``POINT_COLUMNS`` of demonstrations.
TAUGHT = 4
_SMALLEST_STD = 1e-3
#: Pixels per cell of the map of features, and the spread of a taught keypoint, in cells.
_CELL, _SPREAD = 4, 0.7
#: The shortest wave of a place has 10 ** 1.4 rad for half an image.
_FINEST = 1.4


@dataclass(frozen=True)
class BackboneConfig:
    """Size of the backbone.

    Attributes:
        width: channels of every token.
        keypoints: soft keypoints; one token each.
        channels: of the three convolutions.
        image_size: (height, width) px, each a multiple of 4.
    """

    width: int = 96
    keypoints: int = 32
    channels: tuple[int, int, int] = (32, 64, 64)
    image_size: tuple[int, int] = (64, 64)


class FilmBlock(nn.Module):
    """A convolution whose output the instruction scales and shifts."""

    def __init__(self, before: int, after: int, kernel: int, stride: int, width: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(before, after, kernel, stride, kernel // 2)
        self.norm = nn.GroupNorm(8, after)
        self.modulation = nn.Linear(width, 2 * after)

    def forward(self, image: Tensor, sentence: Tensor) -> Tensor:
        """(B, before, H, W) and (B, width) -> (B, after, H / stride, W / stride)."""
        scale, shift = self.modulation(sentence)[..., None, None].chunk(2, dim=1)
        features = self.norm(self.convolution(image))
        return functional.relu(features * (1.0 + scale) + shift)


class Backbone(nn.Module):
    """See the module's text. Language comes as the frozen encoder's last hidden states."""

    words_mean: Tensor
    words_std: Tensor
    columns: Tensor
    rows: Tensor
    waves: Tensor

    def __init__(self, config: BackboneConfig) -> None:
        super().__init__()
        self.config = config
        width, (first, second, third) = config.width, config.channels
        self.words = nn.Sequential(nn.Linear(LANGUAGE_WIDTH, width), nn.GELU())
        self.blocks = nn.ModuleList(
            [
                FilmBlock(3, first, 5, 2, width),
                FilmBlock(first, second, 3, 2, width),
                FilmBlock(second, third, 3, 1, width),
            ]
        )
        self.attention = nn.Conv2d(third, config.keypoints, 1)
        self.projection = nn.Linear(third + 2, width)
        self.sentence = nn.Linear(width, width)
        self.places = nn.Parameter(0.02 * torch.randn(config.keypoints + 1, width))
        self.pointers = nn.Parameter(0.5 * torch.randn(self.pointing, width))
        self.norm = nn.LayerNorm(width)
        height, breadth = (side // _CELL for side in config.image_size)
        down, across = torch.meshgrid(
            torch.linspace(-1, 1, height), torch.linspace(-1, 1, breadth), indexing="ij"
        )
        self.register_buffer("rows", down.flatten())
        self.register_buffer("columns", across.flatten())
        self.register_buffer("waves", torch.logspace(0.0, _FINEST, width // 4))
        self.register_buffer("words_mean", torch.zeros(LANGUAGE_WIDTH))
        self.register_buffer("words_std", torch.ones(LANGUAGE_WIDTH))

    @property
    def tokens(self) -> int:
        """How many tokens an observation gives: keypoints, sentence, and where it points."""
        return self.config.keypoints + 1 + self.pointing

    @property
    def pointing(self) -> int:
        """How many keypoints are taught to point."""
        return min(TAUGHT, self.config.keypoints)

    def fit(self, words: NDArray[np.float32]) -> None:
        """Takes the scale of ``words`` (N, LANGUAGE_WIDTH)."""
        std = np.maximum(words.std(axis=0), _SMALLEST_STD)
        self.words_mean.copy_(torch.from_numpy(words.mean(axis=0)))
        self.words_std.copy_(torch.from_numpy(std))

    def forward(self, image: Tensor, words: Tensor, mask: Tensor) -> Tensor:
        """(B, tokens, width), the context of observations; arguments as in ``look``."""
        return self.look(image, words, mask)[0]

    def look(self, image: Tensor, words: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Context of observations, and where the keypoints look.

        Args:
            image: (B, H, W, 3) uint8 RGB.
            words: (B, LANGUAGE_TOKENS, LANGUAGE_WIDTH) float32.
            mask: (B, LANGUAGE_TOKENS) float32, 1 for real tokens.
        Returns:
            (B, tokens, width), and scores (B, keypoints, cells) of the cells of the map.
        """
        # Standardised, the words of different colours differ as much as those of different
        # verbs; the maximum over words lets one of them speak for the sentence.
        spoken = self.words((words - self.words_mean) / self.words_std) * mask[..., None]
        sentence = spoken.amax(1)
        # As it lies in memory, colours last, is also what convolutions on a CPU like best.
        pixels = image.permute(0, 3, 1, 2).to(sentence.dtype) / 127.5 - 1.0
        for block in self.blocks:
            pixels = block(pixels, sentence)
        keypoints, scores = self._keypoints(pixels)
        tokens = torch.cat([keypoints, self.sentence(sentence)[:, None]], dim=1)
        tokens = self.norm(tokens + self.places)
        return torch.cat([tokens, self._pointed(scores) + self.pointers], dim=1), scores

    def pointing_loss(self, scores: Tensor, points: Tensor) -> Tensor:
        """(B,) cross-entropy between where the taught keypoints look and the cells around
        ``points`` (B, TAUGHT, 2) px.
        """
        height, width = (side // _CELL for side in self.config.image_size)
        across, down = ((points - 0.5 * (_CELL - 1)) / _CELL).unbind(-1)
        columns = _near(across, width)
        rows = _near(down, height)
        wanted = (rows[..., :, None] * columns[..., None, :]).flatten(2)
        return -(wanted * scores[:, :TAUGHT].log_softmax(-1)).sum(-1).mean(-1)

    def pointed_at(self, scores: Tensor) -> Tensor:
        """(B, TAUGHT, 2) px where the taught keypoints look."""
        sides = zip(self._looks(scores), self.config.image_size, strict=True)
        # From the middle of the first cell to that of the last.
        down, across = (0.5 * (at + 1.0) * (side - _CELL) + 0.5 * (_CELL - 1) for at, side in sides)
        return torch.stack([across, down], dim=-1)

    def _keypoints(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens (B, keypoints, width), and scores (B, keypoints, cells) of where they look."""
        scores: Tensor = self.attention(pixels).flatten(2)
        looks = scores.softmax(-1)
        features = looks @ pixels.flatten(2).transpose(1, 2)
        where = torch.stack([looks @ self.columns, looks @ self.rows], dim=-1)
        return self.projection(torch.cat([features, where], dim=-1)), scores

    def _pointed(self, scores: Tensor) -> Tensor:
        """(B, pointing, width): sines and cosines of where the taught keypoints look. Among the
        features of a keypoint its place is two numbers that differ by little; here it is all
        there is, so that an expert needs no time to learn to read it.
        """
        angles = [at[..., None] * self.waves for at in self._looks(scores)]
        return torch.cat([wave for angle in angles for wave in (angle.sin(), angle.cos())], dim=-1)

    def _looks(self, scores: Tensor) -> tuple[Tensor, Tensor]:
        """Rows and columns (B, pointing) of the map where the taught keypoints look, in [-1, 1]."""
        looks = scores[:, : self.pointing].softmax(-1)
        return looks @ self.rows, looks @ self.columns


def _near(place: Tensor, count: int) -> Tensor:
    """(..., count) how much each of ``count`` cells belongs to ``place`` (...), in cells."""
    cells = torch.arange(count, device=place.device, dtype=place.dtype)
    return (-0.5 * ((place[..., None] - cells) / _SPREAD).square()).softmax(-1)
