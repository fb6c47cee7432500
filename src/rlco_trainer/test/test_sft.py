# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Supervised training: its schedule, its average, its curves, and what it refuses."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from rlco_core.errors import ConfigError
from rlco_trainer import sft
from rlco_trainer.batches import Demonstrations
from rlco_trainer.export import load_network
from rlco_trainer.models.nano import NanoConfig, NanoVLA
from rlco_trainer.sft import CHECKPOINT, SftConfig, learning_rate, set_statistics, train

CPU = torch.device("cpu")


class Killed(BaseException):
    """As hard as a kill: nothing in training catches it."""


def kill_at_save(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """The run dies with its ``number``-th checkpoint due: measured and logged, not yet written."""
    save, due = sft.checkpoint.save, [0]

    def save_or_die(*arguments: object) -> None:
        due[0] += 1
        if due[0] == number:
            raise Killed
        save(*arguments)

    monkeypatch.setattr(sft.checkpoint, "save", save_or_die)


def curves(root: Path) -> dict[str, list[int]]:
    """Tag -> steps, of all runs in a directory."""
    events = EventAccumulator(str(root))
    events.Reload()
    tags = events.Tags()["scalars"]
    return {tag: [scalar.step for scalar in events.Scalars(tag)] for tag in tags}


def test_a_run_killed_between_checkpoints_ends_as_an_uninterrupted_one(
    demonstrations: Demonstrations, tiny: SftConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(tiny, steps=20, checkpoint_every=5)
    whole = train(demonstrations, config, tmp_path / "whole", CPU)
    for number in (1, 2, 2):
        with monkeypatch.context() as patch:
            kill_at_save(patch, number)
            with pytest.raises(Killed):
                train(demonstrations, config, tmp_path / "killed", CPU)
    killed = train(demonstrations, config, tmp_path / "killed", CPU)
    for name, value in whole.state_dict().items():
        assert torch.equal(value, killed.state_dict()[name]), name
    files = [(tmp_path / name / CHECKPOINT).read_bytes() for name in ("whole", "killed")]
    assert files[0] == files[1]
    assert curves(tmp_path / "killed") == curves(tmp_path / "whole")


def test_every_step_has_its_own_frames_also_after_a_kill(
    demonstrations: Demonstrations, tiny: SftConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[tuple[int, int]] = []
    draw = sft.draw

    def noted(*frames: np.ndarray, seed: int, step: int, **settings: float) -> np.ndarray:
        drawn.append((seed, step))
        return draw(*frames, seed=seed, step=step, **settings)

    monkeypatch.setattr(sft, "draw", noted)
    with monkeypatch.context() as patch:
        kill_at_save(patch, 2)
        with pytest.raises(Killed):
            train(demonstrations, replace(tiny, seed=5), tmp_path, CPU)
    train(demonstrations, replace(tiny, seed=5), tmp_path, CPU)
    assert drawn == [(5, step) for step in (0, 1, 2, 3, 4, 5, 3, 4, 5)]


def test_curves_of_held_out_frames_come_with_every_checkpoint(
    run_root: Path, tiny: SftConfig
) -> None:
    wanted = [3, 6]
    assert curves(run_root) == {"loss/held_out": wanted, "held_out/translation_mm": wanted}
    assert tiny.checkpoint_every == 3


def test_the_training_loss_is_logged_every_fiftieth_step(
    demonstrations: Demonstrations, tiny: SftConfig, tmp_path: Path
) -> None:
    train(demonstrations, replace(tiny, steps=51, held_out=0), tmp_path, CPU)
    assert curves(tmp_path) == {"loss/train": [50]}


def test_a_finished_run_is_not_trained_on(
    demonstrations: Demonstrations, tiny: SftConfig, run_root: Path
) -> None:
    before = (run_root / CHECKPOINT).read_bytes()
    again = train(demonstrations, tiny, run_root, CPU)
    assert (run_root / CHECKPOINT).read_bytes() == before
    kept = load_network(run_root / CHECKPOINT).state_dict()
    assert all(torch.equal(value, kept[name]) for name, value in again.state_dict().items())


def test_the_average_follows_faster_at_first(
    demonstrations: Demonstrations, tiny: SftConfig, tmp_path: Path
) -> None:
    config = replace(tiny, steps=1, average=0.999)
    average = train(demonstrations, config, tmp_path, CPU)
    tensors, _ = sft.checkpoint.read(tmp_path / CHECKPOINT)
    model = sft.checkpoint.part(tensors, "model")
    torch.manual_seed(config.seed)
    first = NanoVLA(config.model)
    for name, value in first.named_parameters():
        wanted = torch.lerp(value, model[name], 1.0 - 1.0 / 10.0)
        torch.testing.assert_close(average.state_dict()[name], wanted)


@pytest.mark.parametrize("name", ["seed", "batch", "learning_rate", "steps"])
def test_a_run_goes_on_with_its_own_settings_only(
    demonstrations: Demonstrations, tiny: SftConfig, run_root: Path, name: str
) -> None:
    other = replace(tiny, **{name: getattr(tiny, name) * 2 + 1})
    with pytest.raises(ConfigError, match="made with other settings; use the same settings or"):
        train(demonstrations, other, run_root, CPU)


def test_a_network_of_another_size_is_other_settings(
    demonstrations: Demonstrations, tiny: SftConfig, run_root: Path
) -> None:
    other = replace(tiny, model=replace(tiny.model, bins=21))
    with pytest.raises(ConfigError, match="made with other settings"):
        train(demonstrations, other, run_root, CPU)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"batch": 5000}, r"\d+ training frames are fewer than one batch of 5000"),
        ({"held_out": 3}, "3 held-out episodes of 3 leave none to train on"),
        ({"held_out": 20}, "20 held-out episodes of 3 leave none to train on"),
        ({"model": NanoConfig(image_size=(48, 64))}, "images are 64x64 px, the network takes 48x"),
    ],
)
def test_data_that_does_not_suffice_or_fit_is_refused(
    demonstrations: Demonstrations,
    tiny: SftConfig,
    tmp_path: Path,
    change: dict[str, object],
    line: str,
) -> None:
    with pytest.raises(ConfigError, match=line):
        train(demonstrations, replace(tiny, **change), tmp_path / "out", CPU)
    assert not (tmp_path / "out").exists()


