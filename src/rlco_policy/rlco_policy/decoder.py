# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Decodes a camera's frames in a thread of its own, so that nothing else waits for it.

Of frames that wait only the newest is kept: an old picture is of no use to a policy.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from rlco_core.errors import RlcoError
from rlco_policy.measurements import Image

Frame = TypeVar("Frame")

#: What a frame that is being decoded may hold up, s.
_PATIENCE_S = 0.1


@dataclass(frozen=True)
class Decoded(Generic[Frame]):
    """What became of a frame."""

    frame: Frame
    outcome: Image | RlcoError

    def image(self) -> Image:
        """The image.

        Raises:
            RlcoError: why there is none.
        """
        if isinstance(self.outcome, RlcoError):
            raise self.outcome
        return self.outcome


class Decoder(Generic[Frame]):
    """A mailbox for one frame, and the thread that empties it.

    Args:
        decode: makes an image of a frame, or raises an `RlcoError`.
        wake: is called in the thread when something is there to be taken.

    Attributes:
        replaced: frames that were never decoded, as a newer one came first.
    """

    def __init__(self, decode: Callable[[Frame], Image], wake: Callable[[], None]) -> None:
        self.replaced = 0
        self._decode, self._wake = decode, wake
        self._waiting: Frame | None = None
        self._closed = False
        self._changed = threading.Condition()
        self._done = deque[Decoded[Frame]]()
        self._thread = threading.Thread(target=self._run, name="decoder", daemon=True)
        self._thread.start()

    def put(self, frame: Frame) -> None:
        """Asks for a frame to be decoded."""
        with self._changed:
            self.replaced += self._waiting is not None
            self._waiting = frame
            self._changed.notify()

    def take(self) -> Iterator[Decoded[Frame]]:
        """What was decoded since the last time, the oldest first."""
        while self._done:
            yield self._done.popleft()

    def close(self) -> None:
        """Ends the thread: nobody is woken from here on. A frame that is being decoded is waited
        for, but not for long.
        """
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(_PATIENCE_S)

    def _run(self) -> None:
        while (frame := self._next()) is not None:
            self._done.append(Decoded(frame, self._outcome(frame)))
            with self._changed:
                if not self._closed:
                    self._wake()

    def _next(self) -> Frame | None:
        """The frame that waits, as soon as there is one; None: no more."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._waiting is not None)
            frame, self._waiting = self._waiting, None
            return None if self._closed else frame

    def _outcome(self, frame: Frame) -> Image | RlcoError:
        try:
            return self._decode(frame)
        except RlcoError as error:
            return error
