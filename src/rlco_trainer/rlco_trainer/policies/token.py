# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The token family: actions as words, one after the other (as OpenVLA, arXiv 2406.09246).

Every dimension of every row is one of 256 bins between the 1st and the 99th percentile. The bins
are the tail of the vocabulary; everything before it is masked. A token sees those before it, and
their keys and values are kept, so that a chunk costs one pass over as many tokens as it has.

Deployed, it plays the mean of the bins' chances at every place, and goes on from the bin in which
that lies (ours): bins are ordered, and the likeliest is often one that people's pauses favour
(means of such histograms as regression: Farebrother et al. 2024, arXiv 2403.03950).

Imitation shows it tokens of before that are far off (ours; as scheduled sampling, Bengio et al.
2015, arXiv 1506.03099, against the same). Rows follow each other closely, so that what was said
tells better what follows than what is seen: a policy that may trust it looks less and repeats its
own errors.

Rollouts draw tokens and go on from what was drawn (``sample``, as published). Or they say what is
deployed, and noise is added to what is played (``mean``, ours; see ``Shake``). What was said is
given when a decision is scored again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import torch
from torch import Tensor, nn

from rlco_core.proprioception import SIZE as STATE_SIZE
from rlco_trainer.policies import bins
from rlco_trainer.policies.backbone import BackboneConfig
from rlco_trainer.policies.bins import BINS
from rlco_trainer.policies.blocks import ExpertBlock, contexts_of
from rlco_trainer.policies.noise import Shake, exactly, normal, together
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

#: Words in front of the bins; the first begins every sentence.
SPECIAL = 4
_BEGIN = 0
#: Chance that no bin is drawn at; it keeps logarithms finite.
_LEAST = 1e-9
#: What means of another computer may differ by, in bins.
_DOUBT = 1e-3