def test_images_that_the_convolutions_cannot_halve_are_refused(
    demonstrations: Demonstrations, tiny: SftConfig, tmp_path: Path
) -> None:
    images = demonstrations.images[:, :60]
    config = replace(tiny, model=replace(tiny.model, image_size=(60, 64)))
    with pytest.raises(ConfigError, match="multiples of 8"):
        train(replace(demonstrations, images=images), config, tmp_path, CPU)


def test_a_loss_that_is_not_finite_stops_before_it_is_in_a_checkpoint(
    demonstrations: Demonstrations, tiny: SftConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loss, calls = NanoVLA.loss, [0]

    def sometimes(self: NanoVLA, *batch: torch.Tensor) -> torch.Tensor:
        calls[0] += self.training and torch.is_grad_enabled()
        return loss(self, *batch) * (float("nan") if calls[0] == 5 else 1.0)

    monkeypatch.setattr(NanoVLA, "loss", sometimes)
    with pytest.raises(ConfigError, match="the loss is nan at step 5; a smaller learning rate"):
        train(demonstrations, tiny, tmp_path, CPU)
    tensors, metadata = sft.checkpoint.read(tmp_path / CHECKPOINT)
    assert metadata["step"] == "3"
    assert all(torch.isfinite(tensor).all() for tensor in tensors.values())


def test_learning_rate_climbs_then_falls_as_half_a_cosine() -> None:
    config = SftConfig(steps=110, warm_up=10, learning_rate=0.4)
    climb = [learning_rate(config, step) for step in range(10)]
    assert climb == pytest.approx([0.04 * (step + 1) for step in range(10)])
    fall = [learning_rate(config, step) for step in range(10, 111)]
    assert fall == sorted(fall, reverse=True)
    assert fall[0] == 0.4
    assert fall[25] == pytest.approx(0.2 * (1.0 + math.cos(math.pi / 4)))
    assert fall[50] == pytest.approx(0.2)
    assert fall[100] == pytest.approx(0.0, abs=1e-12)


def test_learning_rate_of_a_run_that_is_all_warm_up() -> None:
    config = SftConfig(steps=5, warm_up=10, learning_rate=1.0)
    assert [learning_rate(config, step) for step in range(5)] == [0.1, 0.2, 0.3, 0.4, 0.5]


def test_statistics_leave_a_margin_and_never_vanish() -> None:
    rng, network = np.random.default_rng(0), NanoVLA(NanoConfig(width=8, layers=1, heads=1))
    states = rng.normal(2.0, 3.0, (500, 10)).astype(np.float32)
    actions = rng.uniform(-1.0, 3.0, (500, 7)).astype(np.float32)
    states[:, 4], actions[:, 6] = 0.25, 0.5  # a value that never changes, as the gripper's
    words = rng.normal(size=(30, 384)).astype(np.float32)
    set_statistics(network, states, actions, words)
    assert network.state_mean.numpy() == pytest.approx(states.mean(axis=0))
    assert network.state_std[4].item() == pytest.approx(1e-3)
    assert network.action_low[6].item() == pytest.approx(0.499)
    assert network.action_high[6].item() == pytest.approx(0.501)
    low, high = network.action_low[:6].numpy(), network.action_high[:6].numpy()
    assert (low < actions[:, :6].min(axis=0)).all()
    assert (high > actions[:, :6].max(axis=0)).all()
    span = np.ptp(actions[:, :6], axis=0)
    assert high - low == pytest.approx(1.1 * span, rel=1e-5)
    assert network.words_std.numpy() == pytest.approx(words.std(axis=0), rel=1e-5)
