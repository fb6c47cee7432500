# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The bridge in real time with a policy that is slow or falls silent; time passes by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState

from rlco_bridge import silence
from rlco_bridge.course import Course
from rlco_bridge.node import BridgeNode
from rlco_core.robot import RobotConfig
from rlco_core.stamps import set_stamp
from rlco_core.types import ActionChunk
from rlco_interfaces.action import RunEpisode
from rlco_interfaces.srv import ResetScene
from rlco_ros.chunks import chunk_to_message

DT_NS, T0 = 50_000_000, 10_000_000_000
PANDA = RobotConfig.load("panda")
Make = Callable[..., "Bridge"]


class Bridge(BridgeNode):
    """Its ROS time is ``now_ns``; ``followed`` is when its arm was sent motion, in periods."""

    now_ns = T0

    def __init__(self, bundle: Path, **parameters: Any) -> None:
        told = {"bundle": str(bundle), "driver": "sim", "scene": False, **parameters}
        told["journal"] = str(bundle / "journal.jsonl")
        super().__init__(parameter_overrides=[Parameter(k, value=v) for k, v in told.items()])
        self.trigger_configure()
        self.trigger_activate()
        self.followed: list[int] = []
        self._commander._arm.follow = self._note  # type: ignore[method-assign]
        self._lookout.clock_jump = lambda now_ns: None  # type: ignore[method-assign]

    def _note(self, course: Course) -> None:
        self.followed.append((self.now_ns - T0) // DT_NS)

    def _now(self) -> int:
        return self.now_ns

    def start(self) -> None:
        scene = ResetScene.Response(success=True, instruction="push", max_steps=200)
        scene.stamp = set_stamp(Time(), T0)
        self._begin(RunEpisode.Goal(task="push_cube"), scene)

    def answer(self, period: int) -> None:
        """A chunk that answers what was seen in that period."""
        rows = np.tile(np.array([0, 0, 0.0005, 0, 0, 0, 0.5], np.float32), (8, 1))
        hash_ = self._equipment.contract.sha256()
        chunk = ActionChunk(T0 + period * DT_NS, 0.05, rows, hash_, self._number)
        self._on_chunk(chunk_to_message(chunk, "panda_link0"))

    def pass_period(self) -> None:
        names = [*PANDA.joint_names, *PANDA.gripper_joint_names]
        message = JointState(name=names, position=[*PANDA.home, 0.02, 0.02])
        message.header.stamp = set_stamp(Time(), self.now_ns)
        self._on_joints(message)
        self._tick()
        self.now_ns += DT_NS


@pytest.fixture
def make(
    ros: None, make_bundle: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Make]:
    monkeypatch.setattr(silence, "_SOON", 60.0)
    made: list[Bridge] = []

    def bridge(**parameters: Any) -> Bridge:
        made.append(Bridge(make_bundle(), observation_timeout=60.0, **parameters))
        made[-1].start()
        return made[-1]

    yield bridge
    for one in made:
        one.destroy_node()


def play(bridge: Bridge, periods: int, late: int) -> None:
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
