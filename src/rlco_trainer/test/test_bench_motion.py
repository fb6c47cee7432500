# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco bench motion: it plays what controllers play, and sees what goes beyond limits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from rlco_bridge.course import Course
from rlco_bridge.driver import DriverConfig
from rlco_bridge.mover import Mover
from rlco_core.bundle import load_bundle
from rlco_core.errors import ConfigError
from rlco_core.kinematics import Kinematics
from rlco_core.limits.speed import SpeedLimit
from rlco_core.motion import ActionPath
from rlco_core.robot import RobotConfig
from rlco_core.types import Observation
from rlco_policy.onnx_policy import OnnxPolicy
from rlco_policy.shipped import shipped_bundle
from rlco_sim.trajectory_controller import Point, TrajectoryController
from rlco_trainer.bench.motion.audit import Audit
from rlco_trainer.bench.motion.modified import Executed, modified
from rlco_trainer.bench.motion.noise import noise_bundle
from rlco_trainer.bench.motion.played import Played, Sent, one_by_one, play
from rlco_trainer.bench.motion.run import BenchMotionConfig
from rlco_trainer.bench.motion.system import write_driver

DT, DT_NS, START = 0.05, 50_000_000, 7_000_000_000
ROBOTS = {name: RobotConfig.load(name) for name in ("panda", "ur5e")}
PANDA = ROBOTS["panda"]
LATENCY_NS = 3_000_000


