# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Reward teaches what demonstrations did not, on an easy scene, in minutes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

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

TASK, EPISODES = "close_drawer", 32


@pytest.mark.timeout(900)
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
            reinforce=ReinforceConfig(
                iterations=5,
                value_iterations=1,
                average=0.0,
                learning_rate=1e-4,
                anchor=AnchorConfig(beta=0.0),
            ),
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
