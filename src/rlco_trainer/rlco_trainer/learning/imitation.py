# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Supervised training of one policy, or of several that share a backbone, on demonstrations."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Generic, TypeVar, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rlco_trainer.interrupt import stoppable
from rlco_trainer.learning import checkpoint
from rlco_trainer.learning.checkpoint import CHECKPOINT
from rlco_trainer.learning.curves import Curves
from rlco_trainer.learning.optimise import apply, follow, require_finite
from rlco_trainer.learning.schedule import warmed
from rlco_trainer.learning.side_by_side import SideBySide, added, gradients, summed
from rlco_trainer.learning.sources import Mixture, Source, together
from rlco_trainer.policies.policy import Examples, Learner
from rlco_trainer.progress import progress
from rlco_trainer.settings import require_least, require_share

Taught = TypeVar("Taught", bound=Learner)
_LOG_EVERY = 50
#: What a kill may cost, s, where steps are long and checkpoints rare.
_CHECKPOINT_SECONDS = 20.0
_HELD_OUT_KEY = 0x68656C64


@dataclass(frozen=True)
class ImitationConfig:
    """Settings of one run; a run can be resumed only with the same ones.

    Attributes:
        steps: optimiser steps.
        batch: samples per step.
        learning_rate: peak; linear warm-up, then a cosine to zero.
        warm_up: steps of warm-up.
        weight_decay: of AdamW.
        average: decay of the averaged weights, which are what is kept.
        checkpoint_every: steps between checkpoints at the most; held-out episodes are measured
            with them.
        expert_only: the backbone stays as it is.
        bfloat16: mixed precision; quicker where the processor has instructions for it.
        seed: of initial weights and sample order.
    """

    steps: int = 4_000
    batch: int = 128
    learning_rate: float = 1e-3
    warm_up: int = 200
    weight_decay: float = 0.01
    average: float = 0.998
    checkpoint_every: int = 500
    expert_only: bool = False
    bfloat16: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        require_least(self, 1, "steps", "batch", "checkpoint_every")
        require_least(self, 0.0, "learning_rate", "warm_up", "weight_decay", "seed")
        require_share(self, "average", below_one=True)


@dataclass(frozen=True)
class _Part:
    """What a part of a batch adds to the whole: gradients, and figures for curves."""

    gradients: list[Tensor]
    figures: Mapping[str, float]


