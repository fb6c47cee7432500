# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""ros2 launch rlco_bringup sim.launch.py task:=push_cube robot:=panda mode:=realtime"""

from __future__ import annotations

from dataclasses import fields

from launch_ros.actions import Node

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction, SetEnvironmentVariable
from launch.substitutions import LaunchConfiguration
from rlco_bringup.graph import SimSettings, sim_graph
from rlco_bringup.up import profile_environment


def generate_launch_description() -> LaunchDescription:
    """The arguments are the fields of SimSettings, the nodes those of ``sim_graph``."""
    defaults = SimSettings()
    arguments = [
        DeclareLaunchArgument(field.name, default_value=str(getattr(defaults, field.name)))
        for field in fields(SimSettings)
    ]
    profile = [SetEnvironmentVariable(k, v) for k, v in profile_environment().items()]
    return LaunchDescription([*arguments, *profile, OpaqueFunction(function=_nodes)])


def _nodes(context: LaunchContext) -> list[Node]:
    values = {f.name: LaunchConfiguration(f.name).perform(context) for f in fields(SimSettings)}
    settings = SimSettings(**values)
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
        for spec in sim_graph(settings)
    ]
