# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The journal: what was noted is on the disk, whatever happens then."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rlco_bridge import journal as module
from rlco_bridge.journal import Journal, read_journal
from rlco_core.errors import ConfigError


def test_what_was_noted_is_read_in_order_and_appended_to(tmp_path: Path) -> None:
    path = tmp_path / "new" / "journal.jsonl"
    for number in range(2):
        with Journal(path) as journal:
            journal.note("stop", 5, reason="limit", detail=f"the {number}th")
            journal.note("chunk refused", 6, age=0.5)
    entries = read_journal(path)
    assert [entry["event"] for entry in entries] == ["stop", "chunk refused"] * 2
    assert (entries[2]["detail"], entries[2]["stamp_ns"]) == ("the 1th", 5)
    assert str(entries[0]["clock"]).endswith("+00:00")


def test_it_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    code = (
        "import sys, time; from pathlib import Path; from rlco_bridge.journal import Journal\n"
        "journal = Journal(Path(sys.argv[1]))\n"
        "for k in range(1000): journal.note('stop', k); time.sleep(0.002)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(path)])
    while not path.exists() or path.stat().st_size < 2_000:
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    entries = read_journal(path)
    assert [entry["stamp_ns"] for entry in entries] == list(range(len(entries)))
    assert len(entries) > 10


def test_what_waits_is_written_before_python_ends(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    code = (
        "import sys; from pathlib import Path; from rlco_bridge.journal import Journal\n"
        "journal = Journal(Path(sys.argv[1]))\n"
        "for k in range(100): journal.note('stop', k)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)
    assert len(read_journal(path)) == 100


def test_a_line_that_was_cut_short_is_left_out_and_a_foul_one_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b'{"event": "stop"}\n{"event": "st')
    assert read_journal(path) == [{"event": "stop"}]
    path.write_bytes(b'{"event": "stop"}\n{"event": "st\n{"event": "stop"}\n')
    with pytest.raises(ConfigError, match="is not a journal"):
        read_journal(path)
    with pytest.raises(ConfigError, match="is not a journal"):
        read_journal(tmp_path / "none")


def test_a_full_disk_is_told_and_stops_nothing() -> None:
    full = Path("/dev/full")
    with Journal(full) as journal:
        journal.note("stop", 1)
    assert journal.problem == "cannot write the journal /dev/full: No space left on device"


def test_where_nothing_can_be_written_it_says_so_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match=r"cannot write the journal .*: (File exists|Not a dir)"):
        Journal(tmp_path / "file" / "journal.jsonl")


def test_a_slow_disk_never_holds_the_arm_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_WAITING", 3)
    read, write = os.pipe()
    monkeypatch.setattr(os, "fsync", lambda _: os.read(read, 1))
    journal = Journal(tmp_path / "journal.jsonl")
    for number in range(50):
        journal.note("stop", number)
    assert "is too slow; lines are lost" in journal.problem
    os.write(write, b"." * 60)
    journal.close()
    assert 3 <= len(read_journal(journal.path)) < 50
