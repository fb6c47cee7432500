# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Policies as files: half the size, the same answers, and what is no policy is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from small import SMALLEST, equal, inputs, new

from rlco_core.errors import ConfigError, RlcoError
from rlco_trainer.policies import policy_file
from rlco_trainer.policies.policy import Policy
from rlco_trainer.policies.policy_file import load_policy, save_policy

ABOUT = {"tasks": "push_cube", "alpha": 0.5, "steps": 7}


def scaled(family: str) -> Policy:
    policy = new(family, SMALLEST, horizon=3, execute=2)
    policy.scale.action_high.fill_(1.0 / 3.0)
    policy.scale.farthest.copy_(torch.tensor([0.01, 0.1]))
    return policy


@pytest.mark.parametrize("family", ["token", "flow"])
def test_family_sizes_and_what_is_known_come_back(family: str, tmp_path: Path) -> None:
    policy = scaled(family)
    save_policy(policy, tmp_path / "deep" / "policy.safetensors", ABOUT)
    back, about = load_policy(tmp_path / "deep" / "policy.safetensors")
    assert type(back) is type(policy)
    assert back.config == policy.config
    assert about == ABOUT
    assert back.state_dict().keys() == policy.state_dict().keys()


@pytest.mark.parametrize("family", ["token", "flow"])
def test_weights_are_rounded_once_and_scales_never(family: str, tmp_path: Path) -> None:
    policy = scaled(family)
    save_policy(policy, tmp_path / "a", ABOUT)
    once, _ = load_policy(tmp_path / "a")
    assert equal(once.scale, policy.scale)
    assert not equal(once, policy)
    for name, value in policy.state_dict().items():
        torch.testing.assert_close(once.state_dict()[name], value, rtol=1e-3, atol=1e-6)
    save_policy(once, tmp_path / "b", ABOUT)
    assert equal(load_policy(tmp_path / "b")[0], once)
    assert (tmp_path / "b").read_bytes() == (tmp_path / "a").read_bytes()


@pytest.mark.parametrize("family", ["token", "flow"])
def test_a_loaded_policy_answers_and_learns(family: str, tmp_path: Path) -> None:
    save_policy(scaled(family), tmp_path / "a", ABOUT)
    first, second = load_policy(tmp_path / "a")[0], load_policy(tmp_path / "a")[0]
    some = inputs(2, SMALLEST)
    answers = [policy.act(policy.see(*some)) for policy in (first, second)]
    assert torch.equal(answers[0], answers[1])
    assert answers[0].shape == (2, 3, 7)
    assert all(p.dtype == torch.float32 and p.requires_grad for p in first.parameters())


def test_large_weights_take_two_bytes(tmp_path: Path) -> None:
    policy = new("token", SMALLEST)
    save_policy(policy, tmp_path / "a", {})
    values = sum(value.numel() for value in policy.state_dict().values())
    small = sum(v.numel() for v in policy.state_dict().values() if v.numel() < 1024)
    assert (tmp_path / "a").stat().st_size < 2 * (values - small) + 4 * small + 20_000


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no policy at .*nowhere"):
        load_policy(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match="no policy at"):
        load_policy(tmp_path)


def test_a_torn_file_is_refused(tmp_path: Path) -> None:
    save_policy(scaled("token"), tmp_path / "a", ABOUT)
    content = (tmp_path / "a").read_bytes()
    for torn in (content[:-40], b"", b"no tensors at all"):
        (tmp_path / "a").write_bytes(torn)
        with pytest.raises(ConfigError, match="is not a readable policy"):
            load_policy(tmp_path / "a")


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}, {"run": "{}"}])
def test_tensors_of_others_are_refused(tmp_path: Path, metadata: dict[str, str] | None) -> None:
    save_file({"weight": torch.zeros(2)}, tmp_path / "other", metadata)
    with pytest.raises(ConfigError, match="has tensors, but not of a policy"):
        load_policy(tmp_path / "other")


@pytest.mark.parametrize(
    ("old", "now"),
    [
        ('"channels": [8, 8]', '"channels": [8, 8, 8]'),
        ('"dilations": [1, 2]', '"dilations": [1]'),
        ('"family": "token"', '"family": "tokens"'),
    ],
)
def test_a_policy_of_another_version_is_refused(tmp_path: Path, old: str, now: str) -> None:
    """One whose sizes, parts or family are not those of today."""
    save_policy(scaled("token"), tmp_path / "a", ABOUT)
    with safe_open(tmp_path / "a", "pt") as file:
        (head,) = file.metadata().values()
    tensors = load_file(tmp_path / "a")
    assert old in head
    save_file(tensors, tmp_path / "a", {"policy": head.replace(old, now)})
    with pytest.raises(ConfigError, match="is a policy of another version of rlco; train it anew"):
        load_policy(tmp_path / "a")


def test_an_older_file_stays_when_writing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "policy.safetensors"
    save_policy(scaled("token"), path, ABOUT)
    before = path.read_bytes()

    def full(*arguments: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(policy_file, "save_file", full)
    with pytest.raises(RlcoError, match="cannot be written: no space left on device; the one bef"):
        save_policy(scaled("flow"), path, ABOUT)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