class Imitation(Generic[Taught]):
    """A training run.

    Args:
        policies: by family; they learn from the same examples.
        mixture: what is trained on.
        held_out: by name, source and frames that are only measured.
        out: directory of the run: checkpoint and TensorBoard curves.
        threads: parts of a batch on the CPU, a core for each.
    """

    def __init__(
        self,
        policies: Mapping[str, Taught],
        mixture: Mixture,
        held_out: Mapping[str, tuple[Source, NDArray[np.int64]]],
        config: ImitationConfig,
        out: Path,
        threads: int = 1,
    ) -> None:
        self._config, self._mixture, self._held_out, self._out = config, mixture, held_out, out
        self._modules, self._first = nn.ModuleDict(dict(policies)), next(iter(policies.values()))
        self._trained = nn.ParameterList(_trained(list(policies.values()), config.expert_only))
        self._average = copy.deepcopy(self._modules).requires_grad_(False)
        self._optimiser = torch.optim.AdamW(
            self._trained, config.learning_rate, weight_decay=config.weight_decay
        )
        self._side_by_side = SideBySide(threads, self._trained[0].device)
        self._settings = json.dumps(asdict(config), sort_keys=True)
        path = out / CHECKPOINT
        self.step = 0
        if path.exists():
            self.step = checkpoint.load(
                path, self._settings, self._modules, self._average, self._optimiser
            )

    def run(
        self, after: Callable[[int, Mapping[str, Taught]], None] | None = None
    ) -> Mapping[str, Taught]:
        """Trains to the end, calling ``after`` with the steps done and the policies with averaged
        weights every step; returns them.

        Raises:
            KeyboardInterrupt: stopped by a signal, with a checkpoint of the step that it was at.
        """
        config, total = self._config, self._config.steps
        curves, saved = Curves(self._out, self.step), time.monotonic()
        with (
            self._side_by_side,
            stoppable("step") as stopped,
            progress("training", total, done=self.step) as advance,
        ):
            while self.step < total and not stopped():
                advance(1, f"loss {self._one_step(curves):.3f}")
                if after is not None:
                    after(self.step, self._averaged())
                if self.step % _LOG_EVERY == 0:
                    curves.flush()
                due = self.step % config.checkpoint_every == 0 or self.step == total
                if due:
                    self._measure(curves)
                if due or time.monotonic() - saved > _CHECKPOINT_SECONDS:
                    curves.flush()
                    self._save()
                    saved = time.monotonic()
            if stopped():
                self._save()
        return self._averaged()

    def _averaged(self) -> Mapping[str, Taught]:
        return cast(Mapping[str, Taught], dict(self._average.items()))

    def _one_step(self, curves: Curves) -> float:
        config = self._config
        rate = config.learning_rate * warmed(self.step, config.warm_up, config.steps)
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        parts = self._side_by_side.over(config.batch, self._part)
        figures = added([part.figures for part in parts])
        loss = sum(value for name, value in figures.items() if name.startswith("loss/"))
        require_finite("the supervised loss", loss, self.step + 1)
        found, what = summed([part.gradients for part in parts]), "the supervised loss"
        apply(self._optimiser, list(self._trained), found, what, self.step + 1)
        follow(self._average, self._modules, config.average, self.step)
        self.step += 1
        if self.step % _LOG_EVERY == 0:
            for name, value in figures.items():
                curves.add(name, value, self.step)
        return loss

    def _part(self, samples: slice) -> _Part:
        """What some samples of a step's batch add to it."""
        config = self._config
        key, count = (config.seed, self.step, samples.start), samples.stop - samples.start
        weight = count / config.batch
        with torch.autocast(self._first.device.type, torch.bfloat16, enabled=config.bfloat16):
            drawn, shares = self._mixture.draw(self._first, count, key)
            losses = self._losses(self._modules, together(drawn), (*key, 1))
        loss = weight * torch.stack(list(losses.values())).sum()
        figures = {f"loss/{name}": weight * part.item() for name, part in losses.items()}
        figures |= {f"share/{kind}": weight * share for kind, share in shares.items()}
        return _Part(gradients(loss, list(self._trained)), figures)

    def _losses(
        self, modules: nn.ModuleDict, examples: Examples, key: tuple[int, ...]
    ) -> dict[str, Tensor]:
        rng = torch.Generator().manual_seed(int(np.random.SeedSequence(key).generate_state(1)[0]))
        return {
            family: policy.imitation_loss(examples, rng)  # type: ignore[operator]
            for family, policy in modules.items()
        }

    @torch.no_grad()
    def _measure(self, curves: Curves) -> None:
        first = next(iter(self._average.values()))
        for name, (source, frames) in self._held_out.items():
            rng = torch.Generator().manual_seed(_HELD_OUT_KEY)
            some = frames[:: max(len(frames) // 1024, 1)]
            examples = source.examples(first, some, rng)  # type: ignore[arg-type]
            for family, loss in self._losses(self._average, examples, (_HELD_OUT_KEY,)).items():
                curves.add(f"held_out/{name}_{family}", loss.item(), self.step)

    def _save(self) -> None:
        path = self._out / CHECKPOINT
        checkpoint.save(
            path, self.step, self._settings, self._modules, self._average, self._optimiser
        )


def _trained(policies: Sequence[Learner], expert_only: bool) -> list[nn.Parameter]:
    """What gets gradients, once each; the rest is frozen."""
    chosen: dict[int, nn.Parameter] = {}
    for policy in policies:
        policy.requires_grad_(False)
    for policy in policies:
        parameters = policy.expert_parameters()
        if not expert_only:
            parameters = [*policy.backbone.parameters(), *parameters]
        chosen |= {id(parameter): parameter for parameter in parameters}
    for parameter in chosen.values():
        parameter.requires_grad_()
    return list(chosen.values())
