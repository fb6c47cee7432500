# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Command lines from dataclasses: every field an option, its docstring the help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import tyro

Config = TypeVar("Config")


def parse(config: type[Config], arguments: Sequence[str], command: str) -> Config:
    """The configuration that ``arguments`` spell; a wrong one ends the program with its help."""
    return tyro.cli(
        config,
        prog=f"rlco {command}",
        args=list(arguments),
        config=(tyro.conf.OmitArgPrefixes, tyro.conf.FlagCreatePairsOff),
    )
