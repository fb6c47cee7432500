# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Runs every check and ends with one line of counts; run by `make test` and `make lint`.

Linters, then `colcon test` over all packages, then the system tests. A failure stops nothing that
comes after it, and is named again at the end. A linter counts as one test; a test run that breaks
off counts as one failure.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import underlay

ROOT = Path(__file__).resolve().parent.parent
DISTRO = os.environ.get("ROS_DISTRO", "jazzy")
BUILD = ROOT / "build" / DISTRO
#: Packages and system tests that keep no time: they run on both cores.
COMPUTING = {"rlco_core", "rlco_sim", "rlco_trainer"}
COMPUTING_SYSTEMS = {"learning", "reward", "parity", "refusals", "serving", "walls"}
#: s for one command; all of them take about 20 minutes on two cores.
DEADLINE_S = 1500.0
TIMED_OUT = 124


@dataclass(frozen=True)
class Counts:
    """How many tests passed and were skipped, and the names of those that failed."""

    passed: int = 0
    failures: tuple[str, ...] = ()
    skipped: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.passed + other.passed,
            self.failures + other.failures,
            self.skipped + other.skipped,
        )

    def __str__(self) -> str:
        return f"{self.passed} passed, {len(self.failures)} failed, {self.skipped} skipped"


def main() -> int:
    """Run what was asked for; 1 when anything failed."""
    suites = (
        [lint] if "--lint" in sys.argv[1:] else [lint, add_underlay, test_packages, test_system]
    )
    counts = sum((suite() for suite in suites), Counts())
    print("", *(f"failed: {name}" for name in counts.failures), "", sep="\n")
    print(counts, flush=True)
    return 1 if counts.failures else 0


def lint() -> Counts:
    """Ruff, mypy, and hadolint for every Dockerfile."""
    commands = [["ruff", "check"], ["ruff", "format", "--check"], mypy_command()]
    commands += [["mypy", "--strict", "tools"]]
    commands += [["hadolint", str(path)] for path in sorted((ROOT / "docker").glob("*.Dockerfile"))]
    failures = tuple(" ".join(command) for command in commands if run(command))
    return Counts(len(commands) - len(failures), failures)


def mypy_command() -> list[str]:
    """mypy over every Python package of the workspace."""
    packages = sorted(path.parent.name for path in ROOT.glob("src/*/setup.py"))
    return ["mypy", *(word for name in [*packages, "rlco_bringup"] for word in ("-p", name))]


def test_packages() -> Counts:
    """`colcon test`, one package after the other: those that only compute on both cores, then those
    with ROS deadlines, which see a calm machine.
    """
    names = set(tested_packages())
    # Test by test would make the modules' fixtures twice.
    computing = colcon_test(names & COMPUTING, *on_both_cores("loadfile"))
    return computing + colcon_test(names - COMPUTING)


def on_both_cores(shared_out: str) -> list[str]:
    """Options of pytest-xdist."""
    return ["-n", "2", "--dist", shared_out]


def colcon_test(names: set[str], *options: str) -> Counts:
    """`colcon test` of some packages, with options of pytest's."""
    reports = [BUILD / name / "pytest.xml" for name in sorted(names)]
    discard(reports)
    command = ["colcon", "--log-base", str(ROOT / "log" / DISTRO), "test", "--merge-install"]
    command += ["--base-paths", "src", "launch", "--build-base", str(BUILD)]
    command += ["--install-base", str(ROOT / "install" / DISTRO), "--executor", "sequential"]
    command += ["--event-handlers", "console_direct+", "desktop_notification-", "status-"]
    command += ["--return-code-on-test-failure", "--packages-select", *sorted(names)]
    # colcon takes options that another program gets with a space in front.
    words = [f" {word}" if word.startswith("-") else word for word in options]
    code = run([*command, *(["--pytest-args", *words] if words else [])])
    return with_breakdown(sum(map(read_report, reports), Counts()), "colcon test", code)


