# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Datasets, and what a backbone made of them, at hand for one training after the other."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from torch import nn

from rlco_trainer.learning.datasets import Loaded, load
from rlco_trainer.learning.sources import ContextSource
from rlco_trainer.policies.policy import Policy

Made = TypeVar("Made")


class Shelf:
    """Makes what is asked for, and keeps what was asked for last.

    Args:
        room: how many things are kept.
    """

    def __init__(self, room: int = 6) -> None:
        self._room = room
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()

    def dataset(self, path: Path, episodes: int = 0) -> Loaded:
        """As ``load``; read again where it has changed since."""
        info = path / "meta" / "info.json"
        changed = info.stat().st_mtime_ns if info.exists() else 0
        return self._once((path, episodes, changed), lambda: load(path, episodes))

    def contexts(
        self,
        policy: Policy,
        loaded: Loaded,
        copies: int = 1,
        strength: float = 0.0,
        seed: int = 0,
    ) -> ContextSource:
        """As ``ContextSource.build``; policies with the same backbone share them."""

        def build() -> tuple[Loaded, ContextSource]:
            return loaded, ContextSource.build(policy, loaded.data, copies, strength, seed)

        # Kept together with its demonstrations, so that nothing else can get their id.
        key = (id(loaded), _digest(policy.backbone), copies, strength, seed)
        return replace(self._once(key, build)[1], horizon=policy.horizon)

    def _once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        if key not in self._kept:
            self._kept[key] = make()
        self._kept.move_to_end(key)
        while len(self._kept) > self._room:
            self._kept.popitem(last=False)
        found: Made = self._kept[key]
        return found


def _digest(module: nn.Module) -> str:
    """The same for the same weights."""
    found = hashlib.sha256()
    for value in module.state_dict().values():
        found.update(value.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()
