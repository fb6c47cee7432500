# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The token family: actions as words, one after the other (as OpenVLA, arXiv 2406.09246).

Every dimension of every row is one of 256 bins between the 1st and the 99th percentile. The bins
are the tail of the vocabulary; everything before it is masked. A token sees those before it, and
their keys and values are kept, so that a chunk costs one pass over as many tokens as it has.

Deployed, it says the median of every token (ours): bins are ordered, and the likeliest of them is
often one that people's pauses favour.

Rollouts draw tokens and go on from what was drawn (``sample``, as published). Or they say what is
deployed, and noise is added to what is played (``median``, ours): a token that goes on from one
that was drawn repeats its noise, row after row, until nothing succeeds. Noise can then stay on from
one decision to the next, which would else undo it. What was said is given when a decision is scored
again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Literal, TypeAlias

import torch
from torch import Tensor, nn

from rlco_core.proprioception import SIZE as STATE_SIZE
from rlco_trainer.policies.backbone import BackboneConfig
from rlco_trainer.policies.blocks import ExpertBlock, contexts_of
from rlco_trainer.policies.noise import HALF_LOG_TAU, exactly, gaussian, lasting, normal
from rlco_trainer.policies.policy import (
    Before,
    Judged,
    Policy,
    Sample,
    Seen,
    Trace,
    context_tokens,
)
from rlco_trainer.policies.scale import ACTION_SIZE

BINS = 256
#: Words in front of the bins; the first begins every sentence, the second is in place of others.
SPECIAL = 4
_BEGIN, _FORGOTTEN = 0, 1
#: Chance that no bin is drawn at; it keeps logarithms finite.
_LEAST = 1e-9
#: Chance of a bin below which a median would jump at the least change.
_FLAT = 0.01
#: What chances of another computer may differ by.
_DOUBT = 1e-5

Memory = list[tuple[Tensor, Tensor]]
Explore: TypeAlias = Literal["sample", "median"]


@dataclass(frozen=True)
class TokenConfig:
    """Size of a token policy.

    Attributes:
        backbone: what sees.
        layers, heads: of the action expert.
        horizon, execute: rows of a chunk, and those that are played; every row costs seven tokens,
            and one to spare bridges 50 ms of inference.
        smoothing: standard deviation of the targets in imitation, in bins; neighbouring bins mean
            almost the same (HL-Gauss, Farebrother et al. 2024). 0 for plain cross-entropy.
        forget: chance that imitation shows no token of before, so that an answer comes from what is
            seen (word dropout, Bowman et al. 2016). Where rows follow each other closely, a policy
            else learns to go on from what it said, and repeats its own errors and noise.
        explore: how rollouts are random: ``sample`` or ``median``.
        temperature: of the tokens of ``sample``.
        blur: standard deviation of noise on the tokens of ``sample``, in bins: a policy that is
            sure of its bins would else explore by a fraction of a millimetre. It is scored with
            the rest.
        sigma: standard deviation of the noise of ``median``, in bins.
        hold: how much of the noise of ``median`` stays on from one decision to the next, and
            accordingly from row to row.
    """

    backbone: BackboneConfig = field(default_factory=BackboneConfig)
    layers: int = 2
    heads: int = 4
    horizon: int = 5
    execute: int = 4
    smoothing: float = 2.0
    forget: float = 0.5
    explore: Explore = "sample"
    temperature: float = 1.0
    blur: float = 0.0
    sigma: float = 12.0
    hold: float = 0.0


