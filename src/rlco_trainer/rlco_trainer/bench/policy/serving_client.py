# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""One client of a policy server that measures its round trips; run by ``serving`` as a process.

    python -m rlco_trainer.bench.policy.serving_client URL SIZE SECONDS RATE

Says ``ready`` when it is connected, waits for a line, and then prints pairs of round trip and
inference, ms, as JSON. A rate of 0 asks as fast as it is answered.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence

import numpy as np

from rlco_core.contract import Contract
from rlco_core.types import Observation
from rlco_policy.serving.codec import pack, unpack
from rlco_policy.serving.link import Endpoint, Link
from rlco_policy.serving.observing import observation_to_message
from rlco_policy.serving.served import Served

_ANSWER_S = 30.0
_WARM_UP = 5


def main(arguments: Sequence[str]) -> None:
    """Measures one client."""
    url, size, seconds, rate = arguments[0], int(arguments[1]), *map(float, arguments[2:4])
    greetings: list[Served] = []
    link = Link(Endpoint(url, timeout_s=_ANSWER_S), lambda frame: greetings.append(_greeted(frame)))
    link.open(_ANSWER_S)
    frame = pack(observation_to_message(_observation(greetings[0].contract, size)))
    for _ in range(_WARM_UP):
        _ask(link, frame)
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(_measure(link, frame, seconds, 1.0 / rate if rate else 0.0)), flush=True)
    link.close()


def _measure(link: Link, frame: bytes, seconds: float, period: float) -> list[tuple[float, float]]:
    figures: list[tuple[float, float]] = []
    begin = time.monotonic()
    due = begin
    while due < begin + seconds and time.monotonic() < begin + seconds:
        time.sleep(max(due - time.monotonic(), 0.0))
        asked = time.perf_counter()
        inference = _ask(link, frame)
        figures.append(((time.perf_counter() - asked) * 1e3, inference))
        due += period
    return figures


def _ask(link: Link, frame: bytes) -> float:
    """Inference in the answer, ms."""
    reply = link.run(link.exchange(frame)).result()
    if isinstance(reply, str):
        raise SystemExit(reply)
    return float(unpack(reply)["server_timing"]["infer_ms"])


def _greeted(frame: bytes | str) -> Served:
    return Served.from_message(unpack(frame) if isinstance(frame, bytes) else frame)


def _observation(contract: Contract, size: int) -> Observation:
    generator = np.random.default_rng(0)
    images = {
        camera.name: generator.integers(0, 256, (size, size, 3), np.uint8)
        for camera in contract.cameras
    }
    row = np.zeros(contract.proprioception.size, np.float32)
    return Observation(1, images, row, "push the red cube to the target")


if __name__ == "__main__":
    main(sys.argv[1:])
