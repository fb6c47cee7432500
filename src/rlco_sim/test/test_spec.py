# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Drawn values: where they lie, that keys do not disturb each other, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rlco_core.errors import ConfigError
from rlco_sim.spec import Draw, drawn_by, is_drawn, resolve

SEEDS = range(400)


def drawn(value: Any, **how: Any) -> list[Any]:
    return [resolve(value, Draw(seed, **how), "key") for seed in SEEDS]


def test_plain_values_stay() -> None:
    for value in (2.0, "wood", [1, 2], {"a": {"b": None}}, {"range": 1, "other": 2}):
        assert resolve(value, Draw(0)) == value
        assert not is_drawn(value)


def test_a_range_is_uniform_between_its_ends() -> None:
    values = np.array(drawn({"range": [2.0, 4.0]}))
    assert values.min() >= 2.0
    assert values.max() <= 4.0
    assert np.histogram(values, 4, (2.0, 4.0))[0] == pytest.approx(100, abs=30)


def test_entries_of_a_list_are_drawn_by_themselves() -> None:
    values = np.array(drawn({"range": [[0.0, 10.0, 5.0], [1.0, 20.0, 5.0]]}))
    assert values.shape == (400, 3)
    assert (values[:, 2] == 5.0).all()
    assert abs(np.corrcoef(values[:, 0], values[:, 1])[0, 1]) < 0.15


def test_a_log_range_is_uniform_in_the_logarithm() -> None:
    values = np.log10(drawn({"log_range": [0.01, 100.0]}))
    assert np.histogram(values, 4, (-2.0, 2.0))[0] == pytest.approx(100, abs=30)


@pytest.mark.parametrize("word", ["range", "log_range"])
def test_whole_ends_give_whole_numbers_up_to_both(word: str) -> None:
    values = drawn({word: [1, 4]})
    assert {type(value) for value in values} == {int}
    assert set(values) == {1, 2, 3, 4}


def test_whole_numbers_are_equally_likely_in_a_range_and_not_in_a_log_range() -> None:
    plain = np.bincount(drawn({"range": [0, 3]}))
    assert plain == pytest.approx(100, abs=30)
    logarithmic = np.bincount(drawn({"log_range": [1, 4]}))[1:]
    assert logarithmic[0] > 2 * logarithmic[3]


def test_a_choice_is_one_of_its_options_and_may_be_drawn_itself() -> None:
    values = drawn({"choose": ["wood", {"range": [0.0, 1.0]}]})
    numbers = [value for value in values if value != "wood"]
    assert len(numbers) == pytest.approx(200, abs=50)
    # Not one number each time, and not only those that go with the choice.
    assert np.histogram(numbers, 2, (0.0, 1.0))[0] == pytest.approx(len(numbers) / 2, abs=40)


@pytest.mark.parametrize(("progress", "expected"), [(0.0, 1.0), (0.5, 2.0), (1.0, 3.0)])
def test_a_curriculum_goes_from_start_to_end(progress: float, expected: float) -> None:
    value = {"curriculum": {"start": 1, "end": 3.0}}
    assert set(drawn(value, progress=progress)) == {expected}


def test_a_curriculum_of_whole_numbers_stays_whole_a_mixed_one_does_not() -> None:
    whole = {"curriculum": {"start": 0, "end": 3}}
    assert resolve(whole, Draw(0, 0.5)) == 2
    mixed = {"curriculum": {"start": 0, "end": 3.0}}
    assert resolve(mixed, Draw(0, 0.5)) == 1.5


def test_a_curriculum_may_end_in_a_range() -> None:
    value = {"curriculum": {"start": 0.0, "end": {"range": [2.0, 4.0]}}}
    assert set(drawn(value, progress=0.0)) == {0.0}
    assert all(1.0 <= half <= 2.0 for half in drawn(value, progress=0.5))
    assert len(set(drawn(value, progress=1.0))) > 300


def test_a_new_key_changes_nothing_that_others_draw() -> None:
    few = {"a": {"range": [0.0, 1.0]}, "b": {"c": {"range": [0.0, 1.0]}}}
    more = {"new": {"range": [0.0, 1.0]}, **few, "b": {"x": {"choose": [1, 2]}, **few["b"]}}
    for seed in SEEDS[:20]:
        one, other = resolve(few, Draw(seed)), resolve(more, Draw(seed))
        assert (one["a"], one["b"]["c"]) == (other["a"], other["b"]["c"])
        assert one["a"] != one["b"]["c"]


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    value = {"range": [0.0, 1.0]}
    assert resolve(value, Draw(3), "k") == resolve(value, Draw(3), "k")
    assert resolve(value, Draw(3), "k") != resolve(value, Draw(4), "k")


@pytest.mark.parametrize(("at", "expected"), [(0.0, (2.0, 1)), (0.5, (3.0, 3)), (1.0, (4.0, 5))])
def test_a_place_in_every_range_can_be_asked_for(at: float, expected: tuple[float, int]) -> None:
    value = {"a": {"range": [2.0, 4.0]}, "b": {"range": [1, 5]}}
    assert tuple(resolve(value, Draw(9, at=at)).values()) == expected


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ({"range": 3}, "range needs a list, got 3"),
        ({"range": "ab"}, "range needs a list, got 'ab'"),
        ({"choose": []}, r"choose needs a list, got \[\]"),
        ({"range": [1.0]}, r"range needs \[low, high\]"),
        ({"range": ["a", "b"]}, r"range needs \[low, high\]"),
        ({"range": [2.0, 1.0]}, "range needs low <= high"),
        ({"range": [[0.0, 3.0], [1.0, 2.0]]}, "range needs low <= high"),
        ({"range": [[0.0], [1.0, 2.0]]}, "lists of one length"),
        ({"range": [0.0, [1.0, 2.0]]}, "lists of one length"),
        ({"log_range": [0.0, 1.0]}, "log_range needs 0 < low <= high"),
        ({"curriculum": [0.0, 1.0]}, "curriculum needs 'end' or 'start'"),
        ({"curriculum": {"start": 0.0}}, "curriculum needs 'end' or 'start'"),
        ({"curriculum": {"start": 0.0, "end": [1.0, 2.0]}}, "numbers of one shape"),
        ({"curriculum": {"start": "a", "end": "b"}}, "numbers of one shape"),
        ({"curriculum": {"start": 0.0, "end": "b"}}, "numbers of one shape"),
        ({"curriculum": {"start": [0, [1]], "end": [0, 1]}}, "numbers of one shape"),
        ({"curriculum": {"start": 0.0, "end": {"range": [2, 1]}}}, "range needs low <= high"),
    ],
)
def test_malformed_values_are_refused_with_their_key(value: Any, named: str) -> None:
    with pytest.raises(ConfigError, match=rf"^camera\.noise: .*{named}") as caught:
        resolve({"camera": {"noise": value}}, Draw(0))
    assert "\n" not in str(caught.value)


def test_what_is_drawn_is_known_by_its_word() -> None:
    assert drawn_by({"range": [0, 1]}) == "range"
    assert drawn_by({"rnage": [0, 1]}) is None
    assert drawn_by({"range": [0, 1], "choose": [1]}) is None
    assert is_drawn({"a": {"b": {"choose": [1]}}})
