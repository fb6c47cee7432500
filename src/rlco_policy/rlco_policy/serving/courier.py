# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Asks a policy on a server for a node, which must never wait."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future

from rlco_core.types import ActionChunk, Observation
from rlco_policy.serving.remote import RemotePolicy


class Courier:
    """Sends observations off; the answers come later.

    Args:
        remote: the policy.
        wake: called when there is something to `collect`, from another thread.
    """

    def __init__(self, remote: RemotePolicy, wake: Callable[[], None]) -> None:
        self.contract = remote.contract
        self._remote = remote
        self._wake = wake
        self._answers = deque[Future[ActionChunk]]()

    @property
    def provider(self) -> str:
        """Where inference runs."""
        return self._remote.provider

    def infer(self, observation: Observation) -> None:
        """Sends an observation off."""
        self._remote.ask(observation).add_done_callback(self._on_answer)

    def collect(self) -> Iterator[Future[ActionChunk]]:
        """The answers that came, and the errors in the place of some."""
        while self._answers:
            yield self._answers.popleft()

    def truncates(self, instruction: str) -> bool:
        """False, as it is for the server to say; also readies it for the first observation."""
        self._remote.announce(instruction)
        return False

    def close(self) -> None:
        """Ends the connection."""
        self._remote.close()

    def _on_answer(self, answer: Future[ActionChunk]) -> None:
        if not answer.cancelled():
            self._answers.append(answer)
            self._wake()
