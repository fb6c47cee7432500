# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Some faults on a running system; `./rlco test-faults` tries all of them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import underlay

from rlco_trainer.faults.cases import all_cases
from rlco_trainer.faults.run import FaultsConfig, chosen

#: Robot and names of its cases that are tried here.
TRIED = {
    "panda": ("camera_black", "reflex"),
    "ur5e": ("clock_jumps_back", "protective_stop"),
}


def test_there_are_cases_enough_and_no_two_of_a_name() -> None:
    cases = [(case.robot, case.name) for case in all_cases()]
    assert len(cases) == len(set(cases)) >= 2 * 35


def test_cases_are_chosen_by_name() -> None:
    some = chosen(FaultsConfig(cases=("reflex", "chunk_nan")))
    assert [(case.robot, case.name) for case in some] == [
        ("panda", "chunk_nan"),
        ("panda", "reflex"),
        ("ur5e", "chunk_nan"),
    ]


@pytest.fixture(params=list(TRIED))
def tried(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """Lines of the cases of a robot, as the command prints them, in slow time as for a machine that
    others use, too.
    """
    robot = request.param
    command = ["rlco", "test-faults", "--robots", robot, "--cases", *TRIED[robot]]
    command += ["--logs", str(tmp_path), "--real-time-factor", "0.3"]
    run = subprocess.run(
        command, env=underlay.environment(), capture_output=True, text=True, timeout=600
    )
    return [line for line in run.stdout.splitlines() if f" {robot} " in line and "/" in line]


def test_the_arm_is_stopped_in_time_and_the_task_is_finished_afterwards(tried: list[str]) -> None:
    assert len(tried) == 2
    assert [line for line in tried if not line.endswith(": passed")] == []
