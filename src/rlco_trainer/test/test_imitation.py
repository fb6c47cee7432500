# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Supervised training of both families: what it learns, keeps, logs, and refuses."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from machine import files_at_most
from small import SMALLEST, equal, new
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from rlco_core.errors import ConfigError, RlcoError
from rlco_trainer.learning import checkpoint, imitation
from rlco_trainer.learning.batches import Demonstrations
from rlco_trainer.learning.checkpoint import CHECKPOINT
from rlco_trainer.learning.curves import Curves
from rlco_trainer.learning.imitation import Imitation, ImitationConfig
from rlco_trainer.learning.sources import ImageSource, Mixture, Portion
from rlco_trainer.policies.policy import Policy
from rlco_trainer.stages.pretrain import new_policies

CONFIG = ImitationConfig(steps=6, batch=8, warm_up=2, checkpoint_every=3, average=0.5)
TRAINED, HELD_OUT = np.arange(48), np.arange(48, 64)


class Killed(BaseException):
    """As hard as a kill: nothing in training catches it."""


@pytest.fixture(scope="module")
def data() -> Demonstrations:
    """Equal images and states, two instructions, opposite actions."""
    told = np.repeat([1.0, -1.0] * 4, 8).astype(np.float32)
    return Demonstrations.build(
        np.full((64, 16, 16, 3), 100, np.uint8),
        np.zeros((64, 17), np.float32),
        0.01 * np.tile(told[:, None], (1, 7)),
        [8] * 8,
        ["push the red cube", "push the blue cube"] * 4,
    )


def both(data: Demonstrations) -> dict[str, Policy]:
    """The two families on one backbone, as in the base."""
    token, flow = (new(family, SMALLEST, horizon=2, execute=2) for family in ("token", "flow"))
    policies = new_policies(token.config, flow.config)  # type: ignore[arg-type]
    policies["token"].scale.fit(data.states, data.actions, (1.0, 1.0))
    policies["token"].backbone.fit(data.spoken())
    return policies


def run_of(
    data: Demonstrations, out: Path, config: ImitationConfig = CONFIG, families: str = "token flow"
) -> Imitation:
    torch.manual_seed(config.seed)
    source = ImageSource(data, 2)
    policies = {family: both(data)[family] for family in families.split()}
    if len(policies) == 2:
        policies = both(data)
    mixture, held_out = Mixture([Portion("sim", source, TRAINED, 1.0)]), {"sim": (source, HELD_OUT)}
    return Imitation(policies, mixture, held_out, config, out)


def curves(root: Path) -> dict[str, list[int]]:
    """Tag -> steps, of all runs in a directory, whose files may be of the same second."""
    found: dict[str, set[int]] = {}
    for path in root.glob("events.out.*"):
        events = EventAccumulator(str(path))
        events.Reload()
        for tag in events.Tags()["scalars"]:
            found.setdefault(tag, set()).update(one.step for one in events.Scalars(tag))
    return {tag: sorted(steps) for tag, steps in found.items()}


def same(one: Mapping[str, Policy], other: Mapping[str, Policy]) -> bool:
    return one.keys() == other.keys() and all(equal(one[family], other[family]) for family in one)


def test_both_families_learn_on_one_backbone_to_do_what_is_said(
    data: Demonstrations, tmp_path: Path
) -> None:
    config = replace(CONFIG, steps=120, batch=16, learning_rate=3e-3, average=0.9)
    trained = run_of(data, tmp_path, replace(config, checkpoint_every=120)).run()
    assert trained["token"].backbone is trained["flow"].backbone
    batch = data.batch(np.array([0, 8]), 2)
    for family, policy in trained.items():
        answer = policy.act(policy.see(batch.image, batch.state, batch.words, batch.mask))
        away = (answer - batch.actions).abs().mean().item()
        assert away < 0.003, f"{family}: not to listen is 0.01 away"


