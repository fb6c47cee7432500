# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Joint positions are taken by name, never by place."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from rlco_core.errors import ConfigError
from rlco_core.joint_states import positions_of


def test_order_is_that_of_the_names_asked_for() -> None:
    message = SimpleNamespace(name=["b", "x", "a"], position=[2.0, 9.0, 1.0])
    assert positions_of(message, ("a", "b")).tolist() == [1.0, 2.0]


@pytest.mark.parametrize("position", [[1.0], []])
def test_missing_joints_are_named(position: list[float]) -> None:
    message = SimpleNamespace(name=["a", "b"], position=position)
    with pytest.raises(ConfigError, match=r"no position of .*b; it has \["):
        positions_of(message, ("a", "b"))


def test_a_position_that_is_not_finite_is_named() -> None:
    message = SimpleNamespace(name=["a", "b"], position=[1.0, float("nan")])
    with pytest.raises(ConfigError, match="joint state of b is nan; it should be finite"):
        positions_of(message, ("a", "b"))
