# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Action chunks in time: which of them may act, and which of their rows acts when.

``ChunkPlayer`` looks whether chunks are sound; an ``Execution`` says what is done with those that
are. One file each:

    asynchronous  the newest chunk acts, every row at the time that it was planned for
    synchronous   the arm waits for the answer to what it sees once the last rows were played
    ensembling    all chunks that speak of an instant are averaged
    blending      a new chunk fades in over what is left of the plan before it

No row acts before the time that it was planned for, and none beyond its chunk's horizon.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rlco_core.chunks.asynchronous import Asynchronous
from rlco_core.chunks.blending import Blending
from rlco_core.chunks.ensembling import Ensembling
from rlco_core.chunks.execution import Execution
from rlco_core.chunks.player import ChunkPlayer
from rlco_core.chunks.synchronous import Synchronous
from rlco_core.chunks.terms import Terms

__all__ = ["EXECUTIONS", "ChunkPlayer", "Execution", "Terms"]

#: By the name that people choose them by.
EXECUTIONS: Mapping[str, Callable[[Terms], Execution]] = {
    "asynchronous": Asynchronous,
    "synchronous": Synchronous,
    "ensembling": Ensembling,
    "blending": Blending,
}
