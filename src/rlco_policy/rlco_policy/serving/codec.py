# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Messages as bytes: msgpack with numpy arrays, as openpi's clients and servers write them.

An array is a map with the byte keys ``__ndarray__``, ``data``, ``dtype`` and ``shape``; a scalar
of numpy's has ``__npgeneric__``, ``data`` and ``dtype``. What comes in is bounded in depth, entries
and dimensions, and its size is the frame's; only plain numbers make arrays. Nothing can run code.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgpack
import numpy as np
from numpy.typing import NDArray

from rlco_core.errors import RlcoError, in_short

MAX_DEPTH = 4
MAX_ENTRIES = 4096
MAX_DIMENSIONS = 4
_ARRAY, _SCALAR = b"__ndarray__", b"__npgeneric__"
_DTYPE = re.compile(r"[<>=|]?[biuf][1248]")
_PLAIN = (type(None), bool, int, float, str, bytes, np.ndarray, np.generic)


class WireError(RlcoError):
    """A message is not what the protocol allows."""


def pack(message: Any) -> bytes:
    """One message as bytes.

    Raises:
        WireError: it holds something else than plain values and arrays of plain numbers.
    """
    try:
        packed: bytes = msgpack.packb(message, default=_plain)
    except (TypeError, ValueError, OverflowError) as error:
        raise WireError(f"cannot be sent: {_line(error)}") from error
    return packed


def unpack(frame: bytes) -> Any:
    """The message in ``frame``; its arrays are read-only views of it.

    Raises:
        WireError: it is cut off, malformed, too deep or too large, or holds what is not allowed.
    """
    bounds = _Bounds()
    try:
        message = msgpack.unpackb(
            frame,
            list_hook=bounds.on_list,
            object_hook=bounds.on_map,
            ext_hook=_refuse_extension,
            max_array_len=MAX_ENTRIES,
            max_map_len=MAX_ENTRIES,
        )
    except (ValueError, TypeError, OverflowError, msgpack.UnpackException) as error:
        raise WireError(f"not a msgpack message: {_line(error)}") from error
    _require_shallow(message, MAX_DEPTH)
    return message


class _Bounds:
    """Counts what a message holds while it is read, so that a small frame cannot grow large."""

    def __init__(self) -> None:
        self._left = MAX_ENTRIES

    def on_list(self, values: list[Any]) -> list[Any]:
        self._count(len(values))
        return values

    def on_map(self, pairs: dict[Any, Any]) -> Any:
        self._count(len(pairs))
        if _ARRAY in pairs:
            return _array(pairs)
        return _scalar(pairs) if _SCALAR in pairs else pairs

    def _count(self, entries: int) -> None:
        self._left -= entries
        if self._left < 0:
            raise WireError(f"the message has more than {MAX_ENTRIES} entries in lists and maps")


def _plain(value: Any) -> dict[bytes, Any]:
    """What numpy's values are packed as."""
    if not isinstance(value, np.ndarray | np.generic):
        raise TypeError(f"{type(value).__name__} is neither a plain value nor an array")
    dtype = _number_type(value.dtype.str).str
    if isinstance(value, np.ndarray):
        shape = list(value.shape)
        return {_ARRAY: True, b"data": value.tobytes(), b"dtype": dtype, b"shape": shape}
    return {_SCALAR: True, b"data": value.item(), b"dtype": dtype}


def _array(pairs: Mapping[Any, Any]) -> NDArray[Any]:
    data, shape = _field(pairs, b"data", bytes), _field(pairs, b"shape", list)
    dtype = _number_type(_field(pairs, b"dtype", str))
    if len(shape) > MAX_DIMENSIONS or any(type(n) is not int or n < 0 for n in shape):
        raise WireError(
            f"an array's shape is {_short(shape)}; "
            f"it should be at most {MAX_DIMENSIONS} whole numbers, none negative"
        )
    wanted = math.prod(shape) * dtype.itemsize
    if len(data) != wanted:
        raise WireError(
            f"an array of {dtype} {_short(shape)} has {len(data)} bytes; it should have {wanted}"
        )
    array = np.frombuffer(data, dtype) if wanted else np.empty(0, dtype)
    return _native(array.reshape(shape))


def _scalar(pairs: Mapping[Any, Any]) -> Any:
    value, dtype = pairs.get(b"data"), _number_type(_field(pairs, b"dtype", str))
    if not isinstance(value, bool | int | float):
        raise WireError(f"a scalar is of type {type(value).__name__}; it should be a number")
    return dtype.newbyteorder("=").type(value)


def _native(array: NDArray[Any]) -> NDArray[Any]:
    """In the machine's own byte order."""
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _field(pairs: Mapping[Any, Any], name: bytes, kind: type) -> Any:
    value = pairs.get(name)
    if not isinstance(value, kind):
        raise WireError(
            f"{name.decode()} of an array is of type {type(value).__name__}; "
            f"it should be of type {kind.__name__}"
        )
    return value


def _number_type(name: str) -> np.dtype[Any]:
    """Booleans, integers and floats of up to eight bytes; objects, records and texts are none."""
    try:
        if _DTYPE.fullmatch(name):
            return np.dtype(name)
    except TypeError:
        pass
    raise WireError(f"arrays of type {_short(name)} are refused; it should be a plain number type")


def _refuse_extension(code: int, _: bytes) -> None:
    raise WireError(f"extension type {code} is refused; arrays are maps here")


def _require_shallow(value: Any, depth: int) -> None:
    if isinstance(value, _PLAIN):
        return
    if not isinstance(value, list | dict):
        raise WireError(f"a value of type {type(value).__name__} is refused")
    if depth == 0:
        raise WireError(f"the message is nested deeper than {MAX_DEPTH} levels")
    inner: Iterable[Any] = value.values() if isinstance(value, dict) else value
    for one in inner:
        _require_shallow(one, depth - 1)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."


def _line(error: Exception) -> str:
    return in_short(error) or type(error).__name__
