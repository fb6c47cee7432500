# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""record and replay: what they refuse, which systems they start, what they make of an episode."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rlco_bridge.client import EpisodeReport
from rlco_bringup.recording import RecordSettings, record_graph
from rlco_core.contract import Contract
from rlco_core.errors import BundleError, ConfigError, DatasetError, RlcoError
from rlco_core.kinematics import Kinematics
from rlco_core.robot import RobotConfig
from rlco_policy.measurements import JointState
from rlco_policy.shipped import shipped_bundle
from rlco_trainer.lerobot import Dataset, Episode
from rlco_trainer.recording.record import RecordConfig, record
from rlco_trainer.recording.replay import ReplayConfig, compare, replay, require_near, settings_of
from rlco_trainer.recording.robot import ask_for_scene
from rlco_trainer.recording.session import Recorded, label
from rlco_trainer.recording.take import Take

DRAWER = "open_drawer"


@pytest.mark.parametrize(
    ("changes", "error", "line"),
    [
        ({"task": "juggle"}, ConfigError, "unknown task 'juggle'"),
        ({"episodes": 0}, ConfigError, "--episodes must be at least 1"),
        ({"max_seconds": 0.0}, ConfigError, "--max-seconds positive"),
        ({"domain": "mars"}, ConfigError, "domain 'mars'"),
        ({"robot": "r2d2"}, ConfigError, "robot 'r2d2'"),
        ({"device": "expert", "attach": True}, ConfigError, "no --attach, --policy"),
        ({"instruction": "dance"}, ConfigError, "instruction 'dance'"),
        ({"cell": "lab"}, ConfigError, "--cell .* needs --instruction"),
        ({"driver": "abb", "use_mock_hardware": True}, ConfigError, "driver 'abb' is neither"),
        ({"driver": "ur"}, ConfigError, "--driver is a robot's: it needs --cell, or --use-mock"),
        (
            {"cell": "lab", "instruction": "open the drawer", "driver": "sim", "task": DRAWER},
            ConfigError,
            "robot panda is simulated; say with --driver",
        ),
        ({"policy": "shipped", "robot": "ur5e"}, BundleError, "no policy ships for"),
        ({"device": "keyboard"}, ConfigError, "needs a terminal to read keys from"),
        (
            {"device": "keyboard", "cell": "lab", "driver": "franka"},
            ConfigError,
            "--cell needs a deadman, and --device keyboard cannot hold one: use joy or pose",
        ),
        (
            {"device": "keyboard", "use_mock_hardware": True, "deadman_timeout": 0.5},
            ConfigError,
            "--deadman-timeout needs a deadman, and --device keyboard cannot hold one: use joy",
        ),
        (
            {"device": "expert", "deadman_timeout": 0.5},
            ConfigError,
            "--deadman-timeout needs a deadman, and --device expert cannot hold one",
        ),
    ],
)
def test_what_cannot_be_recorded_is_refused_before_anything_runs(
    tmp_path: Path, changes: dict[str, Any], error: type[RlcoError], line: str
) -> None:
    with pytest.raises(error, match=line):
        record(RecordConfig(tmp_path / "d", **{"device": "joy", **changes}))


