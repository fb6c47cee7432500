# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What an observation shows, as a few tokens: image and instruction in, context out.

Convolutions modulated by the instruction (FiLM, Perez et al. 2018), the last of them ever more
dilated so that each sees the whole image, give a map of features, and soft keypoints of it (Levine
et al. 2016) point: at the end effector, at the subject of the instruction, its goal and its side.
Pretraining teaches them to, as larger models learn to localise things before they act (pi0.5,
arXiv 2504.16054). Where they look, how far apart that is, and what was said is all that an expert
gets to see: places look alike in every room, so what it learns in one world holds in another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from rlco_core.contract import LANGUAGE_WIDTH
from rlco_trainer.policies.noise import exactly

#: How many keypoints there are: see ``POINT_COLUMNS`` of demonstrations.
KEYPOINTS = 4
#: From which of them to which the way is a token, too: from the end effector to the subject and to
#: the goal, and from the subject to the goal.
_FROM, _TO = [0, 0, 1], [1, 2, 2]
_SMALLEST_STD = 1e-3
#: Pixels per cell of the map of features, and the spread of a keypoint, in cells.
_CELL, _SPREAD = 4, 0.7
#: The shortest wave of a place has 10 ** 1.4 rad for half an image.
_FINEST = 1.4


@dataclass(frozen=True)
class BackboneConfig:
    """Size of the backbone.

    Attributes:
        width: channels of every token.
        channels: of the two convolutions that make the image smaller, the second's for all after.
        dilations: of the convolutions after them.
        image_size: (height, width) px, each a multiple of 4.
    """

    width: int = 96
    channels: tuple[int, int] = (32, 64)
    dilations: tuple[int, ...] = (1, 2, 4)
    image_size: tuple[int, int] = (64, 64)


class FilmBlock(nn.Module):
    """A convolution whose output the instruction scales and shifts; one that changes no sizes
    adds it to what it got.
    """

    def __init__(
        self, before: int, after: int, kernel: int, stride: int, width: int, dilation: int = 1
    ) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(
            before, after, kernel, stride, dilation * (kernel // 2), dilation
        )
        self.norm = nn.GroupNorm(8, after)
        self.modulation = nn.Linear(width, 2 * after)

    def forward(self, image: Tensor, sentence: Tensor) -> Tensor:
        """(B, before, H, W) and (B, width) -> (B, after, H / stride, W / stride)."""
        scale, shift = self.modulation(sentence)[..., None, None].chunk(2, dim=1)
        features = self.norm(self.convolution(image))
        features = functional.relu(features * (1.0 + scale) + shift)
        return image + features if features.shape == image.shape else features


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
        width, (first, second) = config.width, config.channels
        self.words = nn.Sequential(nn.Linear(LANGUAGE_WIDTH, width), nn.GELU())
        self.blocks = nn.ModuleList(
            [
                FilmBlock(3, first, 5, 2, width),
                FilmBlock(first, second, 3, 2, width),
                *(
                    FilmBlock(second, second, 3, 1, width, dilation)
                    for dilation in config.dilations
                ),
            ]
        )
        self.attention = nn.Sequential(
            nn.GroupNorm(8, second, affine=False), nn.Conv2d(second, KEYPOINTS, 1)
        )
        self.sentence = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.places = nn.Parameter(0.5 * torch.randn(KEYPOINTS + len(_FROM), width))
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
        """How many tokens an observation gives: the sentence, places, and ways between them."""
        return 1 + KEYPOINTS + len(_FROM)

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
            (B, tokens, width), and scores (B, KEYPOINTS, cells) of the cells of the map.
        """
        # Standardised, the words of different colours differ as much as those of different
        # verbs; the maximum over words lets one of them speak for the sentence.
        spoken = self.words((words - self.words_mean) / self.words_std) * mask[..., None]
        sentence = spoken.amax(1)
        # As it lies in memory, colours last, is also what convolutions on a CPU like best.
        pixels = image.permute(0, 3, 1, 2).to(sentence.dtype) / 127.5 - 1.0
        for block in self.blocks:
            pixels = block(pixels, sentence)
        scores: Tensor = self.attention(pixels).flatten(2)
        spoken = self.norm(self.sentence(sentence))[:, None]
        return torch.cat([spoken, self._waves_of(self._looks(scores)) + self.places], 1), scores

    def pointing_loss(self, scores: Tensor, points: Tensor) -> Tensor:
        """(B,) cross-entropy between where the keypoints look and the cells around
        ``points`` (B, KEYPOINTS, 2) px.
        """
        height, width = (side // _CELL for side in self.config.image_size)
        across, down = ((points - 0.5 * (_CELL - 1)) / _CELL).unbind(-1)
        columns = _near(across, width)
        rows = _near(down, height)
        wanted = (rows[..., :, None] * columns[..., None, :]).flatten(2)
        return -(wanted * scores.log_softmax(-1)).sum(-1).mean(-1)

    def pointed_at(self, scores: Tensor) -> Tensor:
        """(B, KEYPOINTS, 2) px where the keypoints look."""
        sides = scores.new_tensor(self.config.image_size[::-1])
        # From the middle of the first cell to that of the last.
        return 0.5 * (self._looks(scores) + 1.0) * (sides - _CELL) + 0.5 * (_CELL - 1)

    def _looks(self, scores: Tensor) -> Tensor:
        """(B, KEYPOINTS, 2) columns and rows of the map where they look, each in [-1, 1]."""
        looks = scores.float().softmax(-1)
        # In full, as sines of a place that was rounded are those of another one.
        return torch.stack([exactly(looks, self.columns), exactly(looks, self.rows)], dim=-1)

    def _waves_of(self, places: Tensor) -> Tensor:
        """(B, KEYPOINTS + ways, width): sines and cosines of ``places`` (B, KEYPOINTS, 2), and of
        the ways between them.
        """
        ways = places[:, _TO] - places[:, _FROM]
        all_places = torch.cat([places, ways], 1)
        angles = (all_places[..., None] * self.waves).flatten(2)
        return torch.cat([angles.sin(), angles.cos()], dim=-1)


def _near(place: Tensor, count: int) -> Tensor:
    """(..., count) how much each of ``count`` cells belongs to ``place`` (...), in cells."""
    cells = torch.arange(count, device=place.device, dtype=place.dtype)
    return (-0.5 * ((place[..., None] - cells) / _SPREAD).square()).softmax(-1)
