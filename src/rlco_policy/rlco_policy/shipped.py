# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The policy bundles that come with the package: one for a task on a robot."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from rlco_core.errors import BundleError, choices

_FOLDER = Path(str(files("rlco_policy"))) / "bundles"


def shipped_bundle(task: str = "push_cube", robot: str = "panda") -> Path:
    """Directory of the bundle that is used where none is named.

    Raises:
        BundleError: none ships for that task on that robot; the line lists those that do.
    """
    path = _FOLDER / f"{task}_{robot}"
    if not path.is_dir():
        known = choices(path.name for path in _FOLDER.iterdir())
        raise BundleError(
            f"no policy ships for '{task}' on '{robot}', only {known}; name a bundle of your own"
        )
    return path
