# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The counts that `make test` ends with: nothing that failed goes missing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import run_tests
from run_tests import Counts

REPORT = """<testsuites><testsuite name="pytest">
<testcase name="a"/><testcase classname="t" name="b"><failure message="x"/></testcase>
<testcase classname="t" name="c"><error message="x"/></testcase>
<testcase name="d"><skipped/></testcase>
</testsuite></testsuites>"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(run_tests, "ROOT", tmp_path)
    monkeypatch.setattr(run_tests, "BUILD", tmp_path)
    return tmp_path


def test_report_is_counted(root: Path) -> None:
    (root / "pytest.xml").write_text(REPORT)
    assert run_tests.read_report(root / "pytest.xml") == Counts(1, ("t::b", "t::c"), 1)


def test_missing_report_is_a_failure(root: Path) -> None:
    counts = run_tests.read_report(root / "pytest.xml")
    assert counts.failures == ("pytest.xml: no test report, the run broke off",)


@pytest.mark.parametrize(
    ("counts", "code", "failures"),
    [
        (Counts(3), 0, ()),
        (Counts(3), 139, ("suite: exit code 139, and no test that failed",)),
        (Counts(3, ("t::a",)), 1, ("t::a",)),
    ],
)
def test_crash_that_no_report_tells_of_counts(
    counts: Counts, code: int, failures: tuple[str, ...]
) -> None:
    assert run_tests.with_breakdown(counts, "suite", code).failures == failures


def test_system_tests_run_whether_they_keep_time_or_not(root: Path) -> None:
    (root / "tests").mkdir()
    for name, outcome in (("walls", True), ("learning", True), ("faults", True), ("record", False)):
        (root / f"tests/test_{name}.py").write_text(f"def test_it(): assert {outcome}")
    counts = run_tests.test_system()
    assert counts == Counts(3, ("tests.test_record::test_it",))


def test_packages_with_tests_are_found(root: Path) -> None:
    for folder in ("src/rlco_core/test", "src/rlco_sim/test", "launch/test"):
        (root / folder).mkdir(parents=True)
    (root / "src/rlco_core/test/test_a.py").touch()
    (root / "launch/test/test_b.py").touch()
    assert set(run_tests.tested_packages()) == {"rlco_core", "rlco_bringup"}


@pytest.mark.parametrize(
    ("counts", "code", "last"),
    [
        (Counts(4, (), 1), 0, ["4 passed, 0 failed, 1 skipped"]),
        (
            Counts(4, ("t::a", "t::b"), 0),
            1,
            ["failed: t::a", "failed: t::b", "", "4 passed, 2 failed, 0 skipped"],
        ),
    ],
)
def test_ends_with_what_failed_and_the_counts(
    counts: Counts,
    code: int,
    last: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(run_tests, "lint", lambda: counts)
    monkeypatch.setattr("sys.argv", ["run_tests.py", "--lint"])
    assert run_tests.main() == code
    assert capsys.readouterr().out.splitlines()[-len(last) :] == last


def test_what_does_not_end_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    wait_for_child = f"sleep 1000 & echo $! > {tmp_path / 'child'}; wait"
    assert run_tests.run(["sh", "-c", wait_for_child], deadline=1.0) == run_tests.TIMED_OUT
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 20.0
    while is_running(child):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_running(process: int) -> bool:
    """Neither gone nor a zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


def test_ros_traffic_stays_on_this_machine() -> None:
    environment = run_tests.test_environment()
    assert environment["ROS_AUTOMATIC_DISCOVERY_RANGE"] == "LOCALHOST"
    assert 1 <= int(environment["ROS_DOMAIN_ID"]) <= 101
