# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What every policy family can do: learn from demonstrations, act, and be judged for it.

Supervised training, reinforcement learning and export know a policy by this class alone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from rlco_core.errors import ConfigError
from rlco_core.proprioception import SIZE as STATE_SIZE
from rlco_sim.truth import SIZE as TRUTH_SIZE
from rlco_trainer.policies.backbone import Backbone, BackboneConfig
from rlco_trainer.policies.noise import cosines
from rlco_trainer.policies.scale import Scale

#: What ``evaluate`` needs to score a sample again; entries are (B, ...).
Trace = Mapping[str, Tensor]

#: Metres are large beside what makes a difference.
_TRUTH_SCALE = 4.0


class Seen(NamedTuple):
    """An observation as the experts see it.

    Attributes:
        context: (B, tokens, width), of the backbone.
        state: (B, 17) proprioception in its own units.
        truth: (B, 16), see ``rlco_sim.truth``; nothing that acts looks at it, and where there is
            none, values take it for zeros.
    """

    context: Tensor
    state: Tensor
    truth: Tensor | None = None


class Examples(NamedTuple):
    """Supervised examples.

    Attributes:
        seen: the observations.
        actions: (B, horizon, 7), the rows that followed; a policy learns as many as it has.
        weight: (B, horizon), by which rows count.
        pointing: (B,) how badly the backbone points at what the demonstrations point at; only
            where it was asked.
    """

    seen: Seen
    actions: Tensor
    weight: Tensor
    pointing: Tensor | None = None


@dataclass(frozen=True)
class Sample:
    """Sampled chunks.

    Attributes:
        actions: (B, execute, 7) action units.
        trace: how they came about.
        log_prob: (B, execute, parts), of what was drawn: rows, or waves over them.
        value: (B,).
    """

    actions: Tensor
    trace: Trace
    log_prob: Tensor
    value: Tensor


class Before(NamedTuple):
    """How the decision before came about, and in which of the B episodes there was none."""

    trace: Trace
    fresh: Tensor


@dataclass(frozen=True)
class Judged:
    """A stored sample under the present weights; shapes as in ``Sample``.

    Attributes:
        log_prob: (B, execute, parts).
        entropy: (B, execute, parts).
        value: (B,).
    """

    log_prob: Tensor
    entropy: Tensor
    value: Tensor


class ValueHead(nn.Module):
    """Expected return, from the state and from what a simulation knows. Of the context it would
    learn thousands of decisions by heart before it saw what they have in common.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.network = nn.Sequential(
            nn.Linear(STATE_SIZE + TRUTH_SIZE, 2 * width),
            nn.GELU(),
            nn.Linear(2 * width, width),
            nn.GELU(),
            nn.Linear(width, 1),
        )

    def forward(self, state: Tensor, truth: Tensor | None) -> Tensor:
        """(B,), of standardised states."""
        if truth is None:
            truth = state.new_zeros((len(state), TRUTH_SIZE))
        value: Tensor = self.network(torch.cat([state, _TRUTH_SCALE * truth], dim=-1))
        return value.squeeze(-1).float()


class Learner(nn.Module, ABC):
    """What sees with a backbone, and learns from examples: all that supervised training knows."""

    backbone: Backbone

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.backbone.words_mean.device

    def see(self, image: Tensor, state: Tensor, words: Tensor, mask: Tensor) -> Seen:
        """Runs the backbone; arguments as in ``Backbone.look`` and ``Seen``, on any device."""
        return self.look(image, state, words, mask)[0]

    def look(
        self, image: Tensor, state: Tensor, words: Tensor, mask: Tensor
    ) -> tuple[Seen, Tensor]:
        """As ``see``, with the scores of ``Backbone.look``.

        Raises:
            ConfigError: images have another size than the backbone sees.
        """
        wanted = self.backbone.config.image_size
        if tuple(image.shape[1:3]) != wanted:
            found, size = ("x".join(map(str, pair)) for pair in (image.shape[1:3], wanted))
            raise ConfigError(f"images of {found} px; the backbone sees {size} (height x width)")
        image, state, words, mask = (part.to(self.device) for part in (image, state, words, mask))
        context, scores = self.backbone.look(image, words, mask)
        return Seen(context, state), scores

    @abstractmethod
    def expert_parameters(self) -> list[nn.Parameter]:
        """What is trained when the backbone is frozen."""

    @abstractmethod
    def imitation_loss(self, examples: Examples, rng: torch.Generator) -> Tensor:
        """Supervised loss of examples, a scalar."""


class Pointer(Learner):
    """A backbone on its own, which learns to point before any expert learns to act."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone = backbone

    def expert_parameters(self) -> list[nn.Parameter]:
        """None: there is no expert."""
        return []

    def imitation_loss(self, examples: Examples, rng: torch.Generator) -> Tensor:
        """How badly the backbone points, a scalar; nothing is drawn from ``rng``."""
        assert examples.pointing is not None, "these examples do not say"
        return examples.pointing.mean()