def test_an_arm_does_not_move_where_nobody_has_laid_out_the_scene(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    ask_for_scene(3)
    with pytest.raises(RlcoError, match="nobody can lay out scenes: the standard input has ended"):
        ask_for_scene(4)


def test_an_episode_that_is_not_there_cannot_be_replayed(dataset_root: Path) -> None:
    with pytest.raises(DatasetError, match="no episode 3: it has 3"):
        replay(ReplayConfig(dataset_root, episode=3))


def nodes(**settings: Any) -> dict[str, dict[str, Any]]:
    """Parameters of the nodes of a graph, by name."""
    return {one.name: dict(one.parameters) for one in record_graph(RecordSettings(**settings))}


def test_people_act_alone_under_one_contract() -> None:
    graph = nodes()
    assert list(graph) == ["sim_node", "bridge_node", "teleop_node"]
    contract = Contract.from_json(graph["bridge_node"]["contract"])
    assert graph["teleop_node"]["contract"] == graph["bridge_node"]["contract"]
    assert (contract.robot, contract.tasks) == ("panda", ("push_cube",))
    assert graph["sim_node"]["image_every"] == 1


@pytest.mark.parametrize(
    ("asked", "held"),
    [
        ({"device": "joy"}, True),
        ({"device": "pose"}, True),
        ({"device": "joy", "deadman": "false"}, False),
        ({"device": "twist"}, False),
        ({"device": "twist", "deadman": "true"}, True),
        ({"device": "twist", "deadman_timeout": 0.5}, True),
        ({"device": "twist", "driver": "franka"}, True),
        ({"device": "twist", "driver": "franka", "use_mock_hardware": True}, False),
    ],
)
def test_twists_need_no_deadman_in_a_simulation_and_one_at_a_robot(
    asked: dict[str, Any], held: bool
) -> None:
    assert (nodes(**asked)["teleop_node"].get("deadman") != -1) is held


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ({"deadman": "maybe"}, "deadman 'maybe' is unknown; it should be 'auto'"),
        (
            {"deadman": "false", "deadman_timeout": 0.5, "device": "twist", "driver": "franka"},
            r"deadman_timeout is 0\.5, and deadman false: nobody would hold it; leave one",
        ),
    ],
)
def test_a_deadman_that_nobody_would_hold_is_refused(asked: dict[str, Any], line: str) -> None:
    with pytest.raises(ConfigError, match=line):
        nodes(**asked)


def test_a_policy_speaks_to_the_person_and_not_to_the_bridge() -> None:
    graph = record_graph(RecordSettings(bundle=str(shipped_bundle())))
    (policy,) = (one for one in graph if one.name == "policy_node")
    assert policy.remappings == {"action_chunk": "policy/action_chunk"}


def test_at_a_robot_there_is_no_simulator_and_the_bridge_waits_to_be_armed() -> None:
    graph = nodes(robot="ur5e", driver="ur", task=DRAWER)
    assert list(graph) == ["bridge_node", "teleop_node"]
    told = {"driver": "ur", "auto_arm": False, "scene": False, "use_sim_time": False}
    assert told.items() <= graph["bridge_node"].items()
    assert not graph["teleop_node"]["use_sim_time"]


def test_mock_hardware_is_what_the_driver_s_file_names() -> None:
    graph = nodes(robot="ur5e", driver="ur_stream", use_mock_hardware=True, task=DRAWER)
    assert list(graph) == ["sim_node", "bridge_node", "teleop_node"]
    mock = {"driver": "ur", "initial_joint_controller": "forward_position_controller"}
    gripper = {"gripper": "digital_output", "gripper_pin": 16, "image_every": 1}
    assert {**mock, **gripper}.items() <= graph["sim_node"].items()
    told = {"driver": "ur_stream", "auto_arm": False, "scene": True, "use_sim_time": True}
    assert told.items() <= graph["bridge_node"].items()


def test_a_robot_s_driver_is_not_in_lock_step() -> None:
    with pytest.raises(ConfigError, match="driver ur needs mode realtime; lockstep is for sim"):
        nodes(robot="ur5e", driver="ur", mode="lockstep")


def test_a_policy_beside_a_robot_hears_of_the_arm_by_way_of_the_bridge() -> None:
    graph = record_graph(RecordSettings(bundle=str(shipped_bundle()), driver="franka"))
    (policy,) = (one for one in graph if one.name == "policy_node")
    assert policy.remappings["joint_states"] == "measured_joint_states"


def test_nobody_s_hands_are_needed_for_a_replay() -> None:
    assert list(nodes(device="none")) == ["sim_node", "bridge_node"]


def test_a_replay_at_a_robot_is_in_real_time_and_armed(dataset_root: Path) -> None:
    dataset = Dataset.open(dataset_root)
    config = ReplayConfig(dataset_root, use_mock_hardware=True, driver="franka")
    settings = settings_of(config, dataset, dataset.episode(0))
    assert (settings.driver, settings.mode) == ("franka", "realtime")
    graph = {one.name: one.parameters for one in record_graph(settings)}
    assert list(graph) == ["sim_node", "bridge_node"]
    assert not graph["bridge_node"]["auto_arm"]
    with pytest.raises(ConfigError, match="--driver is a robot's: it needs --cell, or"):
        settings_of(replace(config, use_mock_hardware=False), dataset, dataset.episode(0))


