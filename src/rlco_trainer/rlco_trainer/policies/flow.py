# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The flow family: noise flows into actions along a learned velocity (as pi0.5, arXiv 2504.16054).

Training (flow matching): x_t = t * noise + (1 - t) * actions, and the network learns
noise - actions from x_t; t = 0.999 * Beta(1.5, 1) + 0.001, and t = 1 is noise. Acting: four Euler
steps from 1 to 0.

A flow has no log-probability of its own, so rollouts add noise to every step, and what is scored is
the whole chain (RLinf, arXiv 2509.15965). With x0 = x - v * t and x1 = x + v * (1 - t):
noise: mean = x0 * (1 - (t - d)) + x1 * (t - d), a learned sigma in [0.08, 0.16];
sde:   sigma = a * sqrt(t / (1 - t)),
       mean = x0 * (1 - (t - d)) + x1 * (t - d - sigma^2 * d / (2 t)),
       standard deviation sigma * sqrt(d), in one step of the chain drawn at random.
end:   (ours) plain Euler steps from the middle of the noise, as when deployed, and noise of a
       learned sigma on what they end at (see ``Shake``). So what improves is what is deployed; a
       chain from noise elsewhere can learn while the one from the middle gets worse.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import torch
from torch import Tensor, nn

from rlco_core.proprioception import SIZE as STATE_SIZE
from rlco_trainer.policies.backbone import BackboneConfig
from rlco_trainer.policies.blocks import ExpertBlock, contexts_of
from rlco_trainer.policies.noise import HALF_LOG_TAU, Shake, gaussian, normal, together
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

Contexts = list[tuple[Tensor, Tensor]]
Explore: TypeAlias = Literal["noise", "sde", "end"]
Joint: TypeAlias = Literal["sum", "mean"]


@dataclass(frozen=True)
class FlowConfig:
    """Size of a flow policy, and how it explores.

    Attributes:
        backbone: what sees.
        layers, heads: of the action expert.
        horizon, execute: rows of a chunk, and those that are played.
        steps: denoise steps.
        explore: how rollouts are random: ``noise``, ``sde`` or ``end``.
        sigma: least and greatest standard deviation of ``noise`` and ``end``.
        hold: how much of the noise of an ``end`` stays on from one decision to the next.
        sde_scale: a of ``sde``.
        joint: log-probability of a chain: ``sum`` of its terms, or their ``mean``.
    """

    backbone: BackboneConfig = field(default_factory=BackboneConfig)
    layers: int = 2
    heads: int = 4
    horizon: int = 8
    execute: int = 4
    steps: int = 4
    explore: Explore = "noise"
    sigma: tuple[float, float] = (0.08, 0.16)
    hold: float = 0.0
    sde_scale: float = 0.5
    joint: Joint = "sum"


