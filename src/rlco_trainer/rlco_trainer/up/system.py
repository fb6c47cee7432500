# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Runs a graph of nodes until the first one ends."""

from __future__ import annotations

from collections.abc import Sequence

from rlco_bringup.graph import NodeSpec, RobotSettings, SimSettings
from rlco_bringup.up import System
from rlco_core.errors import ConfigError, choices


def run_graph(graph: Sequence[NodeSpec], only: Sequence[str], namespace: str, then: str) -> int:
    """Starts the nodes of ``graph``, or just those named ``only``; the exit code of the first that
    ends.

    Args:
        then: the command with which people go on in another terminal.

    Raises:
        ConfigError: there is no such node.
    """
    if unknown := set(only) - {spec.name for spec in graph}:
        known = choices(spec.name for spec in graph)
        raise ConfigError(f"no node '{min(unknown)}' in this system; it has {known}")
    chosen = [spec for spec in graph if not only or spec.name in only]
    with System(chosen, namespace) as system:
        names = ", ".join(spec.name for spec in chosen)
        where = f" --namespace {namespace}" if namespace else ""
        print(
            f"{names}: started; Ctrl-C ends them. In another terminal: ./rlco {then}{where}",
            flush=True,
        )
        return system.wait()


def run_command(settings: SimSettings | RobotSettings) -> str:
    """The command that runs an episode in a system of these ``settings``."""
    return f"run --robot {settings.robot} --task {settings.task}"