def test_what_was_recorded_in_a_cell_needs_no_domain_there(dataset_root: Path) -> None:
    dataset = Dataset.open(dataset_root)
    there = replace(dataset.episode(0), metadata={"task_name": "push_cube", "domain": "lab_3"})
    config = ReplayConfig(dataset_root, cell="lab_3", driver="franka")
    assert settings_of(config, dataset, there).domain == "twin"


class StandingArm:
    """Ears that hear of an arm at rest."""

    def __init__(self, robot: RobotConfig) -> None:
        self._joints = JointState(0, np.array([*robot.home, 0.04, 0.04]))

    def joints_now(self, timeout: float) -> JointState:
        return self._joints


def test_a_replay_in_a_cell_begins_where_the_episode_begins() -> None:
    robot = RobotConfig.load("panda")
    home = Kinematics(robot).forward(np.array(robot.home))
    begun = episode(2)
    begun.states[:, :3] = home.translation
    begun.states[:, 3:9] = home.rotation.T[:2].ravel()
    require_near(StandingArm(robot), robot, begun)
    begun.states[:, 3:9] = (home.rotation.T[[1, 0]]).ravel()
    with pytest.raises(ConfigError, match=r"is 0\.00 m and 3\.14 rad from where the episode"):
        require_near(StandingArm(robot), robot, begun)
    begun.states[:, 0] += 0.3
    with pytest.raises(ConfigError, match=r"is 0\.30 m and 3\.14 rad from where the episode"):
        require_near(StandingArm(robot), robot, begun)


def episode(length: int) -> Episode:
    """Along x, 1 cm per period."""
    states = np.zeros((length, 17), np.float32)
    states[:, 0] = 0.01 * np.arange(length)
    actions, none = np.zeros((length, 7), np.float32), np.zeros(length, np.bool_)
    return Episode({}, states, actions, "push", {"success": True}, none)


def recorded(states: np.ndarray) -> Recorded:
    length = len(states)
    take = Take(
        np.zeros((length, 8, 8, 3), np.uint8),
        states,
        np.zeros((length, 7), np.float32),
        np.zeros(length, np.bool_),
    )
    report = EpisodeReport(
        "push", False, length, "step_limit", "too long", (), np.zeros((0, 7)), np.zeros(0)
    )
    return Recorded(report, True, False, take, "")


@pytest.mark.parametrize(
    ("stop", "verdict", "judged", "success"),
    [
        ("success", None, True, True),
        ("step_limit", None, True, False),
        ("deadman", None, False, False),
        ("canceled", False, True, False),
        ("success", False, True, False),
        ("step_limit", True, True, True),
    ],
)
def test_the_person_s_word_is_the_label_and_else_the_judge_s(
    stop: str, verdict: bool | None, judged: bool, success: bool
) -> None:
    report = replace(
        recorded(np.zeros((2, 17))).report, success=stop == "success", stop_reason=stop
    )
    assert label(report, verdict) == (judged, success)


def test_a_replay_that_is_late_is_off_in_time_and_not_off_its_path() -> None:
    late = np.roll(episode(6).states, 1, axis=0)
    late[0] = 0.0
    late[3, 9] = 0.5
    found = compare(episode(6), recorded(late))
    assert found.farthest == pytest.approx(0.01)
    assert found.off_path == pytest.approx(0.0)
    assert found.gripper == 0.5
    assert (found.success, found.recorded_success) == (False, True)
    assert "10.00 mm from the recorded at most" in str(found)
    assert "outcome: no success; recorded: success" in str(found)


def test_a_replay_that_ends_early_is_compared_as_far_as_it_came() -> None:
    found = compare(episode(6), recorded(episode(4).states))
    assert (found.periods, found.recorded_periods, found.farthest) == (4, 6, 0.0)
    with pytest.raises(DatasetError, match="the replay was not heard: no image"):
        compare(episode(6), replace(recorded(episode(4).states), take=None, problem="no image"))
