# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""robosuite's Lift with a Panda (25 physics steps per control step) in an environment of its own.

Needs OSMesa (apt install libosmesa6). Reads lines "SIZE EVERY SECONDS"; only EVERY = 1 is known.
"""

import os
import sys
import time

os.environ["MUJOCO_GL"] = "osmesa"

import numpy as np
import robosuite


def measure(size: int, every: int, seconds: float) -> float:
    """Steps per second with an image of size x size pixels at every control step."""
    assert every == 1
    env = robosuite.make(
        "Lift",
        robots="Panda",
        has_renderer=False,
        has_offscreen_renderer=True,
        use_camera_obs=True,
        camera_names="agentview",
        camera_heights=size,
        camera_widths=size,
        control_freq=20,
    )
    rng = np.random.default_rng(0)
    low, high = env.action_spec
    env.reset()
    env.step(0.2 * rng.uniform(low, high))
    steps, started = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds:
        env.step(0.2 * rng.uniform(low, high))
        steps += 1
    env.close()
    return steps / elapsed


if __name__ == "__main__":
    for line in sys.stdin:
        size, every, seconds = line.split()
        print("steps/s", measure(int(size), int(every), float(seconds)), flush=True)
