# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Command lines from dataclasses: every field an option, its docstring the help."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from dataclasses import field, fields, make_dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

import tyro

from rlco_core.errors import ConfigError
from rlco_trainer.help_texts import explain_each
from rlco_trainer.settings import read_settings

Config = TypeVar("Config")

_FILE_HELP = "YAML file of settings, such as config.yaml of a run; other options go before it."


def parse(config: type[Config], arguments: Sequence[str], command: str) -> Config:
    """The configuration that ``arguments`` spell; a wrong one ends the program with its help."""
    explain_each(config)
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
    explain_each(config)
    kind, path, default = _with_file_option(config), _file(arguments), tyro.MISSING_NONPROP
    if path is not None:
        given = read_settings(config, path, absent=tyro.MISSING)
        default = kind(**_values(config, given))
    found = tyro.cli(
        kind,
        prog=f"rlco {command}",
        args=list(arguments),
        default=default,
        config=(tyro.conf.FlagCreatePairsOff,),
    )
    return config(**_values(config, found))


def this_command() -> str:
    """The command that is running, which is kept with what it makes."""
    return shlex.join(["rlco", *sys.argv[1:]])


def _with_file_option(config: Any) -> Any:
    """``config`` with an option ``--config`` more, which is read by ``_file``."""
    hint = Annotated[Path | None, tyro.conf.arg(metavar="FILE", help=_FILE_HELP)]
    option = ("config", hint, field(default=None, kw_only=True))
    about = {"__doc__": config.__doc__}
    return make_dataclass(config.__name__, [option], bases=(config,), namespace=about, frozen=True)


def _file(arguments: Sequence[str]) -> Path | None:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--config", type=Path)
    try:
        found: Path | None = parser.parse_known_args(arguments)[0].config
    except argparse.ArgumentError as error:
        raise ConfigError("--config needs a file") from error
    return found


def _values(config: Any, settings: Any) -> dict[str, Any]:
    return {one.name: getattr(settings, one.name) for one in fields(config)}
