# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The bridge in real time with a policy that is slow or falls silent; time passes by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hand_bridge import HandBridge

from rlco_bridge import silence
from rlco_bridge.episode import Outcome

Make = Callable[..., HandBridge]


@pytest.fixture
def make(
    ros: None, make_bundle: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Make]:
    monkeypatch.setattr(silence, "_SOON", 60.0)
    made: list[HandBridge] = []

    def bridge(**parameters: Any) -> HandBridge:
        made.append(HandBridge(make_bundle(), observation_timeout=60.0, **parameters))
        made[-1].start()
        return made[-1]

    yield bridge
    for one in made:
        one.destroy_node()


def play(bridge: HandBridge, periods: int, late: int) -> None:
    """Answers what is seen every ``late`` periods, that much later."""
    for period in range(periods):
        if period and period % late == 0:
            bridge.answer(period - late)
        bridge.pass_period()


def test_motion_slows_down_for_a_slow_policy_and_does_not_wait(make: Make) -> None:
    bridge = make()
    play(bridge, 100, late=6)
    assert bridge._episode is not None
    assert bridge._commander.pace.tempo == pytest.approx(0.25 / 0.6, abs=0.03)
    assert 6 <= bridge.followed[0] <= 8
    assert max(np.diff(bridge.followed)) == 3
    assert bridge._episode.steps == pytest.approx(0.42 * 93, abs=3)


def test_slowed_motion_stops_no_slower(make: Make) -> None:
    bridge = make()
    play(bridge, 60, late=6)
    assert bridge.courses[-1].period_ns > 20_000_000
    bridge._stop(Outcome("software_stop", "enough"))
    halt = bridge.courses[-1]
    assert halt.period_ns == 10_000_000
    assert halt.states[0].velocity.any()
    assert len(halt.states) <= 26


@pytest.mark.parametrize("parameters", [{"slow_down": False}, {"execution": "synchronous"}])
def test_unless_one_wants_it_to_wait(make: Make, parameters: dict[str, Any]) -> None:
    bridge = make(patience=60.0, **parameters)
    play(bridge, 100, late=6)
    assert bridge._episode is not None
    assert bridge._commander.pace.tempo == 1.0
    assert max(np.diff(bridge.followed)) >= 5


def test_a_prompt_policy_s_motion_goes_as_fast_as_planned(make: Make) -> None:
    bridge = make()
    play(bridge, 40, late=2)
    assert bridge._commander.pace.tempo == 1.0
    assert set(np.diff(bridge.followed)) == {1}


def test_an_arm_that_is_starved_goes_on_with_the_next_chunk(make: Make) -> None:
    bridge = make(patience=60.0)
    bridge.answer(0)
    for _ in range(30):
        bridge.pass_period()
    assert bridge._episode is not None
    assert bridge._episode.steps == 8
    bridge.answer(29)
    for _ in range(4):
        bridge.pass_period()
    assert bridge._episode.steps > 8
    assert bridge._episode.outcome is None


def test_patience_has_an_end(make: Make) -> None:
    bridge = make(patience=0.0)
    bridge.answer(0)
    for _ in range(12):
        bridge.pass_period()
    assert bridge._episode is None
    assert bridge._reporter._last is not None
    assert bridge._reporter._last.stop_reason == "chunk_timeout"
    assert "no chunk on /action_chunk for 0." in bridge._reporter._last.detail
