# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Buffers that an ONNX Runtime session reads and writes in place."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from rlco_policy.engines.engine import OUTPUT, Signature, buffers
from rlco_policy.engines.pinned import pin

_CUDA = "cuda"


class HostBinding:
    """Inputs and output in memory; the session works on these very arrays.

    Args:
        session: what runs.
        options: of every run.
        inputs, outputs: names, types and shapes.
    """

    def __init__(
        self,
        session: ort.InferenceSession,
        options: ort.RunOptions,
        inputs: Signature,
        outputs: Signature,
    ) -> None:
        self._session, self._options = session, options
        self._inputs, self._outputs = buffers(inputs), buffers(outputs)
        self._binding = session.io_binding()
        for name, array in self._inputs.items():
            self._binding.bind_ortvalue_input(name, ort.OrtValue.ortvalue_from_numpy(array))
        for name, array in self._outputs.items():
            self._binding.bind_ortvalue_output(name, ort.OrtValue.ortvalue_from_numpy(array))

    def put(self, name: str, value: NDArray[Any]) -> None:
        """Writes one input, without the axis of the batch."""
        self._inputs[name][0] = value

    def run(self) -> NDArray[np.float32]:
        """(1, horizon, 7), the output's buffer."""
        self._session.run_with_iobinding(self._binding, self._options)
        return self._outputs[OUTPUT]


class DeviceBinding:
    """Inputs and output on a GPU, at addresses that stay, as CUDA graphs ask for; what was put
    goes there by way of page-locked memory, what was not put stays there.

    Args:
        session: what runs.
        options: of every run.
        inputs, outputs: names, types and shapes.
    """

    def __init__(
        self,
        session: ort.InferenceSession,
        options: ort.RunOptions,
        inputs: Signature,
        outputs: Signature,
    ) -> None:
        self._session, self._options = session, options
        self._host = pin(buffers(inputs))
        self._changed = set(inputs)
        self._device = {name: _on_device(array) for name, array in self._host.items()}
        self._output = _on_device(buffers(outputs)[OUTPUT])
        self._binding = session.io_binding()
        for name, value in self._device.items():
            self._binding.bind_ortvalue_input(name, value)
        self._binding.bind_ortvalue_output(OUTPUT, self._output)

    def put(self, name: str, value: NDArray[Any]) -> None:
        """Writes one input, without the axis of the batch."""
        self._host[name][0] = value
        self._changed.add(name)

    def run(self) -> NDArray[np.float32]:
        """(1, horizon, 7)."""
        for name in self._changed:
            self._device[name].update_inplace(self._host[name])
        self._changed.clear()
        self._session.run_with_iobinding(self._binding, self._options)
        answer: NDArray[np.float32] = self._output.numpy()
        return answer


def _on_device(array: NDArray[Any]) -> ort.OrtValue:
    return ort.OrtValue.ortvalue_from_numpy(array, _CUDA)
