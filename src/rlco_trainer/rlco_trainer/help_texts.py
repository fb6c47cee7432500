# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Help of options from docstrings, where several attributes share a line there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import Any, get_args, get_type_hints

_GROUP = re.compile(r"(\s+)((?:\w+, )+\w+): (.*)")


def explain_each(config: Any) -> None:
    """Lets every attribute of the dataclass ``config``, and of those in it, have its line for
    itself: ``a, b: of the arm`` says nothing of either in a help.
    """
    for kind in _kinds(config):
        if kind.__doc__:
            kind.__doc__ = "\n".join(_apart(kind.__doc__.splitlines()))


def _apart(lines: list[str]) -> Iterator[str]:
    k = 0
    while k < len(lines):
        found, k = _GROUP.fullmatch(lines[k]), k + 1
        if found is None:
            yield lines[k - 1]
            continue
        indent, names, text = found.groups()
        while k < len(lines) and lines[k].startswith(indent + " "):
            text, k = f"{text} {lines[k].strip()}", k + 1
        for name in names.split(", "):
            yield f"{indent}{name}: {text}"


def _kinds(config: Any) -> Iterator[Any]:
    """``config``, what it inherits from, and the dataclasses of their fields."""
    for kind in config.__mro__:
        if is_dataclass(kind):
            yield kind
    for hint in get_type_hints(config).values():
        for part in (hint, *get_args(hint)):
            if isinstance(part, type) and is_dataclass(part):
                yield from _kinds(part)