class Policy(Learner):
    """A backbone that sees, an expert that acts, a head that values.

    Args:
        backbone: size of the backbone.
        horizon: rows of a chunk.
        execute: rows that are played, and that reinforcement learning is about.
    """

    family: str
    waves: Tensor

    def __init__(self, backbone: BackboneConfig, horizon: int, execute: int) -> None:
        super().__init__()
        self.backbone = Backbone(backbone)
        self.scale = Scale()
        self.value = ValueHead(backbone.width)
        self.horizon, self.execute = horizon, execute
        self.register_buffer("waves", cosines(execute), persistent=False)

    def values(self, seen: Seen) -> Tensor:
        """(B,) expected returns."""
        value: Tensor = self.value(self.scale.state(seen.state), seen.truth)
        return value

    def expert_parameters(self) -> list[nn.Parameter]:
        """What is trained when the backbone is frozen, without the value head."""
        apart = {id(p) for module in (self.backbone, self.value) for p in module.parameters()}
        return [p for p in self.parameters() if id(p) not in apart]

    def reinforced_parameters(self) -> list[nn.Parameter]:
        """What of the expert Stage II trains."""
        return self.expert_parameters()

    def imitation_loss(self, examples: Examples, rng: torch.Generator) -> Tensor:
        """Supervised loss of what the demonstrations did, a scalar."""
        rows = slice(None, self.horizon)
        losses = self.row_losses(examples.seen, examples.actions[:, rows], rng)
        weight = examples.weight[:, rows]
        return (losses * weight).sum() / weight.sum()

    @abstractmethod
    def row_losses(self, seen: Seen, actions: Tensor, rng: torch.Generator) -> Tensor:
        """(B, horizon), the supervised loss of every row of ``actions`` (B, horizon, 7)."""

    @abstractmethod
    def sample(self, seen: Seen, rng: torch.Generator, before: Before | None = None) -> Sample:
        """Chunks drawn at random, as rollouts need them; noise may stay on from ``before``."""

    @abstractmethod
    def evaluate(self, seen: Seen, trace: Trace) -> Judged:
        """Log-probability, entropy and value of stored samples."""

    def counted(self, played: Tensor) -> Tensor:
        """(B, execute), 1 for the log-probabilities of a sample that count and 0 for others, where
        of its rows those of ``played`` (B, execute) were: what was never played led to nothing.
        """
        return played

    @abstractmethod
    def act(self, seen: Seen) -> Tensor:
        """(B, horizon, 7) actions as they are deployed."""

    def settled(self, seen: Seen) -> bool:
        """Whether ``act`` is beyond doubt here: no rounding of another computer could change it
        by more than a rounding.
        """
        return True

    @abstractmethod
    def divergence(self, seen: Seen, other: Policy, rng: torch.Generator) -> Tensor:
        """How far this policy is from ``other`` where both see ``seen``: a scalar, nats per row."""


def context_tokens(context: Tensor, state: Tensor) -> Tensor:
    """(B, tokens + 1, width): the state as one more token."""
    return torch.cat([context, state[:, None]], dim=1)
