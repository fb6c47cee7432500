# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Tasks: one file each, and this register of their names."""

from __future__ import annotations

from rlco_core.errors import ConfigError, choices
from rlco_sim.scene import Task
from rlco_sim.tasks.push_cube import PushCube

TASKS: dict[str, type[Task]] = {PushCube.name: PushCube}


def task_class(name: str) -> type[Task]:
    """The task called ``name``.

    Raises:
        ConfigError: there is none; the line lists those there are.
    """
    if name not in TASKS:
        raise ConfigError(f"unknown task '{name}'; known: {choices(TASKS)}")
    return TASKS[name]
