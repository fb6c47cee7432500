# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a document, in one line, with the dotted path of the key."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from rlco_core.errors import in_short


def one_line(model: type[BaseModel], error: ValidationError) -> str:
    """`contract.action.dt: input should be greater than 0, is -1`, and how many more there are."""
    details = error.errors(include_url=False)
    first = details[0]
    path = _dotted(first["loc"]) or model.__name__.lower()
    text = f"{path}: {_explanation(model, dict(first))}"
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    return in_short(text) + more


def _dotted(location: tuple[int | str, ...]) -> str:
    path = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in location)
    return path.removeprefix(".")


def _explanation(model: type[BaseModel], detail: dict[str, Any]) -> str:
    if detail["type"] == "missing":
        return "this key is missing"
    if detail["type"] == "extra_forbidden":
        return f"unknown key; known keys here: {', '.join(_keys_at(model, detail['loc'][:-1]))}"
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"])
    message = detail["msg"]
    return f"{message[0].lower()}{message[1:]}, is {detail['input']!r}"


def _keys_at(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """The keys that the section at `location` may have."""
    for key in location:
        if isinstance(key, str):
            model = _section_type(model.model_fields[key].annotation)
    return list(model.model_fields)


def _section_type(annotation: Any) -> type[BaseModel]:
    """The section itself, or the entry type of a tuple of sections."""
    entry: type[BaseModel] = (*get_args(annotation), annotation)[0]
    return entry
