# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What a graph is made of: looked at before anything runs it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import onnx
from onnx import NodeProto, TensorProto

from rlco_core.errors import BundleError, in_short

_CONTROL_FLOW = frozenset({"If", "Loop", "Scan"})


def parsed(model: bytes) -> onnx.ModelProto:
    """The graph of ``model``, all of which is in it.

    Raises:
        BundleError: it is none, or wants a part of it read from another file.
    """
    try:
        proto = onnx.load_from_string(model)
    except Exception as error:  # of protobuf's, which share no public base
        raise BundleError(f"the model is no ONNX graph: {in_short(error)}") from error
    for part in _parts(proto):
        if outside := _outside(part):
            raise BundleError(
                f"the model wants {in_short(outside)} read from another file, which nobody "
                "verified; it should be exported with all of it inside"
            )
    return proto


def has_control_flow(proto: onnx.ModelProto) -> bool:
    """Whether what is computed, or how often, is decided while it runs."""
    return any(
        isinstance(part, NodeProto) and part.op_type in _CONTROL_FLOW for part in _parts(proto)
    )


def _parts(message: Any) -> Iterator[Any]:
    """A message and all within it: subgraphs, functions, attributes, values of any kind."""
    yield message
    if isinstance(message, TensorProto):
        return  # its numbers are no messages, and many
    for descriptor, value in message.ListFields():
        if descriptor.message_type is not None:
            for part in (value,) if hasattr(value, "ListFields") else value:
                yield from _parts(part)


def _outside(part: Any) -> str:
    """What of a part is in another file, if anything."""
    if isinstance(part, TensorProto) and part.data_location == TensorProto.EXTERNAL:
        return f"tensor '{part.name}'"
    if isinstance(part, NodeProto) and part.op_type == "EPContext":
        return f"compiled node '{part.name}'"
    return ""
