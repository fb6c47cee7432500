# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Tasks: one file each, and this register of their names.

A task of your own becomes known by ``register``, or, where no code of yours runs first, by an
entry point of the group ``rlco.tasks`` in its package. A class is imported when it is asked for.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from pkgutil import resolve_name
from typing import TYPE_CHECKING

import gymnasium

from rlco_core.errors import ConfigError, choices

if TYPE_CHECKING:
    from rlco_sim.scene import Task

#: Where the class of every known task is, by the task's name.
TASKS: dict[str, str] = {}
_classes: dict[str, type[Task]] = {}


def register(task: type[Task]) -> type[Task]:
    """Makes a task known by its name: to sessions, environments, commands and Gymnasium.

    To be called where the class is defined, also as a decorator: worker processes import that
    module. Calling it again for the same class is harmless.

    Raises:
        ConfigError: another task has that name.
    """
    _add(task.name, f"{task.__module__}:{task.__qualname__}")
    _classes[task.name] = task
    return task


def task_class(name: str) -> type[Task]:
    """The task called ``name``.

    Raises:
        ConfigError: there is none; the line lists those there are.
    """
    if name not in TASKS:
        raise ConfigError(f"unknown task '{name}'; known: {choices(TASKS)}")
    if name not in _classes:
        _classes[name] = resolve_name(TASKS[name])
    return _classes[name]


def environment(name: str) -> str:
    """Gymnasium's name of a task: ``rlco/PushCube-v0`` for ``push_cube``."""
    return f"rlco/{_camel(name)}-v0"


def _camel(name: str) -> str:
    return name.title().replace("_", "")


def _add(name: str, where: str) -> None:
    if name in TASKS:
        if TASKS[name] != where:
            raise ConfigError(f"{where} cannot be task '{name}': {TASKS[name]} is")
        return
    TASKS[name] = where
    gymnasium.register(environment(name), "rlco_sim.env:RlcoEnv", kwargs={"task": name})


for _name in ("push_cube", "pick_place", "open_drawer", "close_drawer"):
    _add(_name, f"{__name__}.{_name}:{_camel(_name)}")
for _point in entry_points(group="rlco.tasks"):
    _add(_point.name, _point.value)
