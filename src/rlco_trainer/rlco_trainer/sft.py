# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Supervised training of the nano policy on demonstrations (behaviour cloning)."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.tensorboard import SummaryWriter

from rlco_core.errors import ConfigError
from rlco_trainer import checkpoint
from rlco_trainer.batches import Batch, Demonstrations, draw
from rlco_trainer.learning.imitation import follow, learning_rate, require_finite
from rlco_trainer.models.nano import NanoConfig, NanoVLA
from rlco_trainer.progress import Advance, progress

CHECKPOINT = "checkpoint.safetensors"
_LOG_EVERY = 50
_SMALLEST_STD = 1e-3
_SMALLEST_HALF_RANGE = 1e-3
_BOUND_MARGIN = 1.1


@dataclass(frozen=True)
class SftConfig:
    """Settings of one run; a run can be resumed only with the same ones.

    Attributes:
        steps: optimiser steps.
        batch: samples per step.
        learning_rate: peak; linear warm-up, then a cosine to zero.
        warm_up: steps of warm-up.
        weight_decay: of AdamW.
        average: decay of the averaged weights, which are what is exported.
        early_share: share of a batch from the first ``early_frames`` frames of episodes: there
            it is the instruction that tells what to do; later the arm's place gives it away.
        held_out: episodes at the end of the dataset that are only measured.
        checkpoint_every: steps between checkpoints.
        seed: of initial weights and sample order.
        model: size of the network.
    """

    steps: int = 8_000
    batch: int = 64
    learning_rate: float = 1e-3
    warm_up: int = 200
    weight_decay: float = 0.01
    average: float = 0.999
    early_share: float = 0.3
    early_frames: int = 16
    held_out: int = 20
    checkpoint_every: int = 500
    seed: int = 0
    model: NanoConfig = field(default_factory=NanoConfig)


def train(data: Demonstrations, config: SftConfig, out: Path, device: torch.device) -> NanoVLA:
    """Trains, or goes on where the checkpoint in ``out`` stands; returns the averaged network.

    ``out`` also gets TensorBoard curves: loss, held-out loss and held-out error in mm.

    Raises:
        ConfigError: the data is too small, or ``out`` holds a run with other settings.
    """
    trainable, held_out = data.split(config.held_out)
    _check(data, config, len(trainable))
    torch.manual_seed(config.seed)
    model = NanoVLA(config.model)
    set_statistics(model, data.states[trainable], data.actions[trainable], data.spoken())
    model.to(device)
    run = _Run(config, out, device, data, model)
    early = data.early(trainable, config.early_frames)
    with run.logging() as writer, progress("training", config.steps, done=run.step) as advance:
        while run.step < config.steps:
            run.one_step(trainable, early, writer, advance)
            if run.step % config.checkpoint_every == 0 or run.step == config.steps:
                run.measure(held_out, writer)
                run.save()
    return run.average


def _check(data: Demonstrations, config: SftConfig, trainable: int) -> None:
    """Raises ConfigError if ``config`` cannot be trained on that many frames of ``data``."""
    if trainable < config.batch:
        raise ConfigError(
            f"{trainable} training frames are fewer than one batch of {config.batch}; "
            "collect more episodes or hold fewer out"
        )
    size, wanted = data.images.shape[1:3], config.model.image_size
    if size != wanted or any(side % 8 for side in size):
        raise ConfigError(
            f"images are {size[0]}x{size[1]} px, the network takes {wanted[0]}x{wanted[1]}; "
            "both must be equal, and their sides multiples of 8"
        )


class _Run:
    """The moving parts of a training run."""

    def __init__(
        self,
        config: SftConfig,
        out: Path,
        device: torch.device,
        data: Demonstrations,
        model: NanoVLA,
    ) -> None:
        self._config, self._out, self._device, self._data = config, out, device, data
        self._model = model
        self.average = copy.deepcopy(model).requires_grad_(False)
        self._optimiser = torch.optim.AdamW(
            model.parameters(), config.learning_rate, weight_decay=config.weight_decay
        )
        self._settings = json.dumps(asdict(config), sort_keys=True)
        self.step = self._resume()

    def _resume(self) -> int:
        path = self._out / CHECKPOINT
        if not path.exists():
            return 0
        return checkpoint.load(path, self._settings, self._model, self.average, self._optimiser)

    def save(self) -> None:
        """Writes the checkpoint of the steps done so far."""
        path = self._out / CHECKPOINT
        checkpoint.save(path, self.step, self._settings, self._model, self.average, self._optimiser)

    @contextmanager
    def logging(self) -> Iterator[SummaryWriter]:
        """TensorBoard curves; what a killed run wrote past its checkpoint is dropped."""
        writer = SummaryWriter(str(self._out), purge_step=self.step + 1)
        try:
            yield writer
        finally:
            writer.close()

    def one_step(
        self,
        frames: NDArray[np.int64],
        early: NDArray[np.int64],
        writer: SummaryWriter,
        advance: Advance,
    ) -> None:
        """One optimiser step."""
        config = self._config
        for group in self._optimiser.param_groups:
            group["lr"] = learning_rate(config, self.step)
        chosen = draw(
            frames,
            early,
            early_share=config.early_share,
            size=config.batch,
            seed=config.seed,
            step=self.step,
        )
        loss = self._model.loss(*self._batch(chosen))
        value = loss.item()
        require_finite("the loss", value, self.step + 1)  # or it would be in the next checkpoint
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._model.parameters(), 1.0)
        self._optimiser.step()
        follow(self.average, self._model, config.average, self.step)
        self.step += 1
        if self.step % _LOG_EVERY == 0:
            writer.add_scalar("loss/train", value, self.step)
            advance(_LOG_EVERY, f"loss {value:.3f}")

    def measure(self, frames: NDArray[np.int64], writer: SummaryWriter) -> None:
        """Logs loss and mean translation error on held-out frames, with averaged weights."""
        if not len(frames):
            return
        losses, errors = [], []
        with torch.inference_mode():
            for some in np.array_split(frames, math.ceil(len(frames) / 256)):
                batch = self._batch(some)
                losses.append(self.average.loss(*batch).item())
                wrong = (self.average(*batch[:4]) - batch.actions)[..., :3].norm(dim=-1)
                errors.append(((wrong * batch.weight).sum() / batch.weight.sum()).item())
        writer.add_scalar("loss/held_out", float(np.mean(losses)), self.step)
        writer.add_scalar("held_out/translation_mm", 1000.0 * float(np.mean(errors)), self.step)

    def _batch(self, frames: NDArray[np.int64]) -> Batch:
        return self._data.batch(frames, self._config.model.horizon).to(self._device)


def set_statistics(
    model: NanoVLA,
    states: NDArray[np.float32],
    actions: NDArray[np.float32],
    words: NDArray[np.float32],
) -> None:
    """Gives the network the scales of states (N, 10), actions (N, 7) and words (M, width)."""
    low, high = actions.min(axis=0), actions.max(axis=0)
    middle = 0.5 * (low + high)
    half = np.maximum(0.5 * (high - low) * _BOUND_MARGIN, _SMALLEST_HALF_RANGE)
    std = np.maximum(states.std(axis=0), _SMALLEST_STD)
    values = {
        "state_mean": states.mean(axis=0),
        "state_std": std,
        "words_mean": words.mean(axis=0),
        "words_std": np.maximum(words.std(axis=0), _SMALLEST_STD),
        "action_low": middle - half,
        "action_high": middle + half,
    }
    for name, value in values.items():
        getattr(model, name).copy_(torch.from_numpy(np.asarray(value, dtype=np.float32)))
