# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What several tests start from: one demonstration, a small dataset, tiny networks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import small
import torch
from stages import Stages

from rlco_core.bundle import load_bundle
from rlco_core.contract import Contract
from rlco_policy.shipped import shipped_bundle
from rlco_trainer.demonstrations import gather as gathering
from rlco_trainer.demonstrations.collect import CollectConfig, collect
from rlco_trainer.demonstrations.demonstrate import Demonstration, Demonstrator, World
from rlco_trainer.demonstrations.gather import Gathering
from rlco_trainer.learning.datasets import Loaded, fit, load
from rlco_trainer.policies.policy_file import FAMILIES, save_policy

SEED = 7
# Tests of another process do not see the nodes of this one's.
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
os.environ["ROS_DOMAIN_ID"] = str(1 + os.getpid() % 100)


@pytest.fixture(scope="session")
def contract() -> Contract:
    """That of the shipped bundle."""
    return load_bundle(shipped_bundle()).contract


@pytest.fixture(scope="session")
def demonstration() -> Demonstration:
    """The bare and undisturbed expert's episode of seed 7."""
    return Demonstrator(World("push_cube", "twin", "panda"), 0.0, 0.0).run(SEED)


@pytest.fixture(scope="session")
def dataset_root(tmp_path_factory: pytest.TempPathFactory, demonstration: Demonstration) -> Path:
    """Three episodes as `rlco collect` writes them, without its processes; read only."""

    def demonstrations(what: Gathering, first_seed: int) -> Iterator[Demonstration]:
        for seed in range(first_seed, first_seed + 3):
            yield replace(demonstration, seed=seed)

    root = tmp_path_factory.mktemp("collected") / "three"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gathering, "_demonstrations", demonstrations)
        collect(CollectConfig(root, episodes=3, first_seed=SEED))
    return root


@pytest.fixture(scope="session")
def loaded(dataset_root: Path) -> Loaded:
    """The three episodes as the policies of both families take them."""
    return load(dataset_root)


@pytest.fixture(scope="session")
def policy_files(tmp_path_factory: pytest.TempPathFactory, loaded: Loaded) -> dict[str, Path]:
    """By family, a policy that has learned nothing but its scales; read only."""
    root, about = tmp_path_factory.mktemp("policies"), {"tasks": "push_cube", "robots": "panda"}
    for family in FAMILIES:
        policy = small.new(family)
        fit(policy, [loaded])
        save_policy(policy, root / f"{family}.safetensors", about)
    return {family: root / f"{family}.safetensors" for family in FAMILIES}


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory, dataset_root: Path) -> Stages:
    """Training through its commands."""
    return Stages(tmp_path_factory.mktemp, dataset_root)


@pytest.fixture(autouse=True)
def torch_threads() -> Iterator[None]:
    """Puts back what a command does to torch."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)
