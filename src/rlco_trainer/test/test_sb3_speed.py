# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The trainer beside which ours is measured: it trains the same network with the same settings."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import small
import torch

from rlco_trainer.bench.peers import NAMES, TRAINERS
from rlco_trainer.bench.plain_policy import PlainPolicy
from rlco_trainer.bench.sim_speed import CALM

PEERS = Path(str(files("rlco_trainer.bench.peers")))


def test_the_plain_policy_scores_what_it_sampled() -> None:
    torch.manual_seed(0)
    policy = PlainPolicy()
    seen = policy.see(*small.inputs(5))
    sample = policy.sample(seen, torch.Generator().manual_seed(0))
    judged = policy.evaluate(seen, sample.trace)
    torch.testing.assert_close(judged.log_prob, sample.log_prob)
    torch.testing.assert_close(judged.value, policy.values(seen))
    assert sample.actions.shape == (5, 1, 7)
    assert sample.actions[..., :3].abs().max() <= CALM + 1e-9
    assert sample.actions[..., 3:6].abs().max() == 0.0
    # As Stable-Baselines3 counts them: NatureCNN and two heads on its 512 features.
    assert sum(p.numel() for p in policy.features.parameters()) == 600_736
    assert sum(p.numel() for p in policy.reinforced_parameters()) == 37_190


@pytest.mark.parametrize("name", TRAINERS)
def test_every_trainer_ships_exact_pins_and_its_script(name: str) -> None:
    pins = dict(pin.split("==") for pin in (PEERS / f"{name}.txt").read_text().split())
    for package in ("torch", "numpy", "gymnasium", "pybullet"):
        assert pins[package] == version(package).split("+")[0], "the same on both sides"
    assert f"panda-gym=={pins['panda-gym']}" in (PEERS / "panda_gym.txt").read_text()
    assert (PEERS / f"{name}_speed.py").is_file()
    assert name not in NAMES, "it is no simulator"


class FakePPO:
    """Notes how it is made and how long it learns."""

    def __init__(self, policy: str, env: Any, **settings: Any) -> None:
        self.kind, self.env, self.settings = policy, env, settings
        self.learned: list[int] = []
        self.policy = PlainPolicy()
        self.policy.features_extractor = self.policy.features

    def learn(self, frames: int, reset_num_timesteps: bool) -> None:
        assert not reset_num_timesteps
        self.learned.append(frames)
        time.sleep(0.02)


@pytest.fixture
def sb3_speed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The script, with nothing behind it."""
    fakes = ("panda_gym", "stable_baselines3", "stable_baselines3.common")
    for name in (*fakes, "stable_baselines3.common.vec_env"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    sys.modules["stable_baselines3"].PPO = FakePPO  # type: ignore[attr-defined]
    sys.modules["stable_baselines3.common.vec_env"].SubprocVecEnv = list  # type: ignore[attr-defined]
    yield import_module("rlco_trainer.bench.peers.sb3_speed")
    sys.modules.pop("rlco_trainer.bench.peers.sb3_speed")


def test_stable_baselines3_gets_what_we_take(sb3_speed: Any) -> None:
    model = sb3_speed.learner(64)
    assert model.kind == "CnnPolicy"
    assert len(model.env) == 8
    sizes = ("n_steps", "batch_size", "n_epochs")
    assert [model.settings[name] for name in sizes] == [128, 256, 4]
    assert model.settings["policy_kwargs"] == {
        "net_arch": [64, 64],
        "activation_fn": torch.nn.Tanh,
    }
    trained = {name.split(".")[0] for name, p in model.policy.named_parameters() if p.requires_grad}
    assert trained == {"actor", "value", "log_std"}, "convolutions are frozen"
    rate = sb3_speed.measure(model, 0.03)
    assert model.learned == [1024, 1024]
    assert 0.0 < rate <= 2048 / 0.04
