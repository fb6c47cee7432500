# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What can happen to a run: a full disk, a kill, signals, processes that stay behind."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from rlco_trainer.learning import checkpoint

PATIENCE = 60.0


class Killed(BaseException):
    """As hard as a kill: nothing in training catches it."""


@contextmanager
def killed_after(last: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A run within dies as soon as its ``last`` checkpoint is written."""
    save, done = checkpoint.save, [0]

    def save_and_die(*arguments: object) -> None:
        save(*arguments)  # type: ignore[arg-type]
        done[0] += 1
        if done[0] == last:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "save", save_and_die)
        with pytest.raises(Killed):
            yield


@contextmanager
def files_at_most(size: int) -> Iterator[None]:
    """No file can be written past ``size`` bytes: writing fails half-way, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def own_group(words: Sequence[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Python with ``words``, at the head of a process group of its own that ends with the block."""
    with log.open("wb") as file:
        path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
        process = subprocess.Popen(
            [sys.executable, *words],
            stdout=file,
            stderr=file,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": path},
        )
    try:
        yield process
    finally:
        if members(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def members(group: int) -> list[int]:
    """The processes of a group that are alive."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group = path.read_text().rpartition(")")[2].split()[:3]
        except OSError:  # it has ended meanwhile
            continue
        if int(its_group) == group and state not in "ZX":
            found.append(int(path.parent.name))
    return found


def wait_until(true: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until, "it takes too long"
        time.sleep(0.05)
