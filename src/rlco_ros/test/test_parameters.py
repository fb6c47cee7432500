# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters as every ROS tool sees them: described, typed, bounded and read-only."""

from __future__ import annotations

from typing import Any

import pytest
from rclpy.context import Context
from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
from rclpy.node import Node
from rclpy.parameter import Parameter

from rlco_ros.parameters import flag, real, text, texts, whole, writable

DECLARED = [
    text("mode", "lockstep", "who lets time pass", ("lockstep", "realtime")),
    text("robot", "panda", "robot by name"),
    texts("providers", ("CPU",), "by priority"),
    flag("autostart", True, "start at once"),
    real("timeout", 0.5, "longest wait, s", 0.05, 60.0),
    whole("threads", 1, "of one operator", 1, 64),
]


def declare(context: Context, **overrides: Any) -> Node:
    given = [Parameter(name, value=value) for name, value in overrides.items()]
    node = Node("probe", context=context, parameter_overrides=given)
    node.declare_parameters("", DECLARED)
    return node


def test_defaults_and_overrides_arrive_with_their_types(context: Context) -> None:
    node = declare(context, providers=["CUDA", "CPU"], threads=4)
    values = {p.name: node.get_parameter(p.name).value for p in DECLARED}
    assert values == {
        "mode": "lockstep",
        "robot": "panda",
        "providers": ["CUDA", "CPU"],
        "autostart": True,
        "timeout": 0.5,
        "threads": 4,
    }


def test_every_parameter_says_what_it_is(context: Context) -> None:
    node = declare(context)
    for parameter in DECLARED:
        descriptor = node.describe_parameter(parameter.name)
        assert descriptor.description == parameter.descriptor.description != ""
        assert descriptor.read_only
        assert not descriptor.dynamic_typing


def test_choices_and_ranges_are_told(context: Context) -> None:
    node = declare(context)
    mode, robot = node.describe_parameter("mode"), node.describe_parameter("robot")
    assert mode.additional_constraints == "one of: lockstep, realtime"
    assert robot.additional_constraints == ""
    (reals,) = node.describe_parameter("timeout").floating_point_range
    (wholes,) = node.describe_parameter("threads").integer_range
    assert (reals.from_value, reals.to_value) == (0.05, 60.0)
    assert (wholes.from_value, wholes.to_value) == (1, 64)


@pytest.mark.parametrize(
    "override", [{"timeout": 0.05}, {"timeout": 60.0}, {"threads": 1}, {"threads": 64}]
)
def test_both_ends_of_a_range_belong_to_it(context: Context, override: dict[str, Any]) -> None:
    ((name, value),) = override.items()
    assert declare(context, **override).get_parameter(name).value == value


@pytest.mark.parametrize(
    "override", [{"timeout": 0.049}, {"timeout": 61.0}, {"threads": 0}, {"threads": 65}]
)
def test_what_is_out_of_range_is_refused_by_name(
    context: Context, override: dict[str, Any]
) -> None:
    (name,) = override
    with pytest.raises(InvalidParameterValueException, match=name):
        declare(context, **override)


@pytest.mark.parametrize(
    "override",
    [{"timeout": 1}, {"threads": 1.0}, {"mode": 3}, {"autostart": "yes"}, {"providers": "CPU"}],
)
def test_another_type_is_refused_by_name(context: Context, override: dict[str, Any]) -> None:
    (name,) = override
    with pytest.raises(InvalidParameterTypeException, match=name):
        declare(context, **override)


def test_nothing_changes_while_a_node_runs(context: Context) -> None:
    node = declare(context)
    (answer,) = node.set_parameters([Parameter("threads", value=8)])
    assert not answer.successful
    assert node.get_parameter("threads").value == 1


def test_what_is_writable_changes_while_a_node_runs(context: Context) -> None:
    node = Node("probe", context=context)
    node.declare_parameters("", [writable(text("bundle", "", "a directory"))])
    (answer,) = node.set_parameters([Parameter("bundle", value="there")])
    assert answer.successful
    assert node.get_parameter("bundle").value == "there"
