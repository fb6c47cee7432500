# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Shipped worlds and domains with some keys set otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlco_sim.domain import Domain
from rlco_sim.settings import Settings


def altered(settings: Settings, **sections: Mapping[str, Any]) -> Settings:
    """``settings`` with some keys of some sections replaced."""
    return Settings.model_validate(_laid_over(settings.model_dump(), sections))


def altered_domain(base: str, **sections: Mapping[str, Any]) -> Domain:
    """A domain like ``base`` but for some keys of some sections."""
    values = _laid_over(dict(Domain.load(base).values), sections)
    return Domain.of({"name": f"like {base}", **values})


def _laid_over(values: dict[str, Any], sections: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {**values, **{name: {**values[name], **keys} for name, keys in sections.items()}}
