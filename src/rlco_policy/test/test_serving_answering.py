# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What one worker makes of frames, sound and spoilt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from serving_process import BUNDLE, seen

from rlco_core.bundle import load_bundle
from rlco_core.errors import BundleError
from rlco_core.types import ActionChunk, Observation
from rlco_policy.serving.answering import Answerer
from rlco_policy.serving.codec import pack, unpack
from rlco_policy.serving.observing import observation_to_message


class Listening:
    """Notes how it was asked; one of its observations cannot be answered."""

    def __init__(self) -> None:
        self.contract = load_bundle(BUNDLE).contract
        self.sizes: list[int] = []

    def infer_all(self, observations: Sequence[Observation]) -> list[ActionChunk]:
        self.sizes.append(len(observations))
        if any(observation.stamp_ns == 1_001 for observation in observations):
            raise BundleError("the model's answer is not finite")
        rows = np.zeros((8, 7), np.float32)
        return [ActionChunk(one.stamp_ns, 0.05, rows, "hash") for one in observations]

    def truncates(self, instruction: str) -> bool:
        return len(instruction) > 20


FRAMES = [pack(observation_to_message(seen(number))) for number in range(3)]


def test_one_that_cannot_be_answered_harms_no_other() -> None:
    listening = Listening()
    replies = Answerer(listening).answer([(frame, 0.0) for frame in [*FRAMES, b"\xc1"]])
    assert listening.sizes == [3, 1, 1, 1]
    assert replies[1] == "the model's answer is not finite"
    assert str(replies[3]).startswith("not a msgpack message: ")
    for number in (0, 2):
        reply = replies[number]
        assert isinstance(reply, bytes)
        assert unpack(reply)["stamp_ns"] == 1_000 + number


@pytest.mark.parametrize(("text", "truncated"), [("push it", False), ("push it " * 5, True)])
def test_an_instruction_can_be_announced(text: str, truncated: bool) -> None:
    listening = Listening()
    (reply,) = Answerer(listening).answer([(pack({"next_instruction": text}), 0.0)])
    assert isinstance(reply, bytes)
    assert unpack(reply) == {"truncated": truncated}
    assert listening.sizes == []


def test_a_blank_instruction_cannot_be_announced() -> None:
    (reply,) = Answerer(Listening()).answer([(pack({"next_instruction": " "}), 0.0)])
    assert reply == "the instruction is blank or no text; it should say what to do"


def test_the_reply_says_how_long_everything_took() -> None:
    clock = iter((10.0, 10.5, 12.0))
    (reply,) = Answerer(Listening(), lambda: next(clock)).answer([(FRAMES[0], 0.25)])
    assert isinstance(reply, bytes)
    assert unpack(reply)["server_timing"] == {
        "queue_ms": 250.0,
        "read_ms": 500.0,
        "infer_ms": 1500.0,
        "batch": 1,
    }


ANSWERER = Answerer(Listening())


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(FRAMES[0]) - 1), st.integers(0, 255)), min_size=1))
def test_a_spoilt_frame_gets_an_answer_or_one_line(spoilt: list[tuple[int, int]]) -> None:
    frame = bytearray(FRAMES[0])
    for place, value in spoilt:
        frame[place] = value
    require_a_line_or_an_answer(bytes(frame))


@settings(deadline=None)
@given(st.integers(0, 300), st.binary(max_size=8))
def test_what_is_spoilt_near_a_name_or_a_size_is_no_better(place: int, spoilt: bytes) -> None:
    """The fields around the pixels, which fill most of a frame."""
    small = pack({**observation_to_message(seen()), "images.front": np.zeros((0, 0, 3), np.uint8)})
    require_a_line_or_an_answer(small[:place] + spoilt + small[place + len(spoilt) :])


def require_a_line_or_an_answer(frame: bytes) -> None:
    (reply,) = ANSWERER.answer([(frame, 0.0)])
    if isinstance(reply, str):
        assert reply
        assert "\n" not in reply
        assert len(reply) < 500
    else:
        assert unpack(reply)["actions"].shape == (8, 7)
