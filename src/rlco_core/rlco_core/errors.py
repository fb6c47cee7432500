# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The error family: every message says what was wrong and what would be right."""

from __future__ import annotations

from collections.abc import Iterable

#: Letters of what others say that a line shows.
_SHOWN = 400


class RlcoError(Exception):
    """Base of all errors that a user can mend; ``str(error)`` is one clear line."""


class ConfigError(RlcoError):
    """A configuration value, name or file is missing or out of range."""


class BundleError(RlcoError):
    """A policy bundle is missing, malformed or corrupt."""


class ContractMismatch(BundleError):
    """A sound bundle does not fit the robot or the scene it was brought to."""


class DatasetError(RlcoError):
    """A dataset is missing, malformed or does not fit what is to be added."""


class KinematicsError(RlcoError):
    """A pose or joint vector cannot be handled by the robot's kinematics."""


def in_short(text: object) -> str:
    """What others say, as one line that ends."""
    line = " ".join(str(text).split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}..."


def choices(names: Iterable[str]) -> str:
    """Lists valid names for the end of an error message: ``'a', 'b' or 'c'``."""
    quoted = [f"'{name}'" for name in sorted(names)]
    if not quoted:
        return "none are known"
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
