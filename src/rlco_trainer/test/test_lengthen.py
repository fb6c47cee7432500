# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Policies that are given longer chunks than they were made with."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from rlco_core.errors import ConfigError
from rlco_trainer.policies.lengthen import lengthened
from rlco_trainer.policies.policy_file import FAMILIES, load_policy, save_policy


@pytest.mark.parametrize("family", FAMILIES)
def test_rows_that_are_new_begin_as_the_last_one(
    family: str, policy_files: dict[str, Path], tmp_path: Path
) -> None:
    before, _ = load_policy(policy_files[family])
    longer = lengthened(before, before.horizon + 3)
    assert (longer.horizon, longer.execute) == (before.horizon + 3, before.execute)
    old, new = (policy.state_dict() for policy in (before, longer))
    assert all(torch.equal(old[name], new[name]) for name in old if name != "places")
    rows = new["places"].unflatten(0, (longer.horizon, -1))
    assert torch.equal(rows[: before.horizon].flatten(0, 1), old["places"])
    assert all(torch.equal(row, rows[before.horizon - 1]) for row in rows[before.horizon :])
    save_policy(longer, tmp_path / "longer.safetensors", {})
    assert load_policy(tmp_path / "longer.safetensors")[0].horizon == longer.horizon


def test_chunks_are_not_cut(policy_files: dict[str, Path]) -> None:
    policy, _ = load_policy(policy_files["flow"])
    assert lengthened(policy, policy.horizon).horizon == policy.horizon
    with pytest.raises(ConfigError, match=f"horizon 1 is shorter than the {policy.horizon} rows"):
        lengthened(policy, 1)
