# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The bridge in real time with a policy that is slow or falls silent; time passes by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hand_bridge import DT_NS, PANDA, T0, HandBridge
from numpy.typing import NDArray

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
    assert bridge._commander.pace.told_speed(bridge.now_ns) == pytest.approx(0.25 / 0.6, abs=0.03)
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


class Slider:
    """Stands for a robot of which all is well, and whose speed scaling a person moves."""

    def __init__(self) -> None:
        self.speed = 1.0


def told(bridge: HandBridge, heard_ns: int = 4_000_000) -> NDArray[np.float64]:
    """(k, 7) at 100 Hz, where a controller that hears of courses late tells joints to be."""
    rows, sent = [], list(zip(bridge.followed, bridge.courses, strict=True))
    for now_ns in range(T0 + DT_NS * sent[0][0] + 10_000_000, bridge.now_ns, 10_000_000):
        heard = [course for when, course in sent if T0 + DT_NS * when + heard_ns <= now_ns]
        rows.append(heard[-1].at(max(now_ns, heard[-1].stamp_ns)).joints)
    return np.array(rows)


@pytest.mark.parametrize("speeds", [(1.0, 0.3), (1.0, 0.1, 0.0, 1.0), (0.2, 1.0), (1.0, 0.02, 0.5)])
def test_a_slider_that_jumps_does_not_jerk_the_arm(make: Make, speeds: tuple[float, ...]) -> None:
    bridge, slider = make(patience=60.0), Slider()
    bridge.row = (0.016, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5)
    bridge._lookout._supervisor = slider  # type: ignore[assignment]
    period = 0
    for slider.speed in speeds:
        # It goes away and comes back.
        bridge.row = (-bridge.row[0], *bridge.row[1:])
        for _ in range(14):
            if period % 2 == 0:
                bridge.answer(period)
            bridge.pass_period()
            course = bridge.courses[-1]
            bridge.joints = course.at(max(bridge.now_ns, course.stamp_ns)).joints.tolist()
            period += 1
    rows = told(bridge)
    velocity = 100.0 * np.diff(rows, axis=0)
    bends = 100.0 * np.diff(velocity, axis=0)
    assert np.abs(velocity).max() > 0.1
    assert (np.abs(bends) <= np.array(PANDA.limits.acceleration)).all()
    assert (np.abs(100.0 * np.diff(bends, axis=0)) <= np.array(PANDA.limits.jerk)).all()
    assert bridge._episode is not None, bridge._reporter._last


@pytest.mark.parametrize("parameters", [{"slow_down": False}, {"execution": "synchronous"}])
def test_unless_one_wants_it_to_wait(make: Make, parameters: dict[str, Any]) -> None:
    bridge = make(patience=60.0, **parameters)
    play(bridge, 100, late=6)
    assert bridge._episode is not None
    assert bridge._commander.pace.told_speed(bridge.now_ns) == 1.0
    assert max(np.diff(bridge.followed)) >= 5


def test_a_prompt_policy_s_motion_goes_as_fast_as_planned(make: Make) -> None:
    bridge = make()
    play(bridge, 40, late=2)
    assert bridge._commander.pace.told_speed(bridge.now_ns) == 1.0
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
