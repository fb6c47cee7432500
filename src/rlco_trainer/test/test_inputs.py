# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A run goes on only with what it began with, whatever the names of its files."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from rlco_core.errors import ConfigError
from rlco_trainer.demonstrations.collect import CollectConfig, collect
from rlco_trainer.inputs import keep_inputs, of_demonstrations, of_domain, of_file, of_robot
from rlco_trainer.learning.datasets import Loaded, Share
from rlco_trainer.learning.imitation import ImitationConfig
from rlco_trainer.learning.watch import WatchConfig
from rlco_trainer.policies.policy_file import load_policy
from rlco_trainer.stages.sft import SftConfig, sft


def test_digests_tell_contents_apart(loaded: Loaded, tmp_path: Path) -> None:
    data = loaded.data
    moved = data.actions.copy()
    moved[3, 0] += 1e-3
    assert of_demonstrations(data) == of_demonstrations(replace(data))
    assert of_demonstrations(data) != of_demonstrations(replace(data, actions=moved))
    assert of_domain("twin") != of_domain("stand_in")
    assert of_robot("panda") != of_robot("ur5e")
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "b").write_bytes(b"2")
    assert of_file(tmp_path / "a") != of_file(tmp_path / "b")


def test_what_has_begun_goes_on_with_the_same_inputs(tmp_path: Path) -> None:
    keep_inputs(tmp_path, False, {"real": "a"})
    keep_inputs(tmp_path, True, {"real": "a", "noted since": "b"})
    with pytest.raises(ConfigError, match=r"was begun with other inputs \(noted since, real\)"):
        keep_inputs(tmp_path, True, {"noted since": "c", "real": "x"})
    keep_inputs(tmp_path, False, {"real": "x"})


def test_a_finished_training_is_not_taken_for_one_on_more_demonstrations(tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "run"
    collect(CollectConfig(data, 2, task="close_drawer"))
    config = SftConfig(
        out,
        real=data,
        share=Share(held_out=1),
        watch=WatchConfig(every=0, episodes=0),
        imitation=ImitationConfig(steps=2, batch=8, warm_up=1),
    )
    sft(config)
    about = load_policy(out / "policy.safetensors")[1]
    sft(config)
    collect(CollectConfig(data, 3, task="close_drawer", resume=True))
    with pytest.raises(ConfigError, match=r"was begun with other inputs \(real\); use a fresh"):
        sft(config)
    assert load_policy(out / "policy.safetensors")[1] == about
    shutil.rmtree(out)
    sft(config)
    assert load_policy(out / "policy.safetensors")[1]["real_episodes"] == 2
