# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The line in front of the engine: fair, short, and rid of what has become old."""

from __future__ import annotations

from functools import partial

from rlco_policy.serving.answering import Reply
from rlco_policy.serving.waiting_line import Request, WaitingLine


class Setting:
    """A line whose time the test tells, and what came of the requests in it."""

    def __init__(self, length: int = 3, patience_s: float = 1.0) -> None:
        self.now_s = 100.0
        self.replies: list[tuple[str, Reply]] = []
        self.shed: list[tuple[str, str]] = []
        self.line = WaitingLine(length, patience_s, self._on_shed, lambda: self.now_s)

    def put(self, client: str) -> None:
        self.line.put(client, client.encode(), partial(self._finish, client))

    def take(self) -> str:
        (turn,) = self.line.take()
        turn.request.finish(b"answer")
        return turn.request.client

    def _finish(self, client: str, reply: Reply) -> None:
        self.replies.append((client, reply))

    def _on_shed(self, request: Request, reason: str) -> None:
        self.shed.append((request.client, reason))


def test_who_asks_again_stands_behind_all_others() -> None:
    setting = Setting()
    served = []
    for client in "abc":
        setting.put(client)
    for _ in range(9):
        served.append(setting.take())
        setting.put(served[-1])
    assert served == list("abcabcabc")
    assert not setting.shed


def test_a_full_line_drops_the_oldest_and_says_so() -> None:
    setting = Setting(length=2)
    for client in "abc":
        setting.put(client)
        setting.now_s += 0.02
    assert setting.shed == [("a", "2 newer observations wait")]
    assert setting.replies == [
        (
            "a",
            "overloaded: this observation was dropped after 40 ms, as 2 newer observations wait; "
            "ask less often, or give the server more workers",
        )
    ]
    assert [setting.take(), setting.take()] == ["b", "c"]


def test_who_waited_too_long_is_not_answered() -> None:
    setting = Setting(patience_s=0.5)
    setting.put("old")
    setting.now_s += 0.6
    setting.put("new")
    assert setting.take() == "new"
    assert setting.shed == [("old", "it waited longer than 500 ms")]


def test_how_long_a_request_waited_is_told() -> None:
    setting = Setting()
    setting.put("a")
    setting.now_s += 0.25
    (turn,) = setting.line.take()
    assert turn.waited_s == 0.25


def test_a_closed_line_sends_all_home() -> None:
    setting = Setting()
    setting.put("a")
    setting.line.close()
    assert setting.line.take() == []
    assert setting.replies == [("a", "the server stops")]


def test_a_batch_is_taken_at_once_when_it_is_full() -> None:
    setting = Setting(length=4)
    for client in "abcd":
        setting.put(client)
    turns = setting.line.take(3, window_s=3600.0)
    assert [turn.request.client for turn in turns] == ["a", "b", "c"]


def test_a_batch_that_does_not_fill_goes_when_its_window_is_over() -> None:
    setting = Setting()
    setting.put("a")
    (turn,) = setting.line.take(3, window_s=0.001)
    assert turn.request.client == "a"


def test_what_became_old_is_not_in_a_batch() -> None:
    setting = Setting(patience_s=0.5)
    setting.put("old")
    setting.now_s += 0.6
    setting.put("new")
    assert [turn.request.client for turn in setting.line.take(2, 3600.0)] == ["new"]
    assert setting.shed == [("old", "it waited longer than 500 ms")]
