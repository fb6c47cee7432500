# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Systems that may take long to start, as a machine that measures is often busy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rlco_bringup.graph import NodeSpec

#: s within which all nodes should have found each other.
START_SECONDS = 90.0
#: s that a policy waits for its camera; more than that it does not take.
_CAMERA_SECONDS = 60.0


def patient(graph: Sequence[NodeSpec]) -> list[NodeSpec]:
    """The same system, whose policy gives up later where its camera is not heard."""
    longer = {"scene_timeout": _CAMERA_SECONDS}
    return [
        replace(spec, parameters={**spec.parameters, **longer})
        if spec.package == "rlco_policy"
        else spec
        for spec in graph
    ]
