# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""panda-gym's PandaPush (20 physics steps per control step) in an environment of its own.

Reads lines "SIZE EVERY SECONDS" and answers each with control steps per second.
"""

import sys
import time

import gymnasium
import numpy as np
import panda_gym  # noqa: F401


def measure(size: int, every: int, seconds: float) -> float:
    """Steps per second with an image of size x size pixels every so many control steps."""
    env = gymnasium.make(
        "PandaPush-v3",
        render_mode="rgb_array",
        renderer="Tiny",
        render_width=size,
        render_height=size,
    )
    rng = np.random.default_rng(0)
    env.reset(seed=0)
    env.render()
    steps, started = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds:
        for _ in range(every):
            *_, terminated, truncated, _ = env.step(rng.uniform(-0.2, 0.2, 3))
            if terminated or truncated:
                env.reset()
        env.render()
        steps += every
    env.close()
    return steps / elapsed


if __name__ == "__main__":
    for line in sys.stdin:
        size, every, seconds = line.split()
        print("steps/s", measure(int(size), int(every), float(seconds)), flush=True)
