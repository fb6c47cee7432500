# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The policy bundles that come with the package."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

DEFAULT = "push_cube_panda"


def default_bundle() -> Path:
    """Directory of the bundle that is used where none is named."""
    return Path(str(files("rlco_policy"))) / "bundles" / DEFAULT
