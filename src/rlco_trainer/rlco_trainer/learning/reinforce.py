# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Stage II: PPO in simulation, anchored on real demonstrations in the same optimiser step."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from rlco_core.errors import ConfigError
from rlco_trainer.interrupt import stoppable
from rlco_trainer.learning import checkpoint, ppo
from rlco_trainer.learning.anchor import Anchor, AnchorConfig
from rlco_trainer.learning.checkpoint import CHECKPOINT
from rlco_trainer.learning.collector import Collector, Rollout
from rlco_trainer.learning.curves import Curves
from rlco_trainer.learning.decisions import Decisions
from rlco_trainer.learning.figures import means, summary
from rlco_trainer.learning.optimise import apply, follow, require_finite
from rlco_trainer.learning.ppo import PpoConfig
from rlco_trainer.learning.schedule import faded, followed
from rlco_trainer.learning.side_by_side import SideBySide, added, compared, gradients, summed
from rlco_trainer.policies.explore import ExploreConfig
from rlco_trainer.policies.policy import Policy
from rlco_trainer.progress import progress
from rlco_trainer.settings import require_least, require_share

#: Gets the number of iterations done and the averaged policy.
After: TypeAlias = Callable[[int, Policy], None]

_SHUFFLE, _REAL = 0x73686666, 0x7265616C


@dataclass(frozen=True)
class ReinforceConfig:
    """Settings of one run.

    Attributes:
        iterations: rollouts, each with its update.
        envs, decisions: of one rollout; 0 decisions for those of the longest episode.
        groups: processes of environments.
        gamma, lam: discount and lambda, per decision. As values look beyond the end of an episode
            whose time is over, it is the discount that makes a policy hurry.
        epochs, batch: passes over a rollout, decisions per optimiser step.
        learning_rate, critic_learning_rate: of AdamW; the first is where it begins: it follows
            ``target_kl``, and falls along a cosine on top of that.
        target_kl: how far the policy should move in a rollout's update, nats per decision.
        most_kl: after a step that finds it moved so far, only values go on learning.
        value_iterations: rollouts at the beginning from which only values are learned.
        value_epochs, value_batch: passes over a rollout, and decisions per step, from which values
            are learned: they need many more steps than the policy, which may move but little.
        average: decay of the averaged weights per rollout; 0 for none.
        explore: how policies are random in rollouts.
        seed: of everything drawn.
        threads: parts of a batch in updates on the CPU, a core for each.
        bfloat16: networks in mixed precision, in rollouts and updates alike; what they say is
            scored in full.
        ppo, anchor: the two losses.
    """

    iterations: int = 100
    envs: int = 64
    decisions: int = 0
    groups: int = 2
    gamma: float = 0.95
    lam: float = 0.95
    epochs: int = 3
    batch: int = 960
    learning_rate: float = 2e-5
    critic_learning_rate: float = 1e-3
    target_kl: float = 0.1
    most_kl: float = 0.4
    value_iterations: int = 2
    value_epochs: int = 8
    value_batch: int = 240
    average: float = 0.8
    explore: ExploreConfig = field(default_factory=ExploreConfig)
    seed: int = 0
    threads: int = 2
    bfloat16: bool = False
    ppo: PpoConfig = field(default_factory=PpoConfig)
    anchor: AnchorConfig = field(default_factory=AnchorConfig)

    def __post_init__(self) -> None:
        require_least(self, 1, "iterations", "envs", "groups", "epochs", "batch", "threads")
        require_least(self, 1, "value_epochs", "value_batch")
        require_least(self, 0, "decisions", "value_iterations", "seed")
        require_least(self, 0.0, "learning_rate", "critic_learning_rate", "target_kl")
        if not self.most_kl >= 0.0:
            raise ConfigError(f"most_kl is {self.most_kl}; it should be 0.0 or more, or infinite")
        require_least(self, self.groups, "envs")
        require_share(self, "gamma", "lam")
        require_share(self, "average", below_one=True)


