# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Message packages that not every machine has: what needs them says so."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from rlco_core.errors import ConfigError


def interface(package: str, kind: str, name: str, user: str) -> Any:
    """The type ``package/kind/name``, for ``user``, which cannot do without.

    Raises:
        ConfigError: the package is not installed, or has no such type.
    """
    try:
        return getattr(import_module(f"{package}.{kind}"), name)
    except (ImportError, AttributeError) as error:
        ros = package.replace("_", "-")
        raise ConfigError(
            f"{user} needs {package}/{kind}/{name}, which is not installed; "
            f"install it: apt install ros-$ROS_DISTRO-{ros}"
        ) from error