def add_underlay() -> Counts:
    """The drivers' message packages, where this machine lacks them; a failure where it cannot."""
    try:
        if underlay.is_needed():
            underlay.build()
    except underlay.UnderlayError as error:
        print(error, file=sys.stderr)
        return Counts(failures=("message packages of the drivers",))
    return Counts()


def tested_packages() -> Iterator[str]:
    """Names of the Python packages that have tests: the parents of their test directories."""
    for tests in sorted([*ROOT.glob("src/*/test"), *ROOT.glob("launch/test")]):
        if any(tests.glob("test_*.py")):
            yield "rlco_bringup" if tests.parent.name == "launch" else tests.parent.name


def test_system() -> Counts:
    """The tests in tests/: the shipped commands and graphs as a whole; those that keep time last,
    on a calm machine.
    """
    files = set((ROOT / "tests").glob("test_*.py"))
    computing = {ROOT / "tests" / f"test_{name}.py" for name in COMPUTING_SYSTEMS} & files
    counts = system_test("computing", computing, *on_both_cores("worksteal"))
    return counts + system_test("in_time", files - computing)


def system_test(name: str, files: set[Path], *options: str) -> Counts:
    """pytest over some of the system tests, with options of its own."""
    if not files:
        return Counts()
    report = BUILD / f"system_tests_{name}.xml"
    discard([report])
    words = [str(path.relative_to(ROOT)) for path in sorted(files)]
    code = run(["python", "-m", "pytest", *words, f"--junit-xml={report}", *options])
    return with_breakdown(read_report(report), report.stem, code)


def discard(reports: Iterable[Path]) -> None:
    for report in reports:
        report.unlink(missing_ok=True)


def read_report(report: Path) -> Counts:
    """Counts of a JUnit file; one failure when there is none, as the run broke off."""
    name = str(report.relative_to(ROOT))
    if not report.is_file():
        return Counts(failures=(f"{name}: no test report, the run broke off",))
    cases = list(ElementTree.parse(report).iter("testcase"))
    failures = tuple(
        f"{case.get('classname')}::{case.get('name')}"
        for case in cases
        if {"failure", "error"} & {child.tag for child in case}
    )
    skipped = sum(1 for case in cases if case.find("skipped") is not None)
    return Counts(len(cases) - len(failures) - skipped, failures, skipped)


def with_breakdown(counts: Counts, name: str, code: int) -> Counts:
    """Count a failure that no report tells of, such as a crashed interpreter."""
    if not code or counts.failures:
        return counts
    return counts + Counts(failures=(f"{name}: exit code {code}, and no test that failed",))


def run(command: list[str], deadline: float = DEADLINE_S) -> int:
    """The exit code; `TIMED_OUT` where the command had to be ended, with all that it started."""
    print(f"\n$ {' '.join(command)}", flush=True)
    process = subprocess.Popen(command, cwd=ROOT, env=test_environment(), start_new_session=True)
    try:
        return process.wait(deadline)
    except subprocess.TimeoutExpired:
        print(f"{command[0]} did not end within {deadline:g} s and was killed", file=sys.stderr)
        return TIMED_OUT
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_environment() -> dict[str, str]:
    """Keeps ROS traffic on this machine and apart from other runs; lets mypy find launch/; adds
    the drivers' message packages where the machine has them.
    """
    return {
        **underlay.environment(),
        "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
        "ROS_DOMAIN_ID": DOMAIN,
        # Where several processes compute on two cores, threads that spin only wait for each other.
        "OMP_NUM_THREADS": "1",
        "OMP_WAIT_POLICY": "PASSIVE",
        "MYPYPATH": str(BUILD / "rlco_bringup"),
    }


# Above 101 the ports of a domain may collide with the system's ephemeral ones.
DOMAIN = str(random.SystemRandom().randint(1, 101))

if __name__ == "__main__":
    sys.exit(main())
