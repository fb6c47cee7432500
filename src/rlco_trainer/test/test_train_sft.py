# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Stage I: what it draws from, in which shares, and what it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from small import equal

from rlco_core.errors import ConfigError, DatasetError
from rlco_trainer.learning.augment import ImageConfig
from rlco_trainer.learning.batches import Demonstrations
from rlco_trainer.learning.datasets import Loaded
from rlco_trainer.learning.imitation import ImitationConfig
from rlco_trainer.learning.shelf import Shelf
from rlco_trainer.learning.sources import ContextSource, ImageSource
from rlco_trainer.policies.policy_file import load_policy
from rlco_trainer.stages import sft as train_sft
from rlco_trainer.stages.sft import SftConfig


class Parts(list):  # type: ignore[type-arg]
    """Stands for a mixture; its parts can be looked at."""


@pytest.fixture
def two(loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> dict[str, Demonstrations]:
    """Simulated and real demonstrations that can be told apart."""
    data = {name: replace(loaded.data) for name in ("sim", "real")}
    monkeypatch.setattr(train_sft, "Mixture", Parts)
    return data


def drawn(
    config: SftConfig, loaded: Loaded, data: Mapping[str, Demonstrations]
) -> tuple[Parts, Mapping[str, tuple[object, object]]]:
    policy = load_policy(Path(config.policy))[0]
    both = {name: replace(loaded, data=one) for name, one in data.items()}
    found = train_sft._drawn(config, both, policy, Shelf())
    assert isinstance(found[0], Parts)
    return found[0], found[1]


def config_of(policy_files: Mapping[str, Path], expert_only: bool) -> SftConfig:
    return SftConfig(
        out=Path("nowhere"),
        policy=str(policy_files["token"]),
        alpha=0.8,
        share=train_sft.Share(early=0.25, early_frames=5, held_out=1),
        augment=ImageConfig(copies=3, strength=0.5),
        imitation=ImitationConfig(expert_only=expert_only),
    )


@pytest.mark.parametrize("expert_only", [False, True])
def test_alpha_is_the_share_of_simulated_samples(
    loaded: Loaded,
    two: dict[str, Demonstrations],
    policy_files: Mapping[str, Path],
    expert_only: bool,
) -> None:
    parts, held_out = drawn(config_of(policy_files, expert_only), loaded, two)
    shares = {
        name: [part.share for part in parts if part.source.data is data]
        for name, data in two.items()
    }
    assert all(part.source.data is two[part.kind] for part in parts)
    assert shares["sim"] == pytest.approx([0.6, 0.2])
    assert shares["real"] == pytest.approx([0.15, 0.05])
    assert held_out.keys() == {"sim", "real"}


@pytest.mark.parametrize("name", ["sim", "real"])
def test_one_dataset_alone_has_all_samples(
    loaded: Loaded, two: dict[str, Demonstrations], policy_files: Mapping[str, Path], name: str
) -> None:
    parts, _ = drawn(config_of(policy_files, False), loaded, {name: two[name]})
    assert sum(part.share for part in parts) == pytest.approx(1.0)


def test_only_real_images_that_are_trained_on_are_varied(
    loaded: Loaded, two: dict[str, Demonstrations], policy_files: Mapping[str, Path]
) -> None:
    learning, held_out = drawn(config_of(policy_files, False), loaded, two)
    strengths = [(part.kind, part.source.strength) for part in learning]
    assert strengths == [("sim", 0.0)] * 2 + [("real", 0.5)] * 2
    frozen, frozen_held_out = drawn(config_of(policy_files, True), loaded, two)
    assert all(isinstance(part.source, ContextSource) for part in frozen)
    assert [len(part.source.contexts) for part in frozen] == [1, 1, 3, 3]
    for source, _ in held_out.values():
        assert isinstance(source, ImageSource)
        assert source.strength == 0.0
    for source, _ in frozen_held_out.values():
        assert isinstance(source, ContextSource)
        assert len(source.contexts) == 1, "the unchanged ones"


def test_a_policy_that_is_given_is_where_training_starts(
    dataset_root: Path, policy_files: Mapping[str, Path], tmp_path: Path
) -> None:
    words = ["--sim", str(dataset_root), "--out", str(tmp_path), "--share.held-out", "0"]
    none = ["--imitation.steps", "1", "--imitation.learning-rate", "0"]
    train_sft.main([*words, *none, "--policy", str(policy_files["flow"])])
    start, trained = (
        load_policy(p)[0] for p in (policy_files["flow"], tmp_path / "policy.safetensors")
    )
    assert equal(start, trained)


def test_datasets_of_two_tasks_or_robots_are_refused(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    for change in ({"task": "pick_place"}, {"robot": "ur5e"}):
        found = iter([loaded, replace(loaded, **change)])
        monkeypatch.setattr(Shelf, "dataset", lambda *_, found=found: next(found))
        with pytest.raises(ConfigError, match="--sim and --real must be of one task and robot"):
            train_sft.main(["--out", "a", "--sim", "b", "--real", "c"])


@pytest.mark.parametrize(
    ("words", "alpha", "real"),
    [(["--sim"], 1.0, 0), (["--real"], 0.0, 3), (["--sim", "--real"], 0.5, 3)],
)
def test_stage_one_takes_either_world_or_both_also_from_nothing(
    words: list[str], alpha: float, real: int, dataset_root: Path, tmp_path: Path
) -> None:
    steps = ["--imitation.steps", "2", "--imitation.batch", "2", "--share.held-out", "0"]
    data = [part for word in words for part in (word, str(dataset_root))]
    new = ["--family", "flow", "--policy", "new", "--imitation.no-expert-only"]
    train_sft.main([*data, "--out", str(tmp_path), *new, *steps])
    policy, about = load_policy(tmp_path / "policy.safetensors")
    assert policy.family == "flow"
    assert (about["alpha"], about["real_episodes"]) == (alpha, real)


def test_what_stage_one_cannot_use_is_named(dataset_root: Path, tmp_path: Path) -> None:
    out, data = ["--out", str(tmp_path / "out")], ["--sim", str(dataset_root)]
    with pytest.raises(ConfigError, match="nothing to train on; give --sim, --real or both"):
        train_sft.main(out)
    with pytest.raises(ConfigError, match=r"alpha 1\.5 must lie in \[0, 1\]"):
        train_sft.main([*out, *data, "--alpha", "1.5"])
    with pytest.raises(ConfigError, match=r"nothing to keep; say --imitation\.no-expert-only"):
        train_sft.main([*out, *data, "--policy", "new"])
    with pytest.raises(ConfigError, match=r"no policy at .*nowhere"):
        train_sft.main([*out, *data, "--policy", str(tmp_path / "nowhere")])
    with pytest.raises(DatasetError, match="nowhere"):
        train_sft.main([*out, "--real", str(tmp_path / "nowhere")])
    assert not (tmp_path / "out").exists()