def test_weights_of_both_and_of_the_backbone_move_but_values_do_not(
    data: Demonstrations, tmp_path: Path
) -> None:
    before, after = both(data), run_of(data, tmp_path).run()
    for family in ("token", "flow"):
        assert equal(after[family].value, before[family].value)
        assert equal(after[family].scale, before[family].scale)
        moved = zip(
            after[family].expert_parameters(), before[family].expert_parameters(), strict=True
        )
        # The flow's spread is of no use to imitation.
        assert sum(not torch.equal(a, b) for a, b in moved) >= 20
    assert not equal(after["token"].backbone, before["token"].backbone)


@pytest.mark.parametrize("family", ["token", "flow"])
def test_a_frozen_backbone_stays_as_it_is(
    data: Demonstrations, tmp_path: Path, family: str
) -> None:
    config = replace(CONFIG, expert_only=True, weight_decay=0.5)
    after = run_of(data, tmp_path, config, family).run()[family]
    before = both(data)[family]
    assert equal(after.backbone, before.backbone)
    assert equal(after.value, before.value)
    assert not equal(after, before)


@pytest.mark.parametrize("expert_only", [False, True])
def test_a_run_killed_between_checkpoints_ends_as_an_uninterrupted_one(
    data: Demonstrations, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expert_only: bool
) -> None:
    """It dies with its second checkpoint due: measured and logged, not yet written."""
    config = replace(CONFIG, steps=9, expert_only=expert_only)
    whole = run_of(data, tmp_path / "whole", config).run()
    save, due = imitation.checkpoint.save, [0]

    def save_or_die(*arguments: object) -> None:
        due[0] += 1
        if due[0] == 2:
            raise Killed
        save(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(imitation.checkpoint, "save", save_or_die)
    with pytest.raises(Killed):
        run_of(data, tmp_path / "killed", config).run()
    again = run_of(data, tmp_path / "killed", config)
    assert again.step == 3
    assert same(again.run(), whole)
    files = [(tmp_path / name / CHECKPOINT).read_bytes() for name in ("whole", "killed")]
    assert files[0] == files[1]
    assert curves(tmp_path / "killed") == curves(tmp_path / "whole")


def test_a_run_that_is_told_to_stop_keeps_the_step_that_it_is_at(
    data: Demonstrations, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run_of(data, tmp_path / "whole").run()
    stopped = run_of(data, tmp_path / "stopped")
    one_step = stopped._one_step

    def signalled(curves: Curves) -> float:
        if stopped.step == 4:
            os.kill(os.getpid(), signal.SIGTERM)
        return one_step(curves)

    monkeypatch.setattr(stopped, "_one_step", signalled)
    with pytest.raises(KeyboardInterrupt):
        stopped.run()
    again = run_of(data, tmp_path / "stopped")
    assert again.step == 5, "no checkpoint is due before 6"
    assert same(again.run(), whole)
    assert curves(tmp_path / "stopped") == curves(tmp_path / "whole")


def test_a_full_disk_ends_a_run_that_goes_on_later(data: Demonstrations, tmp_path: Path) -> None:
    whole = run_of(data, tmp_path / "whole").run()
    run = run_of(data, tmp_path / "full")
    path, measure = tmp_path / "full" / CHECKPOINT, run._measure

    def fill(curves: Curves) -> None:
        if run.step == 6:
            full.enter_context(files_at_most(path.stat().st_size // 2))
        measure(curves)

    run._measure = fill  # type: ignore[method-assign]
    with ExitStack() as full, pytest.raises(RlcoError, match=f"{path} cannot be written: .* large"):
        run.run()
    again = run_of(data, tmp_path / "full")
    assert again.step == 3
    assert same(again.run(), whole)


def test_curves_that_cannot_be_written_are_no_reason_to_end(
    data: Demonstrations,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def nowhere(root: Path, done: int) -> Curves:
        made = Curves(root / "lost", done)
        shutil.rmtree(root / "lost")
        return made

    whole = run_of(data, tmp_path / "whole").run()
    monkeypatch.setattr(imitation, "Curves", nowhere)
    assert same(run_of(data, tmp_path / "run").run(), whole)
    files = [(tmp_path / name / CHECKPOINT).read_bytes() for name in ("whole", "run")]
    assert files[0] == files[1]
    assert "No such file" in capsys.readouterr().err


def test_a_finished_run_is_not_trained_on(data: Demonstrations, tmp_path: Path) -> None:
    trained = run_of(data, tmp_path).run()
    before = (tmp_path / CHECKPOINT).read_bytes()
    assert same(run_of(data, tmp_path).run(), trained)
    assert (tmp_path / CHECKPOINT).read_bytes() == before


@pytest.mark.parametrize("name", ["seed", "batch", "learning_rate", "steps", "expert_only"])
def test_a_run_goes_on_with_its_own_settings_only(
    data: Demonstrations, tmp_path: Path, name: str
) -> None:
    run_of(data, tmp_path, families="flow").run()
    other = replace(CONFIG, **{name: getattr(CONFIG, name) * 2 + 1})
    with pytest.raises(ConfigError, match="made with other settings; use the same settings or"):
        run_of(data, tmp_path, other, families="flow")


def test_a_loss_that_is_not_finite_stops_before_it_is_in_a_checkpoint(
    data: Demonstrations, tmp_path: Path
) -> None:
    run = run_of(data, tmp_path)
    measure = run._measure

    def spoil(writer: object) -> None:
        measure(writer)  # type: ignore[arg-type]
        run._save()
        with torch.no_grad():
            run._modules["flow"].head.weight.fill_(torch.nan)
        run._save = lambda: None  # type: ignore[method-assign]

    run._measure = spoil  # type: ignore[method-assign]
    with pytest.raises(ConfigError, match="the supervised loss is nan at step 4; a smaller learn"):
        run.run()
    tensors, metadata = checkpoint.read(tmp_path / CHECKPOINT)
    assert metadata["step"] == "3"
    assert all(torch.isfinite(tensor).all() for tensor in tensors.values())


def test_what_is_kept_is_an_average_that_follows_faster_at_first(
    data: Demonstrations, tmp_path: Path
) -> None:
    config = replace(CONFIG, steps=1, average=0.999)
    average = run_of(data, tmp_path, config, "token").run()["token"]
    tensors, _ = checkpoint.read(tmp_path / CHECKPOINT)
    model, first = checkpoint.part(tensors, "model.token"), both(data)["token"]
    for name, value in first.named_parameters():
        wanted = torch.lerp(value, model[name], 1.0 - 1.0 / 10.0)
        torch.testing.assert_close(average.state_dict()[name], wanted)


def test_held_out_losses_come_with_checkpoints_and_others_every_fiftieth_step(
    data: Demonstrations, tmp_path: Path
) -> None:
    run_of(data, tmp_path, replace(CONFIG, steps=51, checkpoint_every=30)).run()
    assert curves(tmp_path) == {
        "loss/token": [50],
        "loss/flow": [50],
        "share/sim": [50],
        "held_out/sim_token": [30, 51],
        "held_out/sim_flow": [30, 51],
    }


def test_it_can_run_in_mixed_precision(data: Demonstrations, tmp_path: Path) -> None:
    trained = run_of(data, tmp_path, replace(CONFIG, bfloat16=True)).run()
    exact = run_of(data, tmp_path / "exact").run()
    assert not same(trained, exact)
    for family, policy in trained.items():
        for name, value in policy.state_dict().items():
            torch.testing.assert_close(value, exact[family].state_dict()[name], atol=0.02, rtol=0.0)


def test_where_steps_are_long_checkpoints_come_by_the_clock(
    data: Demonstrations, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = itertools.count(0, 15)
    monkeypatch.setattr(imitation, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    saved = []
    save = checkpoint.save
    monkeypatch.setattr(checkpoint, "save", lambda *a: (saved.append(a[1]), save(*a)))
    whole = run_of(data, tmp_path, replace(CONFIG, checkpoint_every=100)).run()
    assert saved[-1] == 6
    assert len(saved) > 2
    assert same(run_of(data, tmp_path / "plain").run(), whole)