@dataclass(frozen=True)
class _Part:
    """What a part of a batch adds to the whole: gradients of the two losses of the policy, and
    figures for curves.
    """

    push: list[Tensor]
    pull: list[Tensor]
    figures: Mapping[str, float]


class Reinforcement:
    """A training run.

    Args:
        policy: of Stage I; it is changed.
        collector: of rollouts.
        anchor: on real demonstrations.
        out: directory of the run: checkpoint and TensorBoard curves.
    """

    def __init__(
        self,
        policy: Policy,
        collector: Collector,
        anchor: Anchor,
        config: ReinforceConfig,
        out: Path,
    ) -> None:
        self._policy, self._collector, self._anchor = policy, collector, anchor
        self._config, self._out = config, out
        policy.requires_grad_(False)
        self._actor = [p.requires_grad_() for p in policy.reinforced_parameters()]
        self._critic = [p.requires_grad_() for p in policy.value.parameters()]
        self._average = copy.deepcopy(policy).requires_grad_(False)
        groups = [
            {"params": self._actor, "lr": config.learning_rate},
            {"params": self._critic, "lr": config.critic_learning_rate},
        ]
        self._optimiser = torch.optim.AdamW(groups, betas=(0.9, 0.95), weight_decay=0.0)
        self._rate = config.learning_rate
        self._side_by_side = SideBySide(config.threads, policy.device)
        self._settings = json.dumps(asdict(config), sort_keys=True)
        self.iteration = 0
        path = out / CHECKPOINT
        if path.exists():
            self.iteration = checkpoint.load(
                path, self._settings, policy, self._average, self._optimiser
            )
            more = checkpoint.part(checkpoint.read(path)[0], "more")
            anchor.beta, self._rate = more["beta"].item(), more["rate"].item()

    def run(self, after: After | None = None) -> Policy:
        """Trains to the end, calling ``after`` every iteration; returns the averaged policy.

        Raises:
            KeyboardInterrupt: stopped by a signal, with a checkpoint of all that was done.
        """
        total = self._config.iterations
        curves = Curves(self._out, self.iteration)
        with (
            stoppable("iteration") as stopped,
            progress("reinforcing", total, done=self.iteration) as advance,
        ):
            while self.iteration < total and not stopped():
                figures = self.one_iteration()
                for name, value in figures.items():
                    curves.add(name, value, self.iteration)
                advance(1, f"success {figures['rollout/success']:.2f}")
                if after is not None:
                    after(self.iteration, self._average)
                curves.flush()
                self._save()
        return self._average

    def one_iteration(self) -> Mapping[str, float]:
        """A rollout and its update; what is worth a curve."""
        with self._side_by_side:
            with self._precision():
                rollout = self._collector.collect(self._policy, self.iteration)
            figures = {**summary(rollout), **self._update(rollout)}
        self.iteration += 1
        follow(self._average, self._policy, self._config.average)
        return figures

    def _update(self, rollout: Rollout) -> Mapping[str, float]:
        config = self._config
        decisions = Decisions.of(rollout, config.gamma, config.lam)
        rows: list[dict[str, float]] = []
        learning = self.iteration >= config.value_iterations
        for chosen in self._batches(decisions, config.epochs, config.batch):
            key = (_REAL, config.seed, self.iteration, len(rows))
            rows.append(self._step(chosen, key, learning))
            kl = rows[-1]["update/kl"]
            if learning and len(rows) > 1:  # before the first step nothing has moved
                self._rate = followed(self._rate, kl, config.target_kl)
            learning &= kl <= config.most_kl
        losses = [
            self._value_step(chosen)
            for chosen in self._batches(decisions, config.value_epochs, config.value_batch)
        ]
        values = {
            "update/value_loss": float(np.mean(losses)),
            "update/explained": decisions.explained,
        }
        return {**means(rows), **values}

    def _batches(self, decisions: Decisions, epochs: int, size: int) -> Iterator[Decisions]:
        """All of a rollout in batches of about ``size``, in another order in every epoch."""
        count = len(decisions)
        for epoch in range(epochs):
            order = np.random.default_rng((_SHUFFLE, self._config.seed, self.iteration, epoch))
            for part in np.array_split(order.permutation(count), -(-count // size)):
                yield decisions.at(torch.from_numpy(part), self._policy.device)

    def _step(self, decisions: Decisions, key: tuple[int, ...], learning: bool) -> dict[str, float]:
        """One optimiser step of the policy on both losses; none where it is not ``learning``."""
        config, anchor = self._config, self._anchor
        rate = self._rate * faded(self.iteration / config.iterations)
        self._optimiser.param_groups[0]["lr"] = rate

        def part(rows: slice) -> _Part:
            some = decisions.at(rows, self._policy.device)
            return self._part(some, (*key, rows.start), len(some) / len(decisions), learning)

        parts = self._side_by_side.over(len(decisions), part)
        figures = added([one.figures for one in parts]) | {"update/rate": rate}
        require_finite("the loss of PPO", figures.pop("loss"), self.iteration)
        if not learning:
            return figures
        actor = summed([one.push for one in parts])
        if anchor.beta > 0.0:
            require_finite("the anchor's loss", figures["anchor/loss"], self.iteration)
            pull = summed([one.pull for one in parts])
            ratio, cosine = compared(actor, pull)
            figures |= {
                "anchor/gradient_ratio": anchor.beta * ratio,
                "anchor/gradient_cosine": cosine,
                "anchor/beta": anchor.beta,
            }
            actor = [a + anchor.beta * g for a, g in zip(actor, pull, strict=True)]
            anchor.adapt(ratio)
        apply(self._optimiser, self._actor, actor, "the policy", self.iteration)
        return figures

    def _part(
        self, decisions: Decisions, key: tuple[int, ...], share: float, learning: bool
    ) -> _Part:
        """What some of a step's decisions add to it, with a like share of its real samples."""
        config = self._config
        with torch.set_grad_enabled(learning), self._precision():
            judged = self._policy.evaluate(decisions.seen, decisions.trace)
        found = ppo.losses(judged, decisions.batch, config.ppo)
        loss = share * found.total(config.ppo)
        figures = {"loss": loss.item()} | {
            f"update/{name}": share * value for name, value in found.figures().items()
        }
        if not learning:
            return _Part([], [], figures)
        push = gradients(loss, self._actor)
        pull: list[Tensor] = []
        if self._anchor.beta > 0.0:
            with self._precision():
                pulled = share * self._anchor.loss(self._policy, key, share)
            figures["anchor/loss"] = pulled.item()
            pull = gradients(pulled, self._actor)
        return _Part(push, pull, figures)

    def _value_step(self, decisions: Decisions) -> float:
        """One optimiser step of the values; their loss before it."""
        with self._precision():
            values = self._policy.values(decisions.seen)
        loss = ppo.value_loss(values, decisions.batch, self._config.ppo)
        require_finite("the loss of values", loss.item(), self.iteration)
        found = gradients(loss, self._critic)
        apply(self._optimiser, self._critic, found, "values", self.iteration)
        return loss.item()

    def _precision(self) -> torch.autocast:
        """Holds for one thread."""
        device = self._policy.device.type
        return torch.autocast(device, torch.bfloat16, enabled=self._config.bfloat16)

    def _save(self) -> None:
        checkpoint.save(
            self._out / CHECKPOINT,
            self.iteration,
            self._settings,
            self._policy,
            self._average,
            self._optimiser,
            {
                "beta": torch.tensor(self._anchor.beta, dtype=torch.float64),
                "rate": torch.tensor(self._rate, dtype=torch.float64),
            },
        )
