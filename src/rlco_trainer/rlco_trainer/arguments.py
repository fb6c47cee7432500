# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Command lines from dataclasses: every field an option, its docstring the help."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import tyro

from rlco_core.errors import ConfigError
from rlco_trainer.settings import read_settings

Config = TypeVar("Config")


def parse(config: type[Config], arguments: Sequence[str], command: str) -> Config:
    """The configuration that ``arguments`` spell; a wrong one ends the program with its help."""
    return tyro.cli(
        config,
        prog=f"rlco {command}",
        args=list(arguments),
        config=(tyro.conf.OmitArgPrefixes, tyro.conf.FlagCreatePairsOff),
    )


def parse_with_file(config: type[Config], arguments: Sequence[str], command: str) -> Config:
    """The same for large configurations: options are spelt with their sections (``--ppo.clip``),
    and ``--config FILE`` may give what they do not say.

    Raises:
        ConfigError: the file does not fit.
    """
    words, prog, style = list(arguments), f"rlco {command}", (tyro.conf.FlagCreatePairsOff,)
    if "--config" not in words:
        return tyro.cli(config, prog=prog, args=words, config=style)
    at = words.index("--config")
    if at + 1 == len(words):
        raise ConfigError("--config needs a file")
    given = read_settings(config, Path(words[at + 1]), absent=tyro.MISSING)
    rest = [*words[:at], *words[at + 2 :]]
    return tyro.cli(config, prog=prog, args=rest, default=given, config=style)
