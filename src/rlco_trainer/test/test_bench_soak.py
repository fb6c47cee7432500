# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco bench soak: what it sees of processes, and the rule by which it judges."""

from __future__ import annotations

import json
import mmap
import os
import subprocess
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from rlco_core.errors import ConfigError
from rlco_trainer.bench.soak.footprint import Footprint
from rlco_trainer.bench.soak.plot import write_plot
from rlco_trainer.bench.soak.run import BenchSoakConfig
from rlco_trainer.bench.soak.trend import Process, slope
from rlco_trainer.cli import main

LOOKS = tuple(range(100, 10_001, 100))
PNG = b"\x89PNG"


def samples(rss_kb: np.ndarray, handles: int = 20, threads: int = 9) -> list[Footprint]:
    return [Footprint(int(kb), int(kb) // 2, handles, threads) for kb in rss_kb]


def test_it_sees_handles_and_memory_of_a_process() -> None:
    before = Footprint.of(os.getpid())
    assert before.rss_kb >= before.pss_kb > 1000
    with ExitStack() as stack:
        for _ in range(7):
            stack.enter_context(open(os.devnull))
        assert Footprint.of(os.getpid()).handles == before.handles + 7
    with mmap.mmap(-1, 64 << 20) as held:  # of its own, where others may reuse what was freed
        before = Footprint.of(os.getpid())
        held.write(os.urandom(1 << 20) * 64)
        assert Footprint.of(os.getpid()).rss_kb > before.rss_kb + 60_000


def test_a_process_that_is_gone_has_none() -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    with pytest.raises(OSError, match=str(gone.pid)):
        Footprint.of(gone.pid)


def test_a_line_is_fitted_to_the_second_half_alone() -> None:
    values = [5000.0 - 40.0 * min(done, 5000) + 0.25 * done for done in LOOKS]
    found = slope(LOOKS, values)
    assert (found.per_1000, found.low, found.high) == pytest.approx((250.0, 250.0, 250.0))
    assert found.grown == pytest.approx(0.25 * 4900)


def test_the_interval_of_a_line_holds_the_truth() -> None:
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(200):
        found = slope(LOOKS, (0.5 * np.array(LOOKS) + rng.normal(0.0, 300.0, 100)).tolist())
        held += found.low <= 500.0 <= found.high
    assert 180 <= held <= 199


@pytest.mark.parametrize(
    ("rss_kb", "counts", "problem"),
    [
        (np.full(100, 90_000), {}, ""),
        (np.linspace(40_000, 90_000, 100).clip(0, 60_000), {}, ""),
        (90_000 + 0.1 * np.array(LOOKS), {}, ""),
        (90_000 + 0.5 * np.array(LOOKS), {}, "memory grew by 2450 kB in the second half, 1"),
        (300_000 + 0.5 * np.array(LOOKS), {}, "memory grew by 2450 kB in the second half, 2048 kB"),
    ],
)
def test_a_process_that_grows_is_named(
    rss_kb: np.ndarray, counts: dict[str, int], problem: str
) -> None:
    assert Process.of(LOOKS, samples(rss_kb, **counts)).problem.startswith(problem)
    if not problem:
        assert Process.of(LOOKS, samples(rss_kb, **counts)).problem == ""


@pytest.mark.parametrize("counted", ["handles", "threads"])
def test_one_handle_more_is_not_flat_but_in_the_first_half(counted: str) -> None:
    level = np.full(100, 90_000)
    rows = samples(level)
    more = samples(level, **{counted: 21})
    late = Process.of(LOOKS, [*rows[:99], *more[:1]])
    low = 20 if counted == "handles" else 9
    assert late.problem == (
        f"handles or threads were {low} to 21 in the second half, not always as many"
    )
    assert Process.of(LOOKS, [*more[:50], *rows[:50]]).problem == ""


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"episodes": 0}, "episodes is 0; it should be 1 or more"),
        ({"max_steps": 0}, "max_steps is 0; it should be 1 or more"),
        ({"episodes": 500}, "500 episodes with a look at every 100 give too few to fit a line"),
    ],
)
def test_what_cannot_be_judged_is_refused(settings: dict[str, int], line: str) -> None:
    with pytest.raises(ConfigError, match=line):
        BenchSoakConfig(**settings)


def test_memory_is_drawn(tmp_path: Path) -> None:
    one = Process.of(LOOKS, samples(np.full(100, 90_000)))
    write_plot(LOOKS, {"sim_node": one, "bridge_node": one}, tmp_path / "soak.png")
    assert (tmp_path / "soak.png").read_bytes().startswith(PNG)


def test_it_watches_a_running_system(tmp_path: Path) -> None:
    out, picture = tmp_path / "soak.json", tmp_path / "soak.png"
    command = ["bench", "soak", "--episodes", "6", "--every", "1", "--max-steps", "2"]
    code = main([*command, "--json", str(out), "--plot", str(picture)])
    found = json.loads(out.read_text())
    assert code == (0 if found["flat"] else 1)
    assert found["ends"] == {"step_limit": 6}
    assert found["looks"] == [1, 2, 3, 4, 5, 6]
    assert set(found["processes"]) == {"sim_node", "policy_node", "bridge_node", "client"}
    for one in found["processes"].values():
        assert len(one["rss_kb"]) == len(one["pss_kb"]) == 6
        assert min(one["rss_kb"]) > 10_000
        assert min(one["handles"][0], one["threads"][0]) > 1
        assert set(one["memory"]) == set(asdict(slope(LOOKS[:6], range(6))))
    assert found["episodes_per_second"] > 0.0
    assert picture.read_bytes().startswith(PNG)
