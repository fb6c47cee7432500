# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Says every set-point when it is due, and hears the newest course just before."""

from __future__ import annotations

import json
import select
import socket
from collections.abc import Callable

from rlco_bridge.realtime import sleep_until, steady_ns
from rlco_bridge.streaming.lateness import Lateness
from rlco_bridge.streaming.player import Setpoint, SetpointPlayer
from rlco_bridge.streaming.told import Told

#: Bytes: longer than any course.
_LONGEST = 1 << 20
#: ns before a set-point is due: to take a course takes a fraction of that.
_EARLY_NS = 1_000_000
#: s between two looks at who listens, while there is nothing to say.
_IDLE_S = 0.1


class Hearing:
    """The end of a socket at which courses arrive, and reports leave.

    Attributes:
        open: whether there is still somebody at the other end.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        connection.setblocking(False)
        self.open = True

    def newest(self) -> Told | None:
        """The newest course that has come; None where none has."""
        newest = b""
        while self.open:
            try:
                heard = self._connection.recv(_LONGEST)
            except BlockingIOError:
                break
            except OSError:
                heard = b""
            self.open, newest = bool(heard), heard or newest
        return Told.from_bytes(newest) if newest else None

    def wait(self) -> None:
        """Until something comes, nobody is there any more, or a moment has passed."""
        select.select([self._connection], [], [], _IDLE_S)

    def report(self, figures: dict[str, float]) -> None:
        """Sends figures; nobody has to read them."""
        try:
            self._connection.send(json.dumps(figures).encode())
        except OSError:
            return


class SetpointLoop:
    """Plays courses until nobody is there any more to tell them, and the last one to its end.

    Args:
        hearing: where they come from.
        player: of the arm.
        publish: says a set-point.
        listeners: how many hear what is published.
        refuse: called when motion is refused, once until it is followed again.
        now, sleep: the steady clock, ns.
        report_ns: from one report to the next, at most.
    """

    def __init__(
        self,
        hearing: Hearing,
        player: SetpointPlayer,
        publish: Callable[[Setpoint], None],
        listeners: Callable[[], int],
        refuse: Callable[[], None],
        now: Callable[[], int] = steady_ns,
        sleep: Callable[[int], None] = sleep_until,
        report_ns: int = 1_000_000_000,
    ) -> None:
        self._hearing, self._player = hearing, player
        self._publish, self._listeners, self._refuse = publish, listeners, refuse
        self._now, self._sleep, self._report_ns = now, sleep, report_ns
        self._lateness, self._following, self._said = Lateness(), True, (-1, True)
        self._reported_ns = now()

    def run(self) -> None:
        """Until the end."""
        while self._hearing.open or self._player.due_ns is not None:
            if self._player.due_ns is None:
                self._look_around()
                self._hearing.wait()
                self._following |= not self._hear()
            else:
                self._hear_and_say(self._player.due_ns)

    def _hear_and_say(self, due_ns: int) -> None:
        """A course is heard a little early; it may make another time due."""
        self._sleep(due_ns - _EARLY_NS)
        self._hear()
        if self._player.due_ns == due_ns:
            self._sleep(due_ns)
            self._say()

    def _look_around(self) -> None:
        said = (self._listeners(), self._following)
        if said != self._said or self._now() - self._reported_ns >= self._report_ns:
            self._report()

    def _hear(self) -> bool:
        """Takes the newest course; whether there was one."""
        told = self._hearing.newest()
        if told is None:
            return False
        before, self._following = self._following, self._player.take(told, self._now())
        if before != self._following:
            self._report()
            if before:
                self._refuse()
        return True

    def _say(self) -> None:
        """Says what is due."""
        now = self._now()
        setpoint = self._player.give(now)
        self._publish(setpoint)
        self._lateness.add(self._player.late_ns, self._player.missed)
        if now - self._reported_ns >= self._report_ns:
            self._report()

    def _report(self) -> None:
        self._reported_ns, self._said = self._now(), (self._listeners(), self._following)
        figures = self._lateness.summary().to_dict()
        figures |= {"torn": self._player.torn, "gap_rad": self._player.gap}
        figures |= {"listeners": self._said[0], "following": self._following}
        self._hearing.report(figures)
