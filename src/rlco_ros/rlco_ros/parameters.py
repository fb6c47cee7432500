# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters with a description, a type and a range; read-only unless said otherwise, as nodes are
configured once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor


class Parameter(NamedTuple):
    """What ``declare_parameters`` takes."""

    name: str
    default: Any
    descriptor: ParameterDescriptor


def text(name: str, default: str, description: str, choices: Sequence[str] = ()) -> Parameter:
    """A string; ``choices`` are named to whoever lists the parameters."""
    constraint = f"one of: {', '.join(choices)}" if choices else ""
    return Parameter(name, default, _descriptor(description, additional_constraints=constraint))


def texts(name: str, default: Sequence[str], description: str) -> Parameter:
    """A list of strings."""
    return Parameter(name, list(default), _descriptor(description))


def flag(name: str, default: bool, description: str) -> Parameter:
    """True or false."""
    return Parameter(name, default, _descriptor(description))


def real(name: str, default: float, description: str, low: float, high: float) -> Parameter:
    """A real number in [low, high]."""
    limits = FloatingPointRange(from_value=low, to_value=high)
    return Parameter(name, default, _descriptor(description, floating_point_range=[limits]))


def whole(name: str, default: int, description: str, low: int, high: int) -> Parameter:
    """A whole number in [low, high]."""
    limits = IntegerRange(from_value=low, to_value=high, step=1)
    return Parameter(name, default, _descriptor(description, integer_range=[limits]))


def wholes(name: str, default: Sequence[int], description: str) -> Parameter:
    """A list of whole numbers."""
    return Parameter(name, list(default), _descriptor(description))


def writable(parameter: Parameter) -> Parameter:
    """The same, but it can be set while the node runs."""
    parameter.descriptor.read_only = False
    return parameter


def _descriptor(description: str, **constraints: Any) -> ParameterDescriptor:
    return ParameterDescriptor(description=description, read_only=True, **constraints)
