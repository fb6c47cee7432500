# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The bundles that ship are found by what they are for."""

from __future__ import annotations

import pytest

from rlco_core.bundle import load_bundle
from rlco_core.errors import BundleError
from rlco_policy.shipped import shipped_bundle


def test_every_bundle_is_for_what_its_name_says() -> None:
    folders = list(shipped_bundle().parent.iterdir())
    assert folders
    for folder in folders:
        contract = load_bundle(folder).contract
        assert [f"{task}_{contract.robot}" for task in contract.tasks] == [folder.name]
        assert shipped_bundle(contract.tasks[0], contract.robot) == folder


def test_what_does_not_ship_is_said_with_what_does() -> None:
    with pytest.raises(BundleError, match=r"'juggle' on 'gen3', only .*'push_cube_panda'"):
        shipped_bundle("juggle", "gen3")
