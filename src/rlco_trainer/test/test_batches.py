# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Which frames training sees, with which words and which actions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from rlco_core.errors import ConfigError
from rlco_core.language import LanguageEncoder
from rlco_trainer.learning.batches import Demonstrations

LENGTHS = (5, 3, 4)
INSTRUCTIONS = ("push the red cube", "push the blue cube", "push the red cube")
HORIZON = 3


@pytest.fixture(scope="module")
def numbered() -> Demonstrations:
    """Every value of frame k is k, so that a frame out of place cannot go unseen."""
    count = sum(LENGTHS)
    frames = np.arange(count)
    return Demonstrations.build(
        np.tile(frames.astype(np.uint8)[:, None, None, None], (1, 8, 8, 3)),
        np.tile(frames.astype(np.float32)[:, None], (1, 17)),
        np.tile(frames.astype(np.float32)[:, None], (1, 7)),
        LENGTHS,
        INSTRUCTIONS,
    )


def test_a_row_has_its_frames_image_state_and_words(numbered: Demonstrations) -> None:
    batch = numbered.batch(np.array([6, 0]), HORIZON)
    assert batch.image[:, 0, 0, 0].tolist() == [6, 0]
    assert batch.state[:, 9].tolist() == [6, 0]
    encoder = LanguageEncoder.load()
    for row, instruction in enumerate(("push the blue cube", "push the red cube")):
        wanted = encoder.encode(instruction)
        assert (batch.words[row].numpy() == wanted.tokens).all()
        assert (batch.mask[row].numpy() == wanted.mask).all()


def test_actions_are_those_that_follow_within_the_episode(numbered: Demonstrations) -> None:
    batch = numbered.batch(np.arange(12), HORIZON)
    assert batch.actions[:, :, 0].tolist() == [
        [0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 4], [4, 4, 4],
        [5, 6, 7], [6, 7, 7], [7, 7, 7],
        [8, 9, 10], [9, 10, 11], [10, 11, 11], [11, 11, 11],
    ]  # fmt: skip
    assert batch.weight.sum(dim=1).tolist() == [3, 3, 3, 2, 1, 3, 2, 1, 3, 3, 2, 1]
    assert batch.weight[:, 0].tolist() == [1] * 12


def test_equal_sentences_are_kept_once(numbered: Demonstrations) -> None:
    assert numbered.words.shape == (2, 16, 384)
    assert numbered.sentence.tolist() == [1] * 5 + [0] * 3 + [1] * 4


def test_spoken_words_are_the_real_ones(numbered: Demonstrations) -> None:
    count = int(sum(LanguageEncoder.load().encode(s).mask.sum() for s in set(INSTRUCTIONS)))
    spoken = numbered.spoken()
    assert spoken.shape == (count, 384)
    assert np.abs(spoken).sum(axis=1).min() > 0.0


@pytest.mark.parametrize(("held_out", "first_held_out"), [(0, 12), (1, 8), (2, 5)])
def test_the_last_episodes_are_held_out_whole(
    numbered: Demonstrations, held_out: int, first_held_out: int
) -> None:
    trainable, measured = numbered.split(held_out)
    assert trainable.tolist() == list(range(first_held_out))
    assert measured.tolist() == list(range(first_held_out, 12))


@pytest.mark.parametrize("held_out", [3, 20])
def test_holding_all_episodes_out_is_refused(numbered: Demonstrations, held_out: int) -> None:
    with pytest.raises(ConfigError, match=f"{held_out} held-out episodes of 3 leave none"):
        numbered.split(held_out)


def test_early_frames_are_counted_from_their_episodes_start(numbered: Demonstrations) -> None:
    assert numbered.early(np.arange(12), 1).tolist() == [0, 5, 8]
    assert numbered.early(np.array([1, 2, 6, 11]), 2).tolist() == [1, 6]
    assert numbered.early(np.arange(12), 99).tolist() == list(range(12))


def test_nobody_writes_to_the_data_by_accident(numbered: Demonstrations) -> None:
    with pytest.raises(ValueError, match="read-only"):
        numbered.actions[0] = 1.0
    batch = numbered.batch(np.array([0]), HORIZON)
    batch.actions[:] = 9.0
    assert numbered.actions[0, 0] == 0.0


def test_joined_datasets_give_the_batches_that_they_give_alone(numbered: Demonstrations) -> None:
    other = Demonstrations.build(
        100 + numbered.images[:4],
        100.0 + numbered.states[:4],
        100.0 + numbered.actions[:4],
        (4,),
        ("open the drawer",),
        np.full((4, 4, 2), 7.0, np.float32),
    )
    first = replace(numbered, points=np.zeros((12, 4, 2), np.float32))
    both = Demonstrations.joined([first, other])
    for alone, frames in ((first, np.arange(12)), (other, np.arange(4))):
        offset = 12 if alone is other else 0
        for one, same in zip(
            alone.batch(frames, HORIZON), both.batch(offset + frames, HORIZON), strict=True
        ):
            assert torch.equal(one, same)
    assert both.points[:, 0, 0].tolist() == [0.0] * 12 + [7.0] * 4
