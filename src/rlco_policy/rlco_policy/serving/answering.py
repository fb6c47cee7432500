# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""From a client's frame to the frame that answers it: what one worker of a server does."""

from __future__ import annotations

import time
from collections.abc import Callable

from rlco_core.errors import RlcoError
from rlco_core.robot import RobotConfig
from rlco_policy.policy import Policy
from rlco_policy.serving.codec import pack, unpack
from rlco_policy.serving.observing import ObservationReader
from rlco_policy.serving.served import answer_to_message

#: A frame with an answer, or one line that says why there is none.
Reply = bytes | str


class Answerer:
    """Answers frames, one at a time; what is wrong with one becomes one line.

    Args:
        policy: that nobody else asks meanwhile.
        clock: seconds.
    """

    def __init__(self, policy: Policy, clock: Callable[[], float] = time.perf_counter) -> None:
        self._policy = policy
        self._reader = ObservationReader(policy.contract, RobotConfig.load(policy.contract.robot))
        self._clock = clock

    def answer(self, frame: bytes, waited_s: float) -> Reply:
        """The reply to a frame that waited so long for its turn, s."""
        try:
            return self._answer(frame, waited_s)
        except RlcoError as error:
            return str(error)

    def _answer(self, frame: bytes, waited_s: float) -> bytes:
        began = self._clock()
        observation = self._reader.read(unpack(frame))
        ready = self._clock()
        chunk = self._policy.infer(observation)
        done = self._clock()
        timing = {
            "queue_ms": waited_s * 1e3,
            "read_ms": (ready - began) * 1e3,
            "infer_ms": (done - ready) * 1e3,
        }
        return pack(answer_to_message(chunk, timing))