class TokenPolicy(Policy):
    """See the module's text."""

    family = "token"
    centres: Tensor

    def __init__(self, config: TokenConfig) -> None:
        super().__init__(config.backbone, config.horizon, config.execute)
        self.config = config
        width = config.backbone.width
        self.state = nn.Sequential(nn.Linear(STATE_SIZE, width), nn.GELU(), nn.Linear(width, width))
        self.vocabulary = nn.Embedding(SPECIAL + BINS, width)
        self.places = nn.Parameter(0.02 * torch.randn(config.horizon * ACTION_SIZE, width))
        self.blocks = nn.ModuleList(
            [ExpertBlock(width, config.heads) for _ in range(config.layers)]
        )
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, SPECIAL + BINS)
        nn.init.normal_(self.vocabulary.weight, std=0.02)
        edges = torch.linspace(-1.0, 1.0, BINS + 1)
        self.register_buffer("centres", 0.5 * (edges[1:] + edges[:-1]))

    def row_losses(self, seen: Seen, actions: Tensor, rng: torch.Generator) -> Tensor:
        """Cross-entropy of the tokens of what was done."""
        values = self.scale.normalise(actions).flatten(1)
        tokens = self.tokens(values)
        forgotten = torch.rand((len(tokens), 1), generator=rng).to(tokens.device)
        said = torch.where(forgotten < self.config.forget, _FORGOTTEN - SPECIAL, tokens)
        scores = self.logits(seen, said).log_softmax(-1)
        if self.config.smoothing:
            sigma = self.config.smoothing * 2.0 / BINS
            away = (
                self.centres - values.clamp(self.centres[0], self.centres[-1])[..., None]
            ) / sigma
            losses = -((-0.5 * away.square()).softmax(-1) * scores).sum(-1)
        else:
            losses = -scores.gather(-1, tokens[..., None]).squeeze(-1)
        return losses.unflatten(1, (-1, ACTION_SIZE)).mean(-1)

    def sample(self, seen: Seen, rng: torch.Generator, before: Before | None = None) -> Sample:
        """Tokens drawn one after the other, or medians and noise."""
        if self.config.explore == "median":
            return self._sample_median(seen, rng, before)
        tokens, log_prob = self._speak(seen, self.execute, rng)
        return Sample(self.actions(tokens), {"tokens": tokens}, log_prob, self.values(seen))

    def evaluate(self, seen: Seen, trace: Trace) -> Judged:
        """All tokens at once, each seeing those before it."""
        if self.config.explore == "median":
            return self._evaluate_median(seen, trace)
        tokens = trace["tokens"]
        scores = self._explored(self.logits(seen, tokens))
        log_prob = scores.gather(-1, tokens[..., None]).squeeze(-1)
        entropy = -(scores.exp() * scores).sum(-1)
        shape = (-1, ACTION_SIZE)
        return Judged(log_prob.unflatten(1, shape), entropy.unflatten(1, shape), self.values(seen))

    def act(self, seen: Seen) -> Tensor:
        """The median of every token, one after the other."""
        tokens, _ = self._speak(seen, self.horizon, None)
        return self.actions(tokens)

    def settled(self, seen: Seen) -> bool:
        """Whether no median is so close to an edge of its bin that it could be its neighbour."""
        below, above = (
            self._speak(seen, self.horizon, None, 0.5 + side)[0] for side in (-_DOUBT, _DOUBT)
        )
        return torch.equal(below, above)

    def divergence(self, seen: Seen, other: Policy, rng: torch.Generator) -> Tensor:
        """KL(other || self) per row, over sentences that ``other`` speaks."""
        assert isinstance(other, TokenPolicy)
        with torch.no_grad():
            tokens, _ = other._speak(seen, self.execute, rng)
            theirs = other.logits(seen, tokens).log_softmax(-1)
        ours = self.logits(seen, tokens).log_softmax(-1)
        per_token = (theirs.exp() * (theirs - ours)).sum(-1)
        return per_token.sum(-1).mean() / self.execute

    def tokens(self, values: Tensor) -> Tensor:
        """Values in [-1, 1] -> bin numbers."""
        return ((values + 1.0) * (0.5 * BINS)).long().clamp(0, BINS - 1)

    def logits(self, seen: Seen, tokens: Tensor) -> Tensor:
        """Scores of bins (B, T, BINS), where the first T tokens are ``tokens`` (B, T)."""
        features = self._embedded(tokens[:, :-1])
        for block, context in zip(self.blocks, self.contexts(seen), strict=True):
            features, _ = block(features, context, causal=True)
        return self._scores(features)

    def _speak(
        self, seen: Seen, rows: int, rng: torch.Generator | None, half: float = 0.5
    ) -> tuple[Tensor, Tensor]:
        """Tokens (B, rows * 7) and their log-probabilities (B, rows, 7); without a generator,
        those that ``half`` of the chances lie below: the medians.
        """
        contexts = self.contexts(seen)
        memory: list[tuple[Tensor, Tensor] | None] = [None] * len(self.blocks)
        spoken, chances = [], []
        features = self._embedded(seen.state.new_zeros((len(seen.state), 0), dtype=torch.long))
        for place in range(rows * ACTION_SIZE):
            for k, block in enumerate(self.blocks):
                features, memory[k] = block(features, contexts[k], memory[k])
            scores = self._scores(features)[:, 0]
            scores = scores.log_softmax(-1) if rng is None else self._explored(scores)
            token = _quantile(scores, half) if rng is None else _drawn(scores, rng)
            spoken.append(token)
            chances.append(scores.gather(-1, token))
            if place + 1 < rows * ACTION_SIZE:
                features = self.vocabulary(token + SPECIAL) + self.places[place + 1]
        shape = (rows, ACTION_SIZE)
        return torch.cat(spoken, 1), torch.cat(chances, 1).unflatten(1, shape)

    def _sample_median(self, seen: Seen, rng: torch.Generator, before: Before | None) -> Sample:
        said, _ = self._speak(seen, self.execute, None)
        share = self.config.hold ** (1.0 / self.execute)
        draws = normal((len(said), self.execute, ACTION_SIZE), rng, said.device)
        noise = lasting(draws, share, before)
        middle = _median(self.logits(seen, said).log_softmax(-1))
        played = middle + self.config.sigma * noise["noise"]
        trace = {"said": said, "played": played, **noise}
        values = (played * (2.0 / BINS) - 1.0).unflatten(1, (-1, ACTION_SIZE))
        judged = self._judged(seen, middle, trace)
        return Sample(self.scale.denormalise(values), trace, judged.log_prob, judged.value)

    def _evaluate_median(self, seen: Seen, trace: Trace) -> Judged:
        return self._judged(seen, _median(self.logits(seen, trace["said"]).log_softmax(-1)), trace)

    def _judged(self, seen: Seen, middle: Tensor, trace: Trace) -> Judged:
        """What was played, where medians are ``middle`` (B, rows * 7), in bins."""
        std = self.config.sigma * trace["loose"]
        log_prob = gaussian(trace["played"], middle + self.config.sigma * trace["held"], std)
        entropy, shape = std.log() + 0.5 + HALF_LOG_TAU, (-1, ACTION_SIZE)
        return Judged(log_prob.unflatten(1, shape), entropy.unflatten(1, shape), self.values(seen))

    def _explored(self, scores: Tensor) -> Tensor:
        """Log-probabilities of bins (..., BINS) as rollouts draw them."""
        scores = (scores / self.config.temperature).log_softmax(-1)
        if not self.config.blur:
            return scores
        return (
            exactly(scores.exp(), _blurred(self.config.blur, scores.device)).clamp_min(_LEAST).log()
        )

    def _embedded(self, tokens: Tensor) -> Tensor:
        """(B, T + 1, width): the beginning, then T tokens, each at its place."""
        begin = tokens.new_full((len(tokens), 1), _BEGIN)
        words = torch.cat([begin, tokens + SPECIAL], dim=1)
        embedded: Tensor = self.vocabulary(words) + self.places[: words.shape[1]]
        return embedded

    def contexts(self, seen: Seen) -> Memory:
        """Keys and values of the context, block by block."""
        source = context_tokens(seen.context, self.state(self.scale.state(seen.state)))
        return contexts_of(self.blocks, source)

    def _scores(self, features: Tensor) -> Tensor:
        """Scores of the tail of the vocabulary; what is in front of it is never said."""
        scores: Tensor = self.head(self.norm(features)).float()
        return scores[..., SPECIAL:]

    def actions(self, tokens: Tensor) -> Tensor:
        """Tokens (B, rows * 7) -> (B, rows, 7) action units."""
        values = self.centres[tokens].view(len(tokens), -1, ACTION_SIZE)
        return self.scale.denormalise(values)


