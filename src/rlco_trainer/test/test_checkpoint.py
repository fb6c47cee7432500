# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Checkpoints: everything comes back to the bit, and what is not one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from machine import files_at_most
from safetensors.torch import save_file
from torch import Tensor, nn

from rlco_core.errors import ConfigError, RlcoError
from rlco_trainer.learning import checkpoint

SETTINGS = '{"batch": 4}'


class Run:
    """A network, its average and its optimiser."""

    def __init__(self, seed: int) -> None:
        torch.manual_seed(seed)
        self.model, self.average = network(), network()
        self.optimiser = torch.optim.AdamW(self.model.parameters(), 0.01)

    def steps(self, count: int) -> None:
        generator = torch.Generator().manual_seed(0)
        for _ in range(count):
            self.optimiser.zero_grad()
            self.model(torch.randn(4, 3, generator=generator)).square().sum().backward()
            self.optimiser.step()

    def save(self, path: Path, step: int = 5) -> None:
        checkpoint.save(path, step, SETTINGS, self.model, self.average, self.optimiser)

    def load(self, path: Path, settings: str = SETTINGS) -> int:
        return checkpoint.load(path, settings, self.model, self.average, self.optimiser)

    def tensors(self) -> dict[str, Tensor]:
        names = {"model": self.model, "average": self.average}
        return {f"{n}.{k}": v for n, m in names.items() for k, v in m.state_dict().items()}


def network() -> nn.Module:
    """With a buffer, which is no parameter but belongs to it."""
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "checkpoint.safetensors"


def test_weights_average_and_step_come_back(path: Path) -> None:
    saved, other = Run(0), Run(1)
    saved.steps(5)
    saved.save(path)
    assert other.load(path) == 5
    for name, value in saved.tensors().items():
        assert torch.equal(value, other.tensors()[name]), name


def test_a_loaded_run_goes_on_as_if_nothing_had_been(path: Path) -> None:
    saved, other = Run(0), Run(1)
    saved.steps(5)
    saved.save(path)
    other.load(path)
    saved.steps(3)
    other.steps(3)
    for name, value in saved.tensors().items():
        assert torch.equal(value, other.tensors()[name]), name


def test_what_is_frozen_has_no_moments_and_goes_on_all_the_same(path: Path) -> None:
    saved, other = Run(0), Run(1)
    for run in (saved, other):
        run.model[0].requires_grad_(False)
    saved.steps(3)
    saved.save(path)
    names = {name for name in checkpoint.read(path)[0] if name.startswith("exp_avg.")}
    assert names == {"exp_avg.1.weight", "exp_avg.1.bias", "exp_avg.2.weight", "exp_avg.2.bias"}
    other.load(path)
    saved.steps(3)
    other.steps(3)
    for name, value in saved.tensors().items():
        assert torch.equal(value, other.tensors()[name]), name


def test_networks_that_share_parts_come_back_sharing_them(tmp_path: Path) -> None:
    part = nn.Linear(3, 3)
    model = nn.ModuleDict({"a": nn.Sequential(part, nn.ReLU()), "b": nn.Sequential(part)})
    optimiser = torch.optim.AdamW(model.parameters(), 0.01)
    part(torch.ones(1, 3)).sum().backward()
    optimiser.step()
    checkpoint.save(tmp_path / "a", 1, SETTINGS, model, model, optimiser, {"beta": torch.ones(())})
    weight = part.weight.detach().clone()
    with torch.no_grad():
        part.weight.zero_()
    checkpoint.load(tmp_path / "a", SETTINGS, model, model, optimiser)
    assert model["a"][0] is model["b"][0]
    assert torch.equal(part.weight, weight)
    assert checkpoint.part(checkpoint.read(tmp_path / "a")[0], "more") == {"beta": torch.ones(())}


def test_equal_runs_are_equal_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        run = Run(0)
        run.steps(2)
        run.save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_an_older_checkpoint_stays_when_the_disk_is_full(path: Path, share: float) -> None:
    run = Run(0)
    run.steps(1)
    run.save(path)
    before = path.read_bytes()
    line = rf"{path} cannot be written: .*File too large.*; the one before is kept"
    with files_at_most(int(share * len(before))), pytest.raises(RlcoError, match=line):
        run.save(path, step=6)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert Run(1).load(path) == 5


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file")
    line = r"run/checkpoint cannot be written: (Not a directory|File exists)$"
    with pytest.raises(RlcoError, match=line):
        Run(0).save(tmp_path / "run" / "checkpoint")


def test_other_settings_are_refused_and_nothing_is_changed(path: Path) -> None:
    saved, other = Run(0), Run(1)
    saved.steps(1)
    saved.save(path)
    before = {name: value.clone() for name, value in other.tensors().items()}
    with pytest.raises(ConfigError, match="made with other settings; use the same settings or"):
        other.load(path, '{"batch": 8}')
    assert all(torch.equal(value, other.tensors()[name]) for name, value in before.items())


def test_what_is_missing_is_named(path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no checkpoint at .*; `rlco train` makes one"):
        checkpoint.read(path)
    with pytest.raises(ConfigError, match="no checkpoint at"):
        checkpoint.read(path.parent.parent)


def test_a_torn_file_is_refused(path: Path) -> None:
    run = Run(0)
    run.steps(1)
    run.save(path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ConfigError, match="is not a readable checkpoint"):
        checkpoint.read(path)
    path.write_bytes(b"")
    with pytest.raises(ConfigError, match="is not a readable checkpoint"):
        checkpoint.read(path)


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}])
def test_tensors_of_others_are_refused(tmp_path: Path, metadata: dict[str, str] | None) -> None:
    path = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(2)}, path, metadata)
    with pytest.raises(ConfigError, match=r"has tensors, but not of a run; `rlco train`"):
        checkpoint.read(path)


def test_a_part_is_found_by_its_whole_prefix() -> None:
    tensors = {
        "model.a": torch.zeros(1),
        "modelling.a": torch.ones(1),
        "average.model.a": torch.ones(2),
    }
    assert list(checkpoint.part(tensors, "model")) == ["a"]
    assert checkpoint.part(tensors, "model")["a"].item() == 0.0
    assert list(checkpoint.part(tensors, "average")) == ["model.a"]
