# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Launch arguments as people write them."""

from __future__ import annotations

from typing import Any

from rlco_core.errors import ConfigError

_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def text_of(value: Any) -> str:
    """As one writes it on a command line."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def value_of(name: str, text: str, default: Any) -> Any:
    """What somebody wrote for ``name``, of the kind that the default is of.

    Raises:
        ConfigError: it is not of that kind; a flag that was misspelled must not count as false.
    """
    if isinstance(default, bool):
        if text.lower() not in _FLAGS:
            raise ConfigError(f"{name}:={text}: it is a flag; write true or false")
        return _FLAGS[text.lower()]
    try:
        return type(default)(text)
    except ValueError as error:
        kind = {int: "a whole number", float: "a number"}[type(default)]
        raise ConfigError(f"{name}:={text}: it should be {kind}") from error
