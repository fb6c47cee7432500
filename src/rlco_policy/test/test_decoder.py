# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Frames are decoded in a thread; of those that wait only the newest is."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from rlco_core.errors import ContractMismatch
from rlco_policy import decoder
from rlco_policy.decoder import Decoder
from rlco_policy.measurements import Image

PATIENCE_S = 20.0
PIXELS = np.zeros((1, 1, 3), np.uint8)


class Slow:
    """Decodes a number into an image of that stamp, when it is let; 0 is foul."""

    def __init__(self) -> None:
        self.started, self.let = threading.Semaphore(0), threading.Semaphore(0)
        self.woken = threading.Semaphore(0)
        self.decoder = Decoder(self.decode, self.woken.release)

    def decode(self, frame: int) -> Image:
        self.started.release()
        assert self.let.acquire(timeout=PATIENCE_S)
        if not frame:
            raise ContractMismatch("frame is 0; it should be another")
        return Image(frame, PIXELS)


@pytest.fixture
def slow() -> Iterator[Slow]:
    slow = Slow()
    yield slow
    slow.let.release()
    slow.decoder.close()


def test_who_closes_does_not_wait_for_long_and_is_not_woken_after(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decoder, "_PATIENCE_S", 0.01)
    slow = Slow()
    slow.decoder.put(1)
    assert slow.started.acquire(timeout=PATIENCE_S)
    slow.decoder.close()
    slow.let.release()
    slow.decoder._thread.join(PATIENCE_S)
    assert not slow.decoder._thread.is_alive()
    assert not slow.woken.acquire(blocking=False)


def test_a_newer_frame_replaces_the_one_that_waits(slow: Slow) -> None:
    slow.decoder.put(1)
    assert slow.started.acquire(timeout=PATIENCE_S)
    for frame in (2, 3, 4):
        slow.decoder.put(frame)
    slow.let.release(2)
    for _ in range(2):
        assert slow.woken.acquire(timeout=PATIENCE_S)
    assert [decoded.image().stamp_ns for decoded in slow.decoder.take()] == [1, 4]
    assert slow.decoder.replaced == 2
    assert list(slow.decoder.take()) == []


def test_a_foul_frame_is_handed_on_with_its_reason(slow: Slow) -> None:
    slow.let.release(2)
    slow.decoder.put(0)
    assert slow.woken.acquire(timeout=PATIENCE_S)
    (decoded,) = slow.decoder.take()
    assert decoded.frame == 0
    with pytest.raises(ContractMismatch, match="frame is 0; it should be another"):
        decoded.image()
    slow.decoder.put(5)
    assert slow.woken.acquire(timeout=PATIENCE_S)
    assert [decoded.image().stamp_ns for decoded in slow.decoder.take()] == [5]


def test_closing_ends_the_thread_and_drops_what_waits(slow: Slow) -> None:
    before = threading.active_count()
    slow.decoder.put(1)
    assert slow.started.acquire(timeout=PATIENCE_S)
    slow.decoder.put(2)
    slow.let.release()
    slow.decoder.close()
    assert threading.active_count() == before - 1
    assert [decoded.image().stamp_ns for decoded in slow.decoder.take()] == [1]
