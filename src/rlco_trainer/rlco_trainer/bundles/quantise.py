# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Graphs in 8-bit integers: weights by channel, activations by the ranges that they were seen to
have. What both engines can read: an ONNX graph with pairs of QuantizeLinear and DequantizeLinear.

Convolutions alone are in integers: nearly all of the time goes there. Products of the few tokens of
an action expert are too small to gain anything, and a hand's opening would be off by a tenth. Those
of single cells stay as they are, too: they cost nothing, and where keypoints look hangs on them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from rlco_core.errors import BundleError, in_short

Feeds = Mapping[str, NDArray[Any]]
_KIND = "Conv"


class _Reader(CalibrationDataReader):
    """Hands out feeds, one after the other."""

    def __init__(self, feeds: Sequence[Feeds]) -> None:
        self._feeds: Iterator[Feeds] = iter(feeds)

    def get_next(self) -> Feeds | None:
        """The next one; None after the last."""
        return next(self._feeds, None)


def quantised(model: bytes, feeds: Sequence[Feeds]) -> bytes:
    """The graph ``model`` in int8, its ranges those that ``feeds`` make.

    Raises:
        BundleError: the quantiser cannot handle the graph.
    """
    with tempfile.TemporaryDirectory(prefix="rlco_int8_") as folder:
        plain, made = Path(folder) / "plain.onnx", Path(folder) / "int8.onnx"
        try:
            # Weights that are stored in half precision become plain ones.
            quant_pre_process(onnx.load_from_string(model), str(plain), skip_symbolic_shape=True)
            quantize_static(
                str(plain),
                str(made),
                _Reader(feeds),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=[_KIND],
                nodes_to_exclude=_of_single_cells(onnx.load(str(plain)).graph),
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
            )
        except Exception as error:  # the quantiser raises whatever its parts do
            raise BundleError(f"the graph cannot be quantised: {in_short(error)}") from error
        return made.read_bytes()


def _of_single_cells(graph: onnx.GraphProto) -> list[str]:
    """Names of the convolutions whose kernel is one cell."""
    kernels = {
        node.name: list(attribute.ints)
        for node in graph.node
        for attribute in node.attribute
        if node.op_type == _KIND and attribute.name == "kernel_shape"
    }
    return [name for name, kernel in kernels.items() if set(kernel) == {1}]
