# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""From demonstrations to a bundle: every part does what the next one counts on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from rlco_core.bundle import load_bundle
from rlco_core.errors import BundleError, ConfigError
from rlco_trainer import export as exporting
from rlco_trainer import sft
from rlco_trainer.batches import Demonstrations
from rlco_trainer.demonstrate import Disturbance
from rlco_trainer.export import Deployment, export
from rlco_trainer.models.nano import NanoConfig, NanoVLA
from rlco_trainer.sft import CHECKPOINT, SftConfig, learning_rate, train

SMALL = NanoConfig(width=32, layers=1, heads=2)
CONFIG = SftConfig(steps=6, batch=8, held_out=1, checkpoint_every=3, warm_up=2, model=SMALL)
PANDA = Deployment("push_cube_panda", "panda", "push_cube", "front", 0.05, 4)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def data() -> Demonstrations:
    rng = np.random.default_rng(0)
    lengths, instructions = [12, 9, 11], ["push the red cube", "push the blue cube"] * 2
    count = sum(lengths)
    return Demonstrations.build(
        rng.integers(0, 255, (count, 64, 64, 3), dtype=np.uint8),
        rng.standard_normal((count, 10)).astype(np.float32),
        rng.uniform(-0.01, 0.01, (count, 7)).astype(np.float32),
        lengths,
        instructions[:3],
    )


def test_batches_end_with_their_episode(data: Demonstrations) -> None:
    batch = data.batch(np.array([10, 12]), 8)
    assert batch.weight[0].tolist() == [1, 1, 0, 0, 0, 0, 0, 0]
    assert (batch.actions[0, 2:] == torch.from_numpy(data.actions[11].copy())).all()
    assert batch.weight[1].sum() == 8
    trainable, held_out = data.split(1)
    assert (trainable.max(), held_out.min(), held_out.max()) == (20, 21, 31)
    assert data.early(np.arange(32), 2).tolist() == [0, 1, 12, 13, 21, 22]


def test_padded_rows_and_masked_words_do_not_count(data: Demonstrations) -> None:
    torch.manual_seed(0)
    network = NanoVLA(SMALL)
    batch = data.batch(np.array([10]), 8)
    other = batch._replace(actions=batch.actions.clone())
    other.actions[:, 2:] = 0.5
    assert network.loss(*batch).item() == network.loss(*other).item()
    words = batch.words.clone()
    words[batch.mask == 0.0] = 9.0
    assert torch.equal(network(*batch[:4]), network(*batch._replace(words=words)[:4]))


def test_a_killed_run_goes_on_to_the_bit(
    data: Demonstrations, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(data, CONFIG, tmp_path / "whole", CPU)
    save: Callable[..., None] = sft.checkpoint.save

    def save_and_die(*arguments: object) -> None:
        save(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(sft.checkpoint, "save", save_and_die)
    with pytest.raises(KeyboardInterrupt):
        train(data, CONFIG, tmp_path / "killed", CPU)
    monkeypatch.setattr(sft.checkpoint, "save", save)
    train(data, CONFIG, tmp_path / "killed", CPU)
    whole, killed = ((tmp_path / run / CHECKPOINT).read_bytes() for run in ("whole", "killed"))
    assert whole == killed


def test_other_settings_and_too_little_data_are_refused(
    data: Demonstrations, tmp_path: Path
) -> None:
    train(data, CONFIG, tmp_path, CPU)
    with pytest.raises(ConfigError, match="made with other settings"):
        train(data, replace(CONFIG, seed=1), tmp_path, CPU)
    with pytest.raises(ConfigError, match="fewer than one batch of 64"):
        train(data, replace(CONFIG, batch=64), tmp_path / "other", CPU)


def test_training_lowers_the_loss(data: Demonstrations, tmp_path: Path) -> None:
    config = replace(CONFIG, steps=60, learning_rate=3e-3, average=0.5, held_out=0)
    trained = train(data, config, tmp_path, CPU)
    torch.manual_seed(config.seed)
    fresh = NanoVLA(SMALL)
    sft.set_statistics(fresh, data.states, data.actions, data.spoken())
    batch = data.batch(np.arange(20), 8)
    with torch.no_grad():
        assert trained.loss(*batch).item() < 0.9 * fresh.loss(*batch).item()


def test_learning_rate_warms_up_and_ends_at_zero() -> None:
    rates = [learning_rate(CONFIG, step) for step in range(CONFIG.steps + 1)]
    assert rates[0] == pytest.approx(0.5 * CONFIG.learning_rate)
    assert max(rates) == pytest.approx(CONFIG.learning_rate)
    assert rates[-1] == pytest.approx(0.0, abs=1e-12)


def test_export_is_a_sound_bundle_that_answers_alike(data: Demonstrations, tmp_path: Path) -> None:
    train(data, CONFIG, tmp_path / "run", CPU)
    exported = export(tmp_path / "run" / CHECKPOINT, tmp_path / "out", PANDA, {"method": "sft"})
    assert exported.max_error <= 1e-4
    bundle = load_bundle(tmp_path / "out")
    assert bundle.manifest.provenance["onnx_max_error"] == exported.max_error
    assert bundle.contract.action.execute == 4


def test_export_refuses_a_graph_that_answers_otherwise(
    data: Demonstrations, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(data, CONFIG, tmp_path / "run", CPU)
    monkeypatch.setattr(exporting, "largest_error", lambda *_: float("nan"))
    with pytest.raises(BundleError, match="differs from the network"):
        export(tmp_path / "run" / CHECKPOINT, tmp_path / "out", PANDA, {})
    assert not (tmp_path / "out").exists()


def test_disturbances_repeat_with_their_seed() -> None:
    action = np.zeros(7, np.float32)
    first, again, calm = Disturbance(3, 1.0), Disturbance(3, 1.0), Disturbance(3, 0.0)
    played = [first.apply(action) for _ in range(200)]
    assert all((a == again.apply(action)).all() for a in played)
    assert 0 < sum(bool(a.any()) for a in played) < 150
    wanted = np.ones(7, np.float32)
    assert all((calm.apply(wanted) == wanted).all() for _ in range(200))
