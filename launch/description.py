# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A graph of nodes as a launch description; needs launch_ros, so only launch files import it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import partial

from launch_ros.actions import Node

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction, SetEnvironmentVariable
from launch.substitutions import LaunchConfiguration
from rlco_bringup.graph import NodeSpec, Settings, with_texts
from rlco_bringup.up import profile_environment


def describe(
    kind: type[Settings], graph: Callable[[Settings], Sequence[NodeSpec]]
) -> LaunchDescription:
    """The arguments are the fields of ``kind``, the nodes those of ``graph``."""
    defaults = kind()
    arguments = [
        DeclareLaunchArgument(field.name, default_value=str(getattr(defaults, field.name)))
        for field in fields(kind)
    ]
    profile = [SetEnvironmentVariable(k, v) for k, v in profile_environment().items()]
    nodes = OpaqueFunction(function=partial(_nodes, defaults, graph))
    return LaunchDescription([*arguments, *profile, nodes])


def _nodes(
    defaults: Settings, graph: Callable[[Settings], Sequence[NodeSpec]], context: LaunchContext
) -> list[Node]:
    settings = with_texts(defaults, lambda name: str(LaunchConfiguration(name).perform(context)))
    return [
        Node(
            package=spec.package,
            executable=spec.executable,
            name=spec.name,
            namespace=settings.namespace,
            parameters=[dict(spec.parameters)],
            remappings=list(spec.remappings.items()),
            output="screen",
        )
        for spec in graph(settings)
    ]
