# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A graph of nodes as a launch description, where launch_ros is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

from launch_ros.actions import Node

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction, SetEnvironmentVariable
from launch.substitutions import LaunchConfiguration
from rlco_bringup.graph import NodeSpec
from rlco_bringup.up import profile_environment
from rlco_bringup.words import text_of, value_of


def described(settings: type[Any], graph: Callable[[Any], Sequence[NodeSpec]]) -> LaunchDescription:
    """The fields of ``settings``, a dataclass of strings, numbers and flags, are the arguments;
    what ``graph`` makes of them are the nodes.
    """
    defaults = settings()
    arguments = [
        DeclareLaunchArgument(one.name, default_value=text_of(getattr(defaults, one.name)))
        for one in fields(settings)
    ]
    profile = [SetEnvironmentVariable(k, v) for k, v in profile_environment().items()]

    def nodes(context: LaunchContext) -> list[Node]:
        told = {
            one.name: value_of(
                one.name,
                LaunchConfiguration(one.name).perform(context),
                getattr(defaults, one.name),
            )
            for one in fields(settings)
        }
        chosen = settings(**told)
        return [_node(spec, chosen.namespace) for spec in graph(chosen)]

    return LaunchDescription([*arguments, *profile, OpaqueFunction(function=nodes)])


def _node(spec: NodeSpec, namespace: str) -> Node:
    return Node(
        package=spec.package,
        executable=spec.executable,
        name=spec.name,
        namespace=namespace,
        parameters=[dict(spec.parameters)],
        remappings=list(spec.remappings.items()),
        output="screen",
    )
