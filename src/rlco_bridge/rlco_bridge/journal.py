# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What happened to the arm, kept: one JSON object per line, appended and synced to the disk.

A thread of its own writes, as a disk may take longer than a control period.
"""

from __future__ import annotations

import atexit
import json
import os
import queue
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from rlco_core.errors import ConfigError

#: Lines that may wait for the disk; more are counted and lost.
_MOST_WAITING = 10_000
_END = None


class Journal:
    """An append-only file; a context manager, which is left at the latest when Python ends.

    Args:
        path: of the file; its directory is made.

    Attributes:
        problem: why lines were lost, as one line; empty while none were.

    Raises:
        ConfigError: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.problem = path, ""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("ab", buffering=0)
        except OSError as error:
            raise ConfigError(f"cannot write the journal {path}: {error.strerror}") from error
        self._waiting: queue.Queue[bytes | None] = queue.Queue(_MOST_WAITING)
        self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def note(self, event: str, stamp_ns: int, **about: object) -> None:
        """Adds a line: what happened, at which ROS time, by this machine's clock, and more."""
        clock = datetime.now(UTC).isoformat(timespec="milliseconds")
        entry = {"event": event, "stamp_ns": stamp_ns, "clock": clock, **about}
        try:
            self._waiting.put_nowait(json.dumps(entry).encode() + b"\n")
        except queue.Full:
            self.problem = f"the disk of {self.path} is too slow; lines are lost"

    def close(self, timeout: float = 2.0) -> None:
        """Writes what waits, for ``timeout`` s at most."""
        atexit.unregister(self.close)
        deadline = time.monotonic() + timeout
        try:
            self._waiting.put(_END, timeout=timeout)
        except queue.Full:
            return
        self._thread.join(max(deadline - time.monotonic(), 0.0))
        if not self._thread.is_alive():
            self._file.close()

    def _write(self) -> None:
        while (line := self._waiting.get()) is not _END:
            try:
                self._file.write(line)
                os.fsync(self._file.fileno())
            except OSError as error:
                self.problem = f"cannot write the journal {self.path}: {error.strerror}"


def read_journal(path: Path) -> list[Mapping[str, object]]:
    """All entries; a last line that a crash cut short is left out.

    Raises:
        ConfigError: it cannot be read, or another line is no entry.
    """
    try:
        *lines, torn = path.read_bytes().split(b"\n")
        entries = [json.loads(line) for line in lines]
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} is not a journal: {error}") from error
    try:
        return [*entries, json.loads(torn)] if torn else entries
    except ValueError:
        return entries