class FlowPolicy(Policy):
    """See the module's text."""

    family = "flow"
    frequencies: Tensor

    def __init__(self, config: FlowConfig) -> None:
        super().__init__(config.backbone, config.horizon, config.execute)
        self.config = config
        width = config.backbone.width
        self.state = nn.Sequential(nn.Linear(STATE_SIZE, width), nn.GELU(), nn.Linear(width, width))
        self.rows = nn.Linear(ACTION_SIZE, width)
        self.places = nn.Parameter(0.02 * torch.randn(config.horizon, width))
        self.time: nn.Module = nn.Sequential(
            nn.Linear(width, width), nn.GELU(), nn.Linear(width, 3 * width * config.layers)
        )
        self.blocks = nn.ModuleList(
            [ExpertBlock(width, config.heads) for _ in range(config.layers)]
        )
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, ACTION_SIZE)
        self.spread = nn.Linear(width, ACTION_SIZE)
        nn.init.zeros_(self.spread.weight)
        nn.init.zeros_(self.spread.bias)
        self.register_buffer("frequencies", torch.logspace(0.0, 2.5, width // 2))

    def row_losses(self, seen: Seen, actions: Tensor, rng: torch.Generator) -> Tensor:
        """Flow matching at one time per sample."""
        values = self.scale.normalise(actions)
        noise = normal(values.shape, rng, values.device)
        # Beta(1.5, 1) by its inverse distribution function.
        chance = torch.rand(len(values), generator=rng).to(values.device)
        time = 0.999 * chance.pow(1.0 / 1.5) + 0.001
        t = time[:, None, None]
        velocity, _ = self.velocity(t * noise + (1.0 - t) * values, time, self.contexts(seen))
        return (velocity - (noise - values)).square().mean(-1)

    def sample(self, seen: Seen, rng: torch.Generator, before: Before | None = None) -> Sample:
        """A chain of noisy denoise steps, or of plain ones with a noisy end."""
        if self.config.explore == "end":
            return self._sample_end(seen, rng, before)
        count, device = len(seen.state), seen.state.device
        shape = (count, self.horizon, ACTION_SIZE)
        draws = [normal(shape, rng, device) for _ in range(self.config.steps + 1)]
        noisy = torch.randint(self.config.steps, (count,), generator=rng).to(device)
        chain, contexts = [draws[0]], self.contexts(seen)
        for k in range(self.config.steps):
            mean, std = self._transition(chain[-1], k, contexts)
            following = mean + std * draws[k + 1]
            if self.config.explore == "sde":
                plain, _ = self._euler(chain[-1], k, contexts)
                following = torch.where((noisy == k)[:, None, None], following, plain)
            chain.append(following)
        trace = {"chain": torch.stack(chain, 1), "noisy": noisy}
        actions = self.scale.denormalise(chain[-1][:, : self.execute])
        judged = self.evaluate(seen, trace)
        return Sample(actions, trace, judged.log_prob, judged.value)

    def evaluate(self, seen: Seen, trace: Trace) -> Judged:
        """Scores all transitions of the stored chains, or their ends."""
        if self.config.explore == "end":
            return Judged(*self._shake(seen).judge(trace), self.values(seen))
        chain, steps = trace["chain"], self.config.steps
        states, following = chain[:, :-1].flatten(0, 1), chain[:, 1:].flatten(0, 1)
        contexts = [tuple(part.repeat_interleave(steps, 0) for part in pair)
                    for pair in self.contexts(seen)]  # fmt: skip
        step = torch.arange(steps, device=chain.device).repeat(len(chain))
        mean, std = self._transition(states, step, contexts)  # type: ignore[arg-type]
        log_prob = self._chained(gaussian(following, mean, std))
        entropy = self._chained((std.log() + 0.5 + HALF_LOG_TAU).expand_as(mean))
        if self.config.explore == "sde":
            scored = nn.functional.one_hot(trace["noisy"], steps)[:, :, None, None]
            log_prob, entropy = log_prob * scored, entropy * scored
        if self.config.explore == "noise":
            start = chain[:, :1, : self.execute]
            begun = gaussian(start, torch.zeros_like(start), torch.ones_like(start))
            log_prob = torch.cat([begun, log_prob], 1)
        share = 1.0 / log_prob.shape[1] if self.config.joint == "mean" else 1.0
        return Judged(share * log_prob.sum(1), share * entropy.sum(1), self.values(seen))

    def counted(self, played: Tensor) -> Tensor:
        """See ``Policy``."""
        return together(played) if self.config.explore == "end" else played

    def act(self, seen: Seen) -> Tensor:
        """Plain Euler steps from the middle of the noise."""
        return self.scale.denormalise(self._end(seen)[0])

    def divergence(self, seen: Seen, other: Policy, rng: torch.Generator) -> Tensor:
        """KL(other || self) per row along chains of ``other``, at the other's sigma."""
        assert isinstance(other, FlowPolicy)
        if self.config.explore == "end":
            return self._end_divergence(seen, other)
        with torch.no_grad():
            chain = other.sample(seen, rng).trace["chain"]
        total = torch.zeros((), device=chain.device)
        share = 1.0 / self.config.steps if self.config.explore == "sde" else 1.0
        ours, theirs = self.contexts(seen), other.contexts(seen)
        for k in range(self.config.steps):
            mean, _ = self._transition(chain[:, k], k, ours)
            with torch.no_grad():
                wanted, std = other._transition(chain[:, k], k, theirs)
            total = (
                total + (0.5 * ((mean - wanted) / std).square())[:, : self.execute].sum(-1).mean()
            )
        # One step of a stochastic chain is noisy, whichever.
        return share * total

    def velocity(self, x: Tensor, time: Tensor, contexts: Contexts) -> tuple[Tensor, Tensor]:
        """Velocity at ``x`` (B, horizon, 7), ``time`` (B,), and the features it was read from."""
        shifts = self.time(self.angles(time)).chunk(len(self.blocks), dim=-1)
        features = self.rows(x) + self.places
        for block, context, shift in zip(self.blocks, contexts, shifts, strict=True):
            features, _ = block(features, context, modulation=shift)
        features = self.norm(features)
        velocity: Tensor = self.head(features).float()
        return velocity, features

    def angles(self, time: Tensor) -> Tensor:
        """(B, width) sines and cosines of ``time`` (B,)."""
        angles = time[:, None] * self.frequencies
        return torch.cat([angles.sin(), angles.cos()], dim=-1)

    def _sample_end(self, seen: Seen, rng: torch.Generator, before: Before | None) -> Sample:
        shake = self._shake(seen)
        rows, trace = shake.draw(self.config.hold, rng, before)
        log_prob, _ = shake.judge(trace)
        return Sample(self.scale.denormalise(rows), trace, log_prob, self.values(seen))

    def _end_divergence(self, seen: Seen, other: FlowPolicy) -> Tensor:
        with torch.no_grad():
            theirs = other._shake(seen)
        ours = self._shake(seen)
        return (0.5 * ((ours.mean - theirs.mean) / theirs.std).square()).sum(-1).mean()

    def _shake(self, seen: Seen) -> Shake:
        """The noise of an ``end``, around what is played."""
        end, std = self._end(seen)
        return Shake.around(end[:, : self.execute], std[:, : self.execute], self.waves)

    def _end(self, seen: Seen) -> tuple[Tensor, Tensor]:
        """Where plain Euler steps from the middle of the noise end, and the standard deviation
        there.
        """
        x = seen.state.new_zeros((len(seen.state), self.horizon, ACTION_SIZE))
        contexts = self.contexts(seen)
        for k in range(self.config.steps):
            x, features = self._euler(x, k, contexts)
        return x, self._sigma(features)

    def _transition(
        self, x: Tensor, step: int | Tensor, contexts: Contexts
    ) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of what follows ``x`` after denoise step ``step``."""
        number = torch.full((len(x),), step, device=x.device) if isinstance(step, int) else step
        time = 1.0 - number / self.config.steps
        velocity, features = self.velocity(x, time, contexts)
        t, d = time[:, None, None], 1.0 / self.config.steps
        clean, noise = x - velocity * t, x + velocity * (1.0 - t)
        if self.config.explore == "noise":
            return clean * (1.0 - (t - d)) + noise * (t - d), self._sigma(features)
        # At t = 1 sigma would be infinite; it takes the next time's place.
        sigma = self.config.sde_scale * (t / (1.0 - t.clamp_max(1.0 - d))).sqrt()
        share = t - d - sigma.square() * d / (2.0 * t)
        return clean * (1.0 - (t - d)) + noise * share, sigma * math.sqrt(d) * torch.ones_like(x)

    def _sigma(self, features: Tensor) -> Tensor:
        """Learned, with its logarithm squashed between those of the bounds."""
        low, high = (math.log(bound) for bound in self.config.sigma)
        share = 0.5 * (torch.tanh(self.spread(features.detach()).float()) + 1.0)
        return (low + (high - low) * share).exp()

    def _euler(self, x: Tensor, step: int, contexts: Contexts) -> tuple[Tensor, Tensor]:
        """Where the plain step of the flow leads, and the features it was read from."""
        time = torch.full((len(x),), 1.0 - step / self.config.steps, device=x.device)
        velocity, features = self.velocity(x, time, contexts)
        return x - velocity / self.config.steps, features

    def contexts(self, seen: Seen) -> Contexts:
        """Keys and values of the context, block by block."""
        source = context_tokens(seen.context, self.state(self.scale.state(seen.state)))
        return contexts_of(self.blocks, source)

    def _chained(self, terms: Tensor) -> Tensor:
        """(B * steps, horizon, 7) -> (B, steps, execute, 7)."""
        return terms.unflatten(0, (-1, self.config.steps))[:, :, : self.execute]
