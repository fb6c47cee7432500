# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The whole method in minutes: all cells of a small reproduction, and reward that teaches."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from rlco_core.bundle import load_bundle
from rlco_trainer import cli
from rlco_trainer.demonstrations.collect import CollectConfig, collect
from rlco_trainer.learning.anchor import AnchorConfig
from rlco_trainer.learning.augment import ImageConfig
from rlco_trainer.learning.datasets import Share
from rlco_trainer.learning.reinforce import ReinforceConfig
from rlco_trainer.learning.trial import Trial
from rlco_trainer.learning.watch import WatchConfig
from rlco_trainer.policies.policy import Policy
from rlco_trainer.policies.policy_file import BASES, load_policy
from rlco_trainer.stages.rlco import RlcoConfig, rlco

METHODS = {"base", "base_in_twin", "real_only", "sft_co", "sft_co_long", "rl", "rlco"}
TASK, EPISODES = "close_drawer", 64


def test_a_small_reproduction_fills_every_cell_and_keeps_its_bundles(tmp_path: Path) -> None:
    results, bundles = tmp_path / "work" / "results", tmp_path / "bundles"
    words = ["reproduce", "--preset", "smoke", "--work", str(tmp_path / "work")]
    words += ["--bundles", str(bundles)]
    assert cli.main(words) == 0
    entries = json.loads((results / "main.json").read_text())
    assert {entry["method"] for entry in entries} == METHODS
    assert all(entry["episodes"] == 4 for entry in entries)
    assert {path.name for path in results.iterdir()} >= {
        *("main.md", "main.png", "preset.yaml", "inputs.yaml", "twin.yaml")
    }
    kept = METHODS - {"base", "base_in_twin", "sft_co_long"}
    names = {"token_base", *(f"token_close_drawer_{method}" for method in kept)}
    assert {path.name for path in bundles.iterdir()} == names
    for name in names - {"token_base"}:
        assert load_bundle(bundles / name).contract.tasks == ("close_drawer",)
    assert cli.main(words) == 0, "nothing is left to do"
    assert json.loads((results / "main.json").read_text()) == entries


def test_reward_teaches_what_demonstrations_did_not(tmp_path: Path) -> None:
    """From the base, which saw nothing but other worlds, on the plain twin, without an anchor."""
    few = tmp_path / "few"
    collect(CollectConfig(few, episodes=4, task=TASK))
    learned = rlco(
        RlcoConfig(
            out=tmp_path / "rl",
            policy=BASES["token"],
            real=few,
            task=TASK,
            share=Share(held_out=1),
            augment=ImageConfig(copies=1),
            watch=WatchConfig(every=0, episodes=0),
            reinforce=ReinforceConfig(iterations=12, anchor=AnchorConfig(beta=0.0)),
        )
    )
    before, after = successes(load_policy(BASES["token"])[0]), successes(learned)
    assert after >= before + EPISODES // 8, f"{before} of {EPISODES} before, {after} after"


def successes(policy: Policy) -> int:
    """Of the same fresh episodes for every policy."""
    policy.requires_grad_(False)
    torch.set_num_threads(1)
    with Trial({"task": TASK, "domain": "twin", "execute": policy.execute}, EPISODES) as trial:
        return sum(outcome.success for outcome in trial.run(policy, range(9_000, 9_000 + EPISODES)))