@cache
def _blurred(blur: float, device: torch.device) -> Tensor:
    """(BINS, BINS) chances of the bins that are drawn where a row's bin was meant."""
    bins = torch.arange(BINS, device=device, dtype=torch.float32)
    return (-0.5 * ((bins[:, None] - bins) / blur).square()).softmax(-1)


def _quantile(scores: Tensor, share: float) -> Tensor:
    """(B, 1) bins that a ``share`` of the chances (B, BINS) of ``scores`` lies below."""
    return (scores.softmax(-1).cumsum(-1) < share).sum(-1, keepdim=True)


def _median(scores: Tensor) -> Tensor:
    """(...,) where half of the chances (..., BINS) lie below, in bins from the lower end; each
    chance is spread over its bin, so that the median has a gradient.
    """
    chances = scores.exp()
    reached = chances.cumsum(-1)
    number = (reached.detach() < 0.5).sum(-1, keepdim=True).clamp_max(BINS - 1)
    here = chances.gather(-1, number)
    share = (0.5 - reached.gather(-1, number) + here) / here.clamp_min(_FLAT)
    return (number + share.clamp(0.0, 1.0)).squeeze(-1)


def _drawn(scores: Tensor, rng: torch.Generator) -> Tensor:
    """(B, 1) bins drawn by their log-probabilities (B, BINS); the same draws on every device."""
    chance = torch.rand((len(scores), 1), generator=rng).to(scores.device)
    below = scores.double().exp().cumsum(-1) < chance
    return below.sum(-1, keepdim=True).clamp_max(BINS - 1)