def walk(robot: RobotConfig, actions: Sequence[np.ndarray]) -> list[Course]:
    """What the bridge sends for actions, one per control period, and a stop amid the last."""
    mover, path = Mover(robot, DT, 100.0), ActionPath(robot, DT)
    mover.begin(path.command, START)
    times = START + DT_NS * np.arange(len(actions))
    courses = [
        mover.follow(path.step(action).joints, int(now))[1]
        for now, action in zip(times, actions, strict=True)
    ]
    return [*courses, mover.halt(int(times[-1]) + DT_NS // 2)]


def sent(courses: Sequence[Course], late_ns: int = LATENCY_NS) -> list[Sent]:
    """As a controller hears them, ``late_ns`` after they were made."""
    made = [START + DT_NS * number for number in range(len(courses) - 1)]
    made.append(made[-1] + DT_NS // 2)
    return [
        Sent(
            now + late_ns,
            course.stamp_ns,
            course.period_ns * np.arange(len(course.states)),
            np.array([state.joints for state in course.states]),
            np.array([state.velocity for state in course.states]),
            np.array([state.acceleration for state in course.states]),
        )
        for now, course in zip(made, courses, strict=True)
    ]


def noise(robot: RobotConfig, count: int, seed: int = 0) -> list[np.ndarray]:
    """Actions of any way, as fast as may be."""
    rng, limits = np.random.default_rng(seed), robot.limits
    way, turn = (v * DT / np.sqrt(3.0) for v in (limits.linear_speed, limits.angular_speed))
    size = np.array([way] * 3 + [turn] * 3 + [1.0])
    return list(0.999 * size * rng.uniform(-1.0, 1.0, (count, 7)))


def test_it_plays_what_a_joint_trajectory_controller_plays() -> None:
    trajectories = sent(walk(PANDA, noise(PANDA, 6)))
    played = play(trajectories, 1000.0)
    controller = TrajectoryController(PANDA.joint_names, Kinematics(PANDA).home)
    waiting, now = list(trajectories), trajectories[0].begins_ns
    for joints, velocity, acceleration in zip(played.joints, *played.rates[:2], strict=True):
        while waiting and waiting[0].begins_ns <= now:
            one = waiting.pop(0)
            rows = zip(one.after_ns, one.joints, one.velocity, one.acceleration, strict=True)
            points = [Point(int(after), *row) for after, *row in rows]
            controller.accept(PANDA.joint_names, points, one.stamp_ns, now)
        state = controller.at(now)
        assert np.abs(joints - state.joints).max() < 1e-12
        # What positions do from cycle to cycle may be more.
        assert (velocity >= np.abs(state.velocity) - 1e-9).all()
        assert (acceleration >= np.abs(state.acceleration) - 1e-6).all()
        now += 1_000_000
    assert not waiting
    assert (played.torn, played.gap < 1e-9) == (0, True)
    assert (played.joints[-1] == trajectories[-1].joints[-1]).all()


def test_a_trajectory_that_came_too_late_is_torn_and_seen() -> None:
    trajectories = sent(walk(PANDA, noise(PANDA, 6)), late_ns=45_000_000)
    played = play(trajectories, 1000.0)
    assert played.torn >= 4
    assert 1e-3 < played.gap < 0.1
    audit = Audit(PANDA, DT)
    audit.look(0, played)
    assert min(audit.beyond["acceleration"], audit.beyond["jerk"]) >= 4


@pytest.mark.parametrize("order", [1, 2, 3])
def test_finite_differences_are_those_of_the_polynomial(order: int) -> None:
    seconds = np.arange(200)[:, None] / 100.0
    played = one_by_one(0.3 * seconds**order * np.ones((1, 7)), 100.0)
    after_the_start = played.rates[order - 1][order + 1 :]
    factorial = [1.0, 1.0, 2.0, 6.0][order]
    assert after_the_start == pytest.approx(0.3 * factorial, rel=1e-6)


def still(rows: int) -> np.ndarray:
    return np.tile(Kinematics(PANDA).home, (rows, 1))


def rates_of(rows: int, **peaks: float) -> Played:
    """The third joint reaches ``peaks`` ten samples before the end; all else stands still."""
    rates = {name: np.zeros((rows, 7)) for name in ("velocity", "acceleration", "jerk")}
    for name, peak in peaks.items():
        rates[name][-10, 2] = peak
    return Played(0.01, still(rows), tuple(rates.values()))


@pytest.mark.parametrize(
    ("kind", "limit"), [("velocity", 2.175), ("acceleration", 10.0), ("jerk", 5000.0)]
)
def test_rates_are_held_against_what_is_published(kind: str, limit: float) -> None:
    audit = Audit(PANDA, DT)
    audit.look(4, rates_of(100, **{kind: limit}))
    assert not any(audit.beyond.values())
    assert audit.reached[kind].share == 1.0
    audit.look(9, rates_of(60, **{kind: 1.01 * limit}))
    assert {name: count for name, count in audit.beyond.items() if count} == {kind: 1}
    found = audit.reached[kind]
    assert (found.share, found.joint, found.episode, found.step) == (1.01, "panda_joint3", 9, 10)
    assert audit.samples == 160


def test_positions_are_held_against_the_ends_of_their_range() -> None:
    audit, model = Audit(PANDA, DT), Kinematics(PANDA)
    joints = still(3)
    joints[1, 5] = model.upper[5]
    audit.look(0, Played(0.01, joints, (np.zeros((3, 7)),) * 3))
    assert audit.beyond["position"] == 0
    joints[1:, 5] = model.upper[5] + 1e-4
    audit.look(1, Played(0.01, joints, (np.zeros((3, 7)),) * 3))
    assert audit.beyond["position"] == 2
    assert audit.reached["position"].joint == "panda_joint6"


def test_what_a_maker_does_not_publish_is_counted_apart() -> None:
    audit = Audit(ROBOTS["ur5e"], DT)
    rates = (np.full((5, 6), 3.2), np.full((5, 6), 10.1), np.full((5, 6), 1001.0))
    home = np.tile(Kinematics(ROBOTS["ur5e"]).home, (5, 1))
    audit.look(0, Played(0.01, home, rates))
    assert audit.beyond == {"position": 0, "velocity": 5}
    assert audit.beyond_chosen == {"acceleration": 5, "jerk": 5}


def periods(actions: Sequence[np.ndarray]) -> list[Executed]:
    path, found = ActionPath(PANDA, DT), []
    for step, action in enumerate(actions):
        found.append(Executed(step, action, path.command))
        path.step(action)
    return found


def test_commands_that_walls_change_are_counted() -> None:
    model = Kinematics(PANDA)
    forth = np.array([0.01, 0.0, 0.0, 0.0, 0.0, 0.02, 1.0])
    assert modified(model, periods([forth] * 10)) == 0
    down = np.array([0.0, 0.0, -0.02, 0.0, 0.0, 0.0, 1.0])
    pushed = modified(model, periods([down] * 40))
    assert 10 < pushed < 39, "the table ends its way"
    assert modified(model, periods([down] * 40)[::2]) == 0, "others lie between"


@pytest.mark.parametrize("name", ROBOTS)
def test_noise_is_any_action_that_is_allowed_and_never_the_same(name: str, tmp_path: Path) -> None:
    robot, shipped = ROBOTS[name], shipped_bundle("close_drawer", name)
    root = noise_bundle(shipped, robot, 1, tmp_path / "noise")
    bundle = load_bundle(root)
    assert bundle.contract == load_bundle(shipped).contract
    policy = OnnxPolicy(bundle)
    policy.warm_up()
    image = np.zeros((64, 64, 3), np.uint8)
    seen = Observation(1, {"front": image}, np.zeros(17, np.float32), "close the drawer")
    actions = np.concatenate([policy.infer(seen).actions for _ in range(100)]).astype(np.float64)
    limits = robot.limits
    speed = SpeedLimit(limits.linear_speed, limits.angular_speed)
    assert all(speed.check(row, DT).accepted for row in actions)
    assert len(np.unique(actions, axis=0)) == len(actions) == 800
    spread = np.abs(actions[:, :6]).max(0) / (0.05 * np.repeat([0.5, 1.5], 3) / np.sqrt(3.0))
    assert 0.98 < spread.min() <= spread.max() < 1.0
    assert 0.0 <= actions[:, 6].min() < 0.02 < 0.98 < actions[:, 6].max() <= 1.0
    neighbours = np.corrcoef(actions[:-1, 0], actions[1:, 0])[0, 1]
    assert abs(neighbours) < 0.15, "it is white"


@pytest.mark.parametrize("name", ROBOTS)
def test_a_robot_gets_its_own_driver_that_takes_set_points(name: str, tmp_path: Path) -> None:
    own = DriverConfig.load(ROBOTS[name].driver)
    other = DriverConfig.load(write_driver(ROBOTS[name], True, 0.5, tmp_path / "driver.yaml"))
    assert (own.arm.kind, other.arm.kind) == ("joint_trajectory", "forward_position")
    assert other.arm.name == "forward_position_controller/commands"
    assert other.gripper == own.gripper.model_copy(update={"patience": 8.0})
    assert other.supervisor == own.supervisor
    same = DriverConfig.load(write_driver(ROBOTS[name], False, 1.0, tmp_path / "driver.yaml"))
    assert same == own


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"episodes": 0}, "episodes is 0; it should be 1 or more"),
        ({"max_steps": -1}, "max_steps is -1; it should be 0 or more"),
    ],
)
def test_what_cannot_be_played_is_refused(settings: dict[str, int], line: str) -> None:
    with pytest.raises(ConfigError, match=line):
        BenchMotionConfig(**settings)
