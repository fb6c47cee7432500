# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""From clients' frames to the frames that answer them: what one worker of a server does."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from rlco_core.errors import RlcoError
from rlco_core.robot import RobotConfig
from rlco_core.types import ActionChunk, Observation
from rlco_policy.serving.batched import BatchPolicy
from rlco_policy.serving.codec import pack, unpack
from rlco_policy.serving.observing import ObservationReader
from rlco_policy.serving.served import answer_to_message

#: A frame with an answer, or one line that says why there is none.
Reply = bytes | str


class Answerer:
    """Answers frames; what is wrong with one becomes one line, and harms no other.

    Args:
        policy: that nobody else asks meanwhile.
        clock: seconds.
    """

    def __init__(self, policy: BatchPolicy, clock: Callable[[], float] = time.perf_counter) -> None:
        self._policy = policy
        self._reader = ObservationReader(policy.contract, RobotConfig.load(policy.contract.robot))
        self._clock = clock

    def answer(self, frames: Sequence[tuple[bytes, float]]) -> list[Reply]:
        """The replies to frames, each with how long it waited for its turn, s."""
        began = self._clock()
        read = [self._read(frame) for frame, _ in frames]
        ready = self._clock()
        answers = iter(self._infer([one for one in read if isinstance(one, Observation)]))
        found = [next(answers) if isinstance(one, Observation) else one for one in read]
        timing = {
            "read_ms": (ready - began) * 1e3,
            "infer_ms": (self._clock() - ready) * 1e3,
            "batch": len(frames),
        }
        return [
            pack(answer_to_message(one, {"queue_ms": waited * 1e3, **timing}))
            if isinstance(one, ActionChunk)
            else one
            for one, (_, waited) in zip(found, frames, strict=True)
        ]

    def _read(self, frame: bytes) -> Observation | Reply:
        """What is to be answered, or the reply to what is not."""
        try:
            message = unpack(frame)
            instruction = self._reader.announced(message)
            if instruction is None:
                return self._reader.read(message)
            return pack({"truncated": self._policy.truncates(instruction)})
        except RlcoError as error:
            return str(error)

    def _infer(self, observations: Sequence[Observation]) -> list[ActionChunk | str]:
        try:
            return list(self._policy.infer_all(observations)) if observations else []
        except RlcoError as error:
            if len(observations) == 1:
                return [str(error)]
        return [answer for one in observations for answer in self._infer([one])]
