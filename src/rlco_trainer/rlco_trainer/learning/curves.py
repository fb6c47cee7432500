# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""TensorBoard curves that are as far as the checkpoint is."""

from __future__ import annotations

import io
import itertools
import os
import socket
import sys
import time
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

_NUMBERS = itertools.count()


class Curves:
    """Curves of a run, on the disk whenever ``flush`` returns.

    TensorBoard's own writer has a thread that may hold points for two minutes, which a kill would
    lose although the checkpoint is past them, and that ends for good when the disk is full.

    Args:
        root: directory.
        done: steps of the run that are done; points of later ones, from before, are dropped.
    """

    def __init__(self, root: Path, done: int) -> None:
        root.mkdir(parents=True, exist_ok=True)
        unique = f"{time.time():.6f}.{socket.gethostname()}.{os.getpid()}.{next(_NUMBERS)}"
        self._path = root / f"events.out.tfevents.{unique}"
        self._written, self._waiting, self._warned = 0, io.BytesIO(), False
        self._put(Event(step=done + 1, file_version="brain.Event:2"))
        self._put(Event(step=done + 1, session_log=SessionLog(status=SessionLog.START)))
        self.flush()

    def add(self, name: str, value: float, step: int) -> None:
        """One point, which waits for ``flush``."""
        point = Summary.Value(tag=name, simple_value=float(value))
        self._put(Event(step=step, summary=Summary(value=[point])))

    def flush(self) -> None:
        """Writes what waits. Where it cannot be written it goes on waiting, and a line says so:
        curves are no reason to end a training.
        """
        waiting = self._waiting.getvalue()
        if not waiting:
            return
        try:
            # Never past what is whole: what was written in part is written over.
            with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o644), "wb") as file:
                file.seek(self._written)
                file.write(waiting)
        except OSError as error:
            if not self._warned:
                print(f"curves wait: {self._path}: {error.strerror or error}", file=sys.stderr)
            self._warned = True
        else:
            self._written += len(waiting)
            self._waiting, self._warned = io.BytesIO(), False

    def _put(self, event: Event) -> None:
        event.wall_time = time.time()
        RecordWriter(self._waiting).write(event.SerializeToString())
