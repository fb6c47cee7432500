# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Starts the process that plays courses, and tells it what to play."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping

from rlco_bridge.course import Course
from rlco_bridge.realtime import steady_ns
from rlco_bridge.streaming.spec import StreamSpec
from rlco_bridge.streaming.told import Told

_LONGEST, _ROOM = 1 << 16, 1 << 20


class Streamer:
    """The bridge's end of a ``SetpointLoop``; nothing here waits for the other end.

    Args:
        spec: what the process is to be.
        ended: called, from a thread of its own, when the process has ended by itself.
    """

    def __init__(self, spec: StreamSpec, ended: Callable[[], None] = lambda: None) -> None:
        self._name, self._problem = spec.name, ""
        self._figures: dict[str, float] = {}
        self._reported_ns = steady_ns()
        self._connection, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._connection.setblocking(False)
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _ROOM)
        command = [sys.executable, "-m", "rlco_bridge.streaming.node", str(theirs.fileno())]
        # A session of its own: what interrupts the bridge must not stop the arm on its way to rest.
        self.process = subprocess.Popen(
            [*command, spec.model_dump_json()], pass_fds=[theirs.fileno()], start_new_session=True
        )
        theirs.close()
        self._closed = False
        threading.Thread(target=self._watch, args=(ended,), daemon=True).start()

    def follow(self, course: Course, ros_ns: int) -> None:
        """Hands a course over; ``ros_ns`` is the ROS time."""
        try:
            self._connection.send(Told.of(course, ros_ns, steady_ns()).to_bytes())
        except BlockingIOError:
            self._problem = f"{self._name} does not take motion; is its process stopped?"
        except OSError:
            self._problem = self._problem or f"{self._name} has gone"
        else:
            self._problem = ""

    def figures(self) -> Mapping[str, float]:
        """What the process reported last of its set-points; empty before it is ready."""
        while True:
            try:
                heard = self._connection.recv(_LONGEST)
            except OSError:
                return self._figures
            if not heard:
                return self._figures
            self._figures, self._reported_ns = json.loads(heard), steady_ns()

    def kill_if_silent(self, seconds: float) -> None:
        """Ends a process that was ready and has not reported for so long: it does not run, and must
        not go on later.
        """
        if self.figures() and steady_ns() - self._reported_ns > 1e9 * seconds:
            self.process.kill()

    @property
    def ended(self) -> bool:
        """Whether the process is there no more."""
        return self.process.poll() is not None

    def problem(self) -> str:
        """Why nothing can be played, as one line; empty if it can."""
        code = self.process.poll()
        if code is not None:
            return f"{self._name} ended with code {code}; restart the bridge"
        if not self.figures():
            return f"{self._name} is not ready yet; try again in a moment"
        if not self._figures["following"]:
            return (
                f"{self._name} refuses motion that does not go on from where the arm is told to be"
            )
        return self._problem

    def close(self) -> None:
        """Lets the process play what it was told to its end, and end."""
        self._closed = True
        self._connection.close()

    def _watch(self, ended: Callable[[], None]) -> None:
        self.process.wait()
        if not self._closed:
            ended()
