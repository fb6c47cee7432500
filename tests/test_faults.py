# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What happens to the arm when a part of the system fails."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rclpy
from rclpy.task import Future
from sensor_msgs.msg import Image, JointState
from std_msgs.msg import Empty
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory

from rlco_bridge.client import EpisodeClient, EpisodeReport, SystemNotReady
from rlco_bridge.journal import read_journal
from rlco_bridge.sent import Sent
from rlco_bringup.up import System
from rlco_core.bundle import load_bundle
from rlco_core.inspection import Inspector
from rlco_core.kinematics import Kinematics
from rlco_core.robot import RobotConfig
from rlco_core.types import ActionChunk
from rlco_interfaces.msg import ActionChunk as ActionChunkMessage
from rlco_interfaces.msg import Instruction, SafetyState
from rlco_policy.convert import stamp_to_ns
from rlco_policy.shipped import shipped_bundle
from rlco_ros.chunks import chunk_to_message
from rlco_ros.qos import COMMAND, LATCHED, STATE

WITHOUT_POLICY = ("sim_node", "bridge_node")
CONTRACT = load_bundle(shipped_bundle()).contract
Bend = Callable[[ActionChunk], ActionChunk]


def spin_until(client: EpisodeClient, done: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "nothing happened in time"
        rclpy.spin_once(client.node, timeout_sec=0.05)


def killer(system: System, name: str, step: int) -> Callable[[int], None]:
    """Kills a node, as kill -9 does, once the episode has come to ``step``."""

    def during(now: int) -> None:
        if now >= step and system.processes[name].poll() is None:
            system.processes[name].kill()
            system.processes[name].wait()

    return during


def after(
    given: Callable[[], bool], client: EpisodeClient, during: Callable[[int], None]
) -> EpisodeReport:
    """The first episode in real time in which a fault was given: a busy machine may be late before
    it comes to that.
    """
    for _ in range(10):
        report = client.run("push_cube", 10_000, during=during)
        if given():
            return report
    raise AssertionError(f"the last of ten ended with {report.stop_reason}: {report.detail}")


def safety_states(client: EpisodeClient) -> list[SafetyState]:
    seen: list[SafetyState] = []
    client.node.create_subscription(SafetyState, "safety_state", seen.append, LATCHED)
    return seen


def play_policy(client: EpisodeClient, bend: Bend) -> None:
    """Answers every image with a chunk of zeros, bent as a test likes it."""
    episode = [0]
    publisher = client.node.create_publisher(ActionChunkMessage, "action_chunk", COMMAND)

    def answer(image: Image) -> None:
        zeros = np.zeros((CONTRACT.action.horizon, 7), np.float32)
        stamp = stamp_to_ns(image.header.stamp)
        chunk = ActionChunk(stamp, CONTRACT.action.dt, zeros, CONTRACT.sha256(), episode[0])
        publisher.publish(chunk_to_message(bend(chunk), "panda_link0"))

    def listen(message: Instruction) -> None:
        episode[0] = message.episode

    client.node.create_subscription(Instruction, "instruction", listen, LATCHED)
    client.node.create_subscription(Image, "front/image_raw", answer, COMMAND)


def motion(sent: list[Sent]) -> np.ndarray:
    """(T, n) set-points: of every trajectory what was due before the next one began."""
    ends = [following.stamp_ns for following in sent[1:]] + [10**19]
    parts = [
        one.positions[[one.stamp_ns + after < end - 1_000_000 for after in one.after_ns]]
        for one, end in zip(sent, ends, strict=True)
    ]
    return np.concatenate(parts)


def test_killed_policy_in_real_time_brakes_holds_and_recovers(
    start: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROS_LOG_DIR", str(tmp_path))
    system, client = start(mode="realtime")
    states = safety_states(client)
    report = after(
        lambda: system.processes["policy_node"].poll() is not None,
        client,
        killer(system, "policy_node", 5),
    )
    assert report.stop_reason == "chunk_timeout", report.detail
    sent = client.trajectories_seen
    spin_until(client, lambda: len(sent()) > report.steps)
    # Without another word the arm is at rest within a quarter of a second.
    last = sent()[-1]
    assert last.after_ns[-1] <= 250_000_000
    assert np.abs(np.diff(last.positions[-2:], axis=0)).max() < 1e-3
    robot = RobotConfig.load("panda")
    beyond = Inspector(robot, Kinematics(robot), 100.0).count(motion(sent()))
    assert not any(beyond.values()), beyond
    spin_until(client, lambda: bool(states) and states[-1].mode == SafetyState.HOLDING)
    assert states[-1].reason == SafetyState.REASON_CHUNK_TIMEOUT
    noted = read_journal(tmp_path / "rlco_journal.jsonl")[-1]
    assert (noted["event"], noted["reason"]) == ("holding", "chunk_timeout")

    chunks = client.node.resolve_topic_name("action_chunk")
    spin_until(client, lambda: client.node.count_publishers(chunks) == 0)
    system.start("policy_node")
    client.wait_for_system(60.0)
    reasons = []
    while "success" not in reasons and len(reasons) < 6:
        reasons.append(client.run("push_cube", 10_000).stop_reason)
    assert reasons[-1] == "success", reasons


def test_killed_policy_in_lockstep_ends_with_a_reason(start: Callable) -> None:
    system, client = start()
    report = client.run("push_cube", 10_000, during=killer(system, "policy_node", 5))
    assert report.stop_reason == "chunk_timeout", report.detail
    assert "action_chunk" in report.detail
    assert len(client.trajectories_seen()) == report.steps


def test_killed_bridge_leaves_an_arm_that_comes_to_rest(start: Callable) -> None:
    system, client = start(mode="realtime")
    speeds: list[float] = []
    arm = RobotConfig.load("panda").joint_names

    def note(message: JointState) -> None:
        by_name = dict(zip(message.name, message.velocity, strict=True))
        speeds.append(max(abs(by_name[name]) for name in arm))

    client.node.create_subscription(JointState, "joint_states", note, STATE)
    with pytest.raises(SystemNotReady, match="did not end in time"):
        client.run("push_cube", 10_000, timeout=8.0, during=killer(system, "bridge_node", 8))
    spin_until(client, lambda: len(speeds) > 20)
    assert max(speeds) > 0.1, "it had moved"
    # Within the 250 ms that were sent ahead, and a period on either side.
    moving = [k for k, speed in enumerate(speeds) if speed > 0.02]
    assert len(speeds) - max(moving) > 10
    robot = RobotConfig.load("panda")
    beyond = Inspector(robot, Kinematics(robot), 100.0).count(motion(client.trajectories_seen()))
    assert not any(beyond.values()), beyond
    assert client.trajectories_seen()[-1].after_ns[-1] <= 250_000_000


def test_killed_simulator_ends_with_a_reason(start: Callable) -> None:
    system, client = start(mode="realtime")
    report = after(
        lambda: system.processes["sim_node"].poll() is not None,
        client,
        killer(system, "sim_node", 5),
    )
    assert report.stop_reason == "observation_timeout"
    assert "/joint_states" in report.detail


FOUL: dict[str, Bend] = {
    "finite": lambda c: replace(c, actions=np.full_like(c.actions, np.nan)),
    "contract": lambda c: replace(c, contract_hash="0" * 64),
    "shape": lambda c: replace(c, actions=c.actions[:5]),
    "dt": lambda c: replace(c, dt=0.1),
}


def test_foul_chunks_never_reach_the_controller(start: Callable) -> None:
    _, client = start(WITHOUT_POLICY, wait=False)
    limits = list(FOUL)
    play_policy(client, lambda chunk: FOUL[limits[0]](chunk))
    client.wait_for_system(60.0)
    while limits:
        report = client.run("push_cube", 3)
        assert (report.stop_reason, report.steps) == ("chunk_rejected", 0)
        assert report.detail.startswith(f"{limits[0]}: ")
        assert len(client.trajectories_seen()) == 0
        limits.pop(0)


def test_untimely_chunks_are_refused_and_the_wait_has_an_end(start: Callable) -> None:
    _, client = start(WITHOUT_POLICY, wait=False)
    play_policy(client, lambda c: replace(c, stamp_ns=c.stamp_ns + 10**9))
    client.wait_for_system(60.0)
    report = client.run("push_cube", 3)
    assert (report.stop_reason, report.steps) == ("chunk_timeout", 0)


def test_an_action_that_is_too_fast_ends_the_episode(start: Callable) -> None:
    _, client = start(WITHOUT_POLICY, wait=False)
    play_policy(client, lambda c: replace(c, actions=np.full_like(c.actions, 0.2)))
    client.wait_for_system(60.0)
    report = client.run("push_cube", 3)
    assert (report.stop_reason, report.steps) == ("limit", 0)
    assert "m/s asked" in report.detail
    assert len(client.trajectories_seen()) == 0


def test_goals_that_cannot_be_run_are_refused_by_name(start: Callable) -> None:
    _, client = start()
    unknown = client.run("juggle", 1)
    assert (unknown.stop_reason, unknown.steps) == ("refused", 0)
    assert "push_cube" in unknown.detail
    for senseless in ("push the pink cube", "push the purple cube"):
        refused = client.run("push_cube", 1, senseless)
        assert refused.stop_reason == "reset_failed"
        assert "'red'" in refused.detail
    client.node.create_publisher(JointTrajectory, "panda_arm_controller/joint_trajectory", COMMAND)
    reasons = [client.run("push_cube", 1, max_steps=4) for _ in range(3)]
    assert reasons[-1].stop_reason == "refused"
    assert "/rlco_client publishes there" in reasons[-1].detail


def called(client: EpisodeClient, service: str) -> Trigger.Response:
    asker = client.node.create_client(Trigger, service)
    spin_until(client, asker.service_is_ready)
    answer = asker.call_async(Trigger.Request())
    spin_until(client, answer.done)
    return answer.result()


def test_a_software_stop_ends_motion_and_latches_until_a_person_arms(start: Callable) -> None:
    _, client = start(mode="realtime")
    states, stop = safety_states(client), client.node.create_publisher(Empty, "software_stop", 1)

    pressed: list[int] = []

    def press(step: int) -> None:
        if step >= 4:
            stop.publish(Empty())
            pressed.append(step)

    assert after(lambda: bool(pressed), client, press).stop_reason == "software_stop"
    spin_until(client, lambda: bool(states) and states[-1].mode == SafetyState.STOPPED)
    last = client.trajectories_seen()[-1]
    assert last.after_ns[-1] <= 250_000_000
    refused = client.run("push_cube", 10_000)
    assert refused.stop_reason == "refused"
    assert "call /bridge_node/arm" in refused.detail
    assert called(client, "bridge_node/arm").success
    spin_until(client, lambda: states[-1].mode == SafetyState.IDLE)
    assert client.run("push_cube", 10_000).stop_reason in ("success", "chunk_timeout")


@pytest.mark.parametrize("arrives", [True, False], ids=["answer", "goal"])
def test_a_goal_or_its_answer_that_was_lost_costs_time_alone(
    start: Callable, monkeypatch: pytest.MonkeyPatch, arrives: bool
) -> None:
    _, client = start()
    send, lost = client._client.send_goal_async, []

    def lossy(*goal: object) -> Future:
        lost.append(goal)
        answer = send(*goal) if arrives or len(lost) > 1 else Future()
        return answer if len(lost) > 1 else Future()

    monkeypatch.setattr(client._client, "send_goal_async", lossy)
    monkeypatch.setattr("rlco_bridge.client._ANSWER", 2.0)
    assert client.run("push_cube", 10_000).success
    assert len(lost) == (1 if arrives else 2)


def test_a_missing_simulator_is_named(start: Callable) -> None:
    _, client = start(("bridge_node",), wait=False)
    client.wait_for_bridge(60.0)
    report = client.run("push_cube", 1)
    assert report.stop_reason == "reset_failed"
    assert "reset_scene" in report.detail
