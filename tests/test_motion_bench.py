# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""An episode of white noise on a running system, of each kind of controller."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import underlay

STEPS = 40


def test_white_noise_in_time_moves_no_arm_beyond_its_limits(tmp_path: Path) -> None:
    out = tmp_path / "motion.json"
    command = ["rlco", "bench", "motion", "--robots", "panda", "--policies", "noise"]
    command += ["--episodes", "1", "--max-steps", str(STEPS), "--real-time-factor", "0.3"]
    run = subprocess.run(
        [*command, "--json", str(out)],
        env=underlay.environment(),
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert out.exists(), run.stdout + run.stderr
    found = json.loads(out.read_text())
    assert run.returncode == (1 if found["violations"] else 0)
    assert [row["told"] for row in found["rows"]] == ["trajectories", "setpoints"]
    for row in found["rows"]:
        late = row["told"] == "trajectories" and row["torn"]
        assert late or not any(row["beyond"].values()), "nothing but a late trajectory leads there"
        assert row["ends"] == {"step_limit": 1}
        assert row["commands"] == STEPS
        assert row["samples"] > STEPS * 5
        assert row["reached"]["acceleration"]["share"] > 0.3