Memory = list[tuple[Tensor, Tensor]]
Explore: TypeAlias = Literal["sample", "mean"]
#: The next token (B, 1) by the scores (B, BINS) of all.
_Choice: TypeAlias = Callable[[Tensor], Tensor]


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
        history_noise: standard deviation, in bins, of the noise on the tokens of before that
            imitation shows.
        explore: how rollouts are random: ``sample`` or ``mean``.
        temperature: of the tokens of ``sample``.
        blur: standard deviation of noise on the tokens of ``sample``, in bins: a policy that is
            sure of its bins would else explore by a fraction of a millimetre. It is scored with
            the rest.
        sigma: standard deviation of the noise of ``mean``, in bins.
        hold: how much of the noise of ``mean`` stays on from one decision to the next.
    """

    backbone: BackboneConfig = field(default_factory=BackboneConfig)
    layers: int = 2
    heads: int = 4
    horizon: int = 5
    execute: int = 4
    smoothing: float = 2.0
    history_noise: float = 128.0
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

    def reinforced_parameters(self) -> list[nn.Parameter]:
        """All of the expert but its words: most bins hardly matter to a decision, and Adam, which
        makes all steps alike, would move them as far as those that do.
        """
        words = {id(p) for module in (self.vocabulary, self.head) for p in module.parameters()}
        return [p for p in self.expert_parameters() if id(p) not in words]

    def row_losses(self, seen: Seen, actions: Tensor, rng: torch.Generator) -> Tensor:
        """Cross-entropy of the tokens of what was done."""
        values = self.scale.normalise(actions).flatten(1)
        noise = self.config.history_noise * (2.0 / BINS) * normal(values.shape, rng, values.device)
        scores = self.logits(seen, self.tokens(values + noise)).log_softmax(-1)
        if self.config.smoothing:
            sigma = self.config.smoothing * 2.0 / BINS
            away = (
                self.centres - values.clamp(self.centres[0], self.centres[-1])[..., None]
            ) / sigma
            losses = -((-0.5 * away.square()).softmax(-1) * scores).sum(-1)
        else:
            losses = -scores.gather(-1, self.tokens(values)[..., None]).squeeze(-1)
        return losses.unflatten(1, (-1, ACTION_SIZE)).mean(-1)

    def sample(self, seen: Seen, rng: torch.Generator, before: Before | None = None) -> Sample:
        """Tokens drawn one after the other, or means and noise."""
        if self.config.explore == "mean":
            return self._sample_mean(seen, rng, before)
        tokens, scores = self._speak(seen, self.execute, self._draws(rng))
        log_prob = self._explored(scores).gather(-1, tokens[..., None]).squeeze(-1)
        return Sample(
            actions=self.actions(tokens),
            trace={"tokens": tokens},
            log_prob=log_prob.unflatten(1, (-1, ACTION_SIZE)),
            value=self.values(seen),
        )

    def counted(self, played: Tensor) -> Tensor:
        """See ``Policy``."""
        return together(played) if self.config.explore == "mean" else played

    def evaluate(self, seen: Seen, trace: Trace) -> Judged:
        """All tokens at once, each seeing those before it."""
        if self.config.explore == "mean":
            return Judged(*self._shake(seen, trace["said"]).judge(trace), self.values(seen))
        tokens = trace["tokens"]
        scores = self._explored(self.logits(seen, tokens))
        log_prob = scores.gather(-1, tokens[..., None]).squeeze(-1)
        entropy = -(scores.exp() * scores).sum(-1)
        shape = (-1, ACTION_SIZE)
        return Judged(log_prob.unflatten(1, shape), entropy.unflatten(1, shape), self.values(seen))

    def act(self, seen: Seen) -> Tensor:
        """The mean at every place, one after the other."""
        return self.played(self._means(seen))

    def settled(self, seen: Seen) -> bool:
        """Whether no mean is so close to an edge of its bin that it could be in the next one."""
        means = self._means(seen)
        return bool(((means - means.round()).abs() > _DOUBT).all())

    def divergence(self, seen: Seen, other: Policy, rng: torch.Generator) -> Tensor:
        """KL(other || self) per row, over sentences that ``other`` speaks."""
        assert isinstance(other, TokenPolicy)
        with torch.no_grad():
            tokens, _ = other._speak(seen, self.execute, other._draws(rng))
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

    def _speak(self, seen: Seen, rows: int, choose: _Choice) -> tuple[Tensor, Tensor]:
        """Tokens (B, rows * 7), each of which was chosen before the next was thought of, and the
        scores (B, rows * 7, BINS) that they were chosen by.
        """
        contexts = self.contexts(seen)
        memory: list[tuple[Tensor, Tensor] | None] = [None] * len(self.blocks)
        spoken, scored = [], []
        features = self._embedded(seen.state.new_zeros((len(seen.state), 0), dtype=torch.long))
        for place in range(rows * ACTION_SIZE):
            for k, block in enumerate(self.blocks):
                features, memory[k] = block(features, contexts[k], memory[k])
            scored.append(self._scores(features)[:, 0])
            spoken.append(choose(scored[-1]))
            if place + 1 < rows * ACTION_SIZE:
                features = self.vocabulary(spoken[-1] + SPECIAL) + self.places[place + 1]
        return torch.cat(spoken, 1), torch.stack(scored, 1)

    def _means(self, seen: Seen) -> Tensor:
        """(B, horizon * 7) what is deployed, in bins."""
        return bins.mean(self._speak(seen, self.horizon, bins.said)[1])

    def _sample_mean(self, seen: Seen, rng: torch.Generator, before: Before | None) -> Sample:
        said, _ = self._speak(seen, self.execute, bins.said)
        shake = self._shake(seen, said)
        rows, trace = shake.draw(self.config.hold, rng, before)
        log_prob, _ = shake.judge(trace)
        return Sample(
            self.scale.denormalise(rows), {"said": said, **trace}, log_prob, self.values(seen)
        )

    def _shake(self, seen: Seen, said: Tensor) -> Shake:
        """The noise of ``mean``, around what is played where tokens (B, rows * 7) are said."""
        means = self._values(bins.mean(self.logits(seen, said)))
        std = torch.full_like(means, self.config.sigma * 2.0 / BINS)
        return Shake.around(means, std, self.waves)

    def _draws(self, rng: torch.Generator) -> _Choice:
        return lambda scores: bins.drawn(self._explored(scores), rng)

    def _explored(self, scores: Tensor) -> Tensor:
        """Log-probabilities of bins (..., BINS) as rollouts draw them."""
        scores = (scores / self.config.temperature).log_softmax(-1)
        if not self.config.blur:
            return scores
        return (
            exactly(scores.exp(), bins.blurred(self.config.blur, scores.device))
            .clamp_min(_LEAST)
            .log()
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
        return self.played(tokens + 0.5)

    def played(self, places: Tensor) -> Tensor:
        """Places in the range (B, rows * 7), in bins from its lower end -> (B, rows, 7) action
        units.
        """
        return self.scale.denormalise(self._values(places))

    def _values(self, places: Tensor) -> Tensor:
        """The same in [-1, 1]."""
        return (places * (2.0 / BINS) - 1.0).unflatten(1, (-1, ACTION_SIZE))
