# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Page-locked memory: a GPU fetches from it directly, without a copy by the driver before."""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Callable, Iterator
from ctypes.util import find_library
from typing import Any

from numpy.typing import NDArray

from rlco_core.errors import ConfigError

#: Of CUDA 13, with which the wheels of ONNX Runtime are made, and of the one before.
_LIBRARIES = ("libcudart.so.13", "libcudart.so.12")

Arrays = dict[str, NDArray[Any]]


def cuda_runtime() -> Any:
    """The CUDA runtime library.

    Raises:
        ConfigError: there is none.
    """
    problems: list[str] = []
    for name in _names():
        try:
            return ctypes.CDLL(name)
        except OSError as error:
            problems.append(str(error))
    raise ConfigError(
        f"the CUDA runtime cannot be loaded ({'; '.join(problems)}); a provider on a GPU needs it: "
        "put its folder into LD_LIBRARY_PATH"
    )


def _names() -> Iterator[str]:
    """By what the loader finds; the search for any other starts a compiler, so it comes last."""
    yield from _LIBRARIES
    if other := find_library("cudart"):
        yield other


def pin(arrays: Arrays, runtime: Callable[[], Any] = cuda_runtime) -> Arrays:
    """Locks the pages of ``arrays`` until nobody needs them any more, and gives them back.

    Raises:
        ConfigError: CUDA refuses.
    """
    library = runtime()
    for name, array in arrays.items():
        address = ctypes.c_void_p(array.ctypes.data)
        code = library.cudaHostRegister(address, ctypes.c_size_t(array.nbytes), 0)
        if code != 0:
            raise ConfigError(
                f"CUDA cannot lock {array.nbytes} bytes of {name} (error {code}); it should be "
                "allowed to: see ulimit -l"
            )
        weakref.finalize(array, library.cudaHostUnregister, address)
    return arrays
