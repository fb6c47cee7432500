# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Chunks <-> messages, for those who send them and those who play them."""

from __future__ import annotations

import array

import numpy as np
from builtin_interfaces.msg import Time

from rlco_core.stamps import set_stamp, stamp_to_ns
from rlco_core.types import ACTION_COLUMNS, ActionChunk
from rlco_interfaces.msg import ActionChunk as ActionChunkMessage


def chunk_to_message(chunk: ActionChunk, frame_id: str) -> ActionChunkMessage:
    """A chunk whose rows are in the base frame `frame_id`."""
    message = ActionChunkMessage()
    message.header.stamp = set_stamp(Time(), chunk.stamp_ns)
    message.header.frame_id = frame_id
    message.episode = chunk.episode
    message.dt = chunk.dt
    message.horizon = len(chunk.actions)
    message.actions = array.array("f", chunk.actions.tobytes())
    message.contract_hash = chunk.contract_hash
    message.by_person = chunk.by_person
    return message


def chunk_from_message(message: ActionChunkMessage) -> ActionChunk:
    """A chunk with whatever shape its sender gave it; the chunk player judges it."""
    flat = np.asarray(message.actions, dtype=np.float32)
    columns = len(ACTION_COLUMNS)
    fits = len(flat) == message.horizon * columns
    return ActionChunk(
        stamp_ns=stamp_to_ns(message.header.stamp),
        dt=message.dt,
        actions=flat.reshape(-1, columns) if fits else flat[None],
        contract_hash=message.contract_hash,
        episode=message.episode,
        by_person=message.by_person,
    )
