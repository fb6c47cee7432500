# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The line in which requests of several robots wait for the engine.

Every client has at most one request in it, so first come, first served is fair: who was answered
stands behind all others. The line is short and nobody waits long in it. An action chunk of an old
observation is worth little, so it is the oldest request that has to go.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Condition
from typing import NamedTuple

from rlco_policy.serving.answering import Reply


@dataclass(frozen=True)
class Request:
    """A client's frame.

    Attributes:
        client: name for people.
        frame: what it sent.
        since_s: when it came, by the line's clock.
        finish: takes the reply, from any thread.
    """

    client: str
    frame: bytes
    since_s: float
    finish: Callable[[Reply], None]


class Turn(NamedTuple):
    """A request whose turn it is, and how long it waited, s."""

    request: Request
    waited_s: float


class WaitingLine:
    """Holds requests between threads.

    Args:
        length: requests that may wait.
        patience_s: longest that one waits.
        on_shed: told of every request that had to go, and why.
        clock: seconds.
    """

    def __init__(
        self,
        length: int,
        patience_s: float,
        on_shed: Callable[[Request, str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._length = length
        self._patience_s = patience_s
        self._on_shed = on_shed
        self._clock = clock
        self._requests = deque[Request]()
        self._changed = Condition()
        self._open = True

    def put(self, client: str, frame: bytes, finish: Callable[[Reply], None]) -> None:
        """Lets a request wait; where the line is full, the oldest goes."""
        request = Request(client, frame, self._clock(), finish)
        with self._changed:
            self._requests.append(request)
            crowded = len(self._requests) > self._length
            oldest = self._requests.popleft() if crowded else None
            self._changed.notify()
        if oldest is not None:
            self._shed(oldest, f"{self._length} newer observations wait")

    def take(self, most: int = 1, window_s: float = 0.0) -> list[Turn]:
        """The next requests, once there is one, and up to ``most`` that come within ``window_s``;
        none: the line closed.
        """
        turns: list[Turn] = []
        while not turns and (requests := self._next(most, window_s)) is not None:
            turns = [Turn(one, self._clock() - one.since_s) for one in requests]
            turns = [turn for turn in turns if self._is_in_time(turn)]
        return turns

    def close(self) -> None:
        """Sends everybody home who waits on either side."""
        with self._changed:
            self._open = False
            left = list(self._requests)
            self._requests.clear()
            self._changed.notify_all()
        for request in left:
            request.finish("the server stops")

    def _next(self, most: int, window_s: float) -> list[Request] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._requests or not self._open)
            if most > 1:
                self._changed.wait_for(lambda: len(self._requests) >= most, window_s)
            count = min(most, len(self._requests))
            return [self._requests.popleft() for _ in range(count)] if self._open else None

    def _is_in_time(self, turn: Turn) -> bool:
        late = turn.waited_s > self._patience_s
        if late:
            line = f"it waited longer than {self._patience_s * 1e3:.0f} ms"
            self._shed(turn.request, line)
        return not late

    def _shed(self, request: Request, reason: str) -> None:
        waited_ms = (self._clock() - request.since_s) * 1e3
        request.finish(
            f"overloaded: this observation was dropped after {waited_ms:.0f} ms, as {reason}; "
            "ask less often, or give the server more workers"
        )
        self._on_shed(request, reason)
