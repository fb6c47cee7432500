# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Messages as bytes: what goes in comes out, and nothing that comes in does harm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rlco_policy.serving.codec import MAX_ENTRIES, WireError, pack, unpack

NUMBERS = st.one_of(
    hnp.boolean_dtypes(),
    hnp.integer_dtypes(endianness="?"),
    hnp.unsigned_integer_dtypes(endianness="?"),
    hnp.floating_dtypes(endianness="?", sizes=(16, 32, 64)),
)
ARRAYS = hnp.arrays(NUMBERS, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(), st.text(), st.binary()
)
MESSAGES = st.dictionaries(
    st.text(), st.one_of(PLAIN, ARRAYS, st.lists(PLAIN, max_size=5)), max_size=5
)


def same(before: Any, after: Any) -> bool:
    """Equal to the bit, arrays and their types, too."""
    if isinstance(before, np.ndarray):
        native = before.astype(before.dtype.newbyteorder("="))
        return (native.dtype, native.shape, native.tobytes()) == (
            after.dtype,
            after.shape,
            after.tobytes(),
        )
    if isinstance(before, float):
        return np.float64(before).tobytes() == np.float64(after).tobytes()
    if isinstance(before, list):
        return len(before) == len(after) and all(map(same, before, after))
    return bool(before == after and type(before) is type(after))


def refusal(frame: bytes) -> str | None:
    """The line that refuses a frame, if any."""
    try:
        unpack(frame)
    except WireError as error:
        return str(error)
    return None


@settings(deadline=None)
@given(MESSAGES)
def test_what_is_packed_comes_back(message: dict[str, Any]) -> None:
    found = unpack(pack(message))
    assert found.keys() == message.keys()
    assert all(same(value, found[key]) for key, value in message.items())


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_bytes_of_any_kind_are_a_message_or_refused(frame: bytes) -> None:
    line = refusal(frame)
    assert line is None or "\n" not in line


@settings(deadline=None)
@given(MESSAGES, st.data())
def test_a_frame_that_is_cut_off_is_refused(message: dict[str, Any], data: st.DataObject) -> None:
    frame = pack(message)
    length = data.draw(st.integers(0, len(frame) - 1))
    with pytest.raises(WireError, match="not a msgpack message: "):
        unpack(frame[:length])


@settings(deadline=None)
@given(
    st.fixed_dictionaries(
        {b"__ndarray__": st.just(True)},
        optional={
            b"data": st.one_of(st.binary(max_size=32), PLAIN),
            b"dtype": st.one_of(st.text(max_size=4), st.sampled_from(["<f4", "|u1", "O", "V8"])),
            b"shape": st.lists(st.one_of(st.integers(-2, 2**60), PLAIN), max_size=5),
        },
    )
)
def test_hostile_arrays_are_arrays_or_refused(pairs: Mapping[bytes, Any]) -> None:
    frame = msgpack.packb(pairs)
    line = refusal(frame)
    assert line is None or "\n" not in line
    assert line is not None or unpack(frame).dtype.kind in "biuf"


def test_scalars_of_numpy_keep_their_type() -> None:
    found = unpack(pack({"x": np.float32(0.5), "n": np.int16(-3), "b": np.bool_(True)}))
    assert [(type(value), value) for value in found.values()] == [
        (np.float32, 0.5),
        (np.int16, -3),
        (np.bool_, True),
    ]


def array_map(dtype: str, data: bytes, shape: list[Any]) -> dict[bytes, Any]:
    return {b"__ndarray__": True, b"data": data, b"dtype": dtype, b"shape": shape}


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (array_map("|O", b"12345678", [1]), "arrays of type '|O' are refused"),
        (array_map("<M8[ns]", b"12345678", [1]), "arrays of type '<M8[ns]' are refused"),
        (array_map("<f4,<f4", b"12345678", [1]), "arrays of type '<f4,<f4' are refused"),
        (array_map("<f4", b"1234", [2**40, 2**40]), "has 4 bytes; it should have"),
        (array_map("<f4", b"1234", [-1]), "an array's shape is [-1]; it should be at most 4"),
        (array_map("<f4", b"", [0] * 9), "an array's shape is [0, 0, 0"),
        ({b"__ndarray__": True}, "data of an array is of type NoneType; it should be of type"),
        ({b"__npgeneric__": True, b"dtype": "<f4", b"data": "x"}, "a scalar is of type str"),
        ([[[[[1]]]]], "the message is nested deeper than 4 levels"),
        ([list(range(1000))] * 5, f"more than {MAX_ENTRIES} entries"),
        (msgpack.ExtType(5, b"x"), "extension type 5 is refused"),
        (msgpack.Timestamp(5), "a value of type Timestamp is refused"),
    ],
)
def test_what_is_not_allowed_is_named(message: Any, line: str) -> None:
    with pytest.raises(WireError) as caught:
        unpack(msgpack.packb(message))
    assert line in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("value", [np.array([None]), np.array(["a"]), object(), np.array([1j])])
def test_only_plain_numbers_are_sent(value: object) -> None:
    with pytest.raises(WireError, match=r"cannot be sent|are refused"):
        pack({"x": value})


def test_arrays_are_written_as_openpi_writes_them() -> None:
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    raw = msgpack.unpackb(pack({"x": array}))
    assert raw == {"x": array_map("<f4", array.tobytes(), [2, 3])}
