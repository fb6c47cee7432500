# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The loop that says set-points: what it hears, what it says, and when it ends."""

from __future__ import annotations

import json
import socket
from dataclasses import replace

import numpy as np
import pytest
from courses import DT_NS, START, Walk, seams

from rlco_bridge.streaming.loop import Hearing, SetpointLoop
from rlco_bridge.streaming.player import Setpoint, SetpointPlayer
from rlco_bridge.streaming.told import Told

BEGIN = 90_000_000_000


class Desk:
    """A bridge's end of the socket, in simulated time: what it has to say it says when the loop
    sleeps past that; then it hangs up.
    """

    def __init__(self, told: dict[int, Told]) -> None:
        self.ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._told, self.now = dict(told), BEGIN
        self.said: list[Setpoint] = []
        self.refusals = 0
        self.loop = SetpointLoop(
            Hearing(theirs),
            SetpointPlayer(seams(), 10_000_000),
            self.said.append,
            lambda: 1,
            self._refused,
            lambda: self.now,
            self.sleep,
        )
        self._tell()

    def sleep(self, until: int) -> None:
        self.now = max(self.now, until)
        self._tell()

    def reports(self) -> list[dict[str, float]]:
        self.ours.setblocking(False)
        found = []
        while True:
            try:
                heard = self.ours.recv(1 << 16)
            except OSError:
                return found
            if not heard:
                return found
            found.append(json.loads(heard))

    def _refused(self) -> None:
        self.refusals += 1

    def _tell(self) -> None:
        for when in sorted(self._told):
            if when <= self.now:
                self.ours.send(self._told.pop(when).to_bytes())
        if not self._told:
            self.ours.shutdown(socket.SHUT_WR)


@pytest.fixture
def courses() -> dict[int, Told]:
    walk = Walk()
    times = [(START + number * DT_NS, BEGIN + number * DT_NS) for number in range(6)]
    return {steady: Told.of(walk.follow(ros), ros, steady) for ros, steady in times}


def test_when_nobody_is_there_any_more_it_plays_to_rest_and_ends(courses: dict[int, Told]) -> None:
    desk = Desk(courses)
    desk.loop.run()
    joints = np.array([setpoint.joints for setpoint in desk.said])
    last = list(courses.values())[-1]
    assert (joints[-1] == last.joints[-1]).all()
    assert np.abs(np.diff(joints, axis=0)).max() < 0.0145
    assert not desk.said[-1].velocity.any()
    assert desk.refusals == 0


def test_nobody_there_at_all_it_ends(courses: dict[int, Told]) -> None:
    desk = Desk({})
    desk.loop.run()
    assert desk.said == []


def test_it_reports_that_it_is_ready_and_how_late_it_was(courses: dict[int, Told]) -> None:
    desk = Desk(courses)
    desk.loop.run()
    first, *_ = reports = desk.reports()
    assert (first["count"], first["following"], first["listeners"]) == (0, True, 1)
    assert len(reports) >= 1
    assert set(first) >= {"p50_ms", "p99_ms", "max_ms", "missed", "torn", "gap_rad"}


def test_a_refusal_is_said_once(courses: dict[int, Told]) -> None:
    steady, *_, late, last = courses
    for when in (late, last):
        courses[when] = replace(courses[when], joints=courses[when].joints + 0.5)
    desk = Desk(courses)
    desk.loop.run()
    assert desk.refusals == 1
    assert desk.reports()[-1]["following"] is False
    assert np.abs(desk.said[-1].joints).max() < 2.5, steady


def test_of_several_courses_the_newest_counts(courses: dict[int, Told]) -> None:
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for told in list(courses.values())[:3]:
        here.send(told.to_bytes())
    hearing = Hearing(there)
    newest = hearing.newest()
    assert newest is not None
    assert newest.ros_ns == START + 2 * DT_NS
    assert hearing.newest() is None
    assert hearing.open
    here.close()
    assert hearing.newest() is None
    assert not hearing.open
    hearing.report({"count": 1.0})
