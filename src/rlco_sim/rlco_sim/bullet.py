# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""PyBullet without the banner that it writes to standard error when imported."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator


@contextlib.contextmanager
def _quiet_stderr() -> Iterator[None]:
    saved = os.dup(2)
    try:
        with open(os.devnull, "w") as null:
            os.dup2(null.fileno(), 2)
            yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


with _quiet_stderr():
    import pybullet
    import pybullet_data

__all__ = ["pybullet", "pybullet_data"]
