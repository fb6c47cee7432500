# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A running system with a robot in it, and everything that a case of fault needs."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from rclpy.node import Node
from rclpy.publisher import Publisher
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool

from rlco_bridge.client import EpisodeClient, EpisodeReport, SystemNotReady
from rlco_bridge.driver import DriverConfig
from rlco_bringup.graph import NodeSpec, RobotSettings, robot_graph
from rlco_bringup.up import System, profile_environment
from rlco_core.robot import RobotConfig
from rlco_core.stamps import stamp_to_ns
from rlco_interfaces.msg import SafetyState
from rlco_ros.qos import LATCHED, SENSOR, STATE
from rlco_trainer.faults.person import Person
from rlco_trainer.faults.relay import Relay

_START_SECONDS = 90.0
_EPISODE, _ARM_SECONDS = 90.0, 20.0
TASK = "close_drawer"
#: s.
DEADMAN_TIMEOUT = 0.5
#: rad/s below which a joint stands still.
STILL = 0.05
_MS = 1e-6
_STOPS = (SafetyState.STOPPED, SafetyState.HOLDING)
#: ns by which the bridge's clock may differ from the simulator's.
_TRUSTED_NS = 300_000_000
_IMAGES = "front/image_raw"
#: Topics of joint states, by robot.
_JOINTS = {"panda": ("franka/joint_states", "joint_states"), "ur5e": ("joint_states",)}


@dataclass(frozen=True)
class Moved:
    """The arm at one instant of simulated time."""

    stamp_ns: int
    speed: float


class Deadman:
    """A button that somebody holds, as long as nobody says otherwise.

    Attributes:
        held: whether it is pressed.
        silent: whether its device says nothing.
    """

    def __init__(self, node: Node) -> None:
        self.held, self.silent = True, False
        self._publisher = node.create_publisher(Bool, "deadman", SENSOR)
        node.create_timer(DEADMAN_TIMEOUT / 10.0, self._say)

    def _say(self) -> None:
        if not self.silent:
            self._publisher.publish(Bool(data=self.held))


class Rig:
    """Simulated robot as its driver is, policy, bridge and relay; a context manager.

    Args:
        robot: its name.
        settings: of the system.
        log_dir: of the nodes' logs.

    Attributes:
        moves: what the arm really did.
        stops: simulated times at which the bridge said that it had stopped it, ns.
        keep: publishers that a case has made.
    """

    def __init__(self, robot: str, settings: RobotSettings, log_dir: Path) -> None:
        self.robot = robot
        self._graph = [_relayed(spec, robot) for spec in robot_graph(settings)]
        self._log_dir = log_dir
        self.moves: list[Moved] = []
        self.stops: list[int] = []
        self.keep: list[Publisher] = []
        self._seed = 10_000

    def __enter__(self) -> Rig:
        with ExitStack() as stack:
            environment = {**profile_environment(), "ROS_LOG_DIR": str(self._log_dir)}
            os.environ.update(environment)
            self.system = stack.enter_context(System(self._graph, log_dir=self._log_dir))
            config = RobotConfig.load(self.robot)
            self.client = EpisodeClient(config)
            stack.callback(self.client.close)
            node = self.client.node
            self.relay = Relay(node, _IMAGES, _JOINTS[self.robot], _wrench(self.robot))
            self.person, self.deadman = Person(node), Deadman(node)
            node.create_subscription(JointState, "sim_node/true_joint_states", self._on_true, STATE)
            node.create_subscription(SafetyState, "safety_state", self._on_state, LATCHED)
            self._arm = set(config.joint_names)
            self.client.wait_for_system(_START_SECONDS)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def now_ns(self) -> int:
        """Simulated time."""
        return self.relay.now_ns

    def arm(self) -> None:
        """Arms the bridge, as soon as that is let."""
        self.client.arm(_ARM_SECONDS)

    def episode(
        self, during: Callable[[int], None] = lambda step: None, timeout: float | None = None
    ) -> EpisodeReport:
        """One episode with a scene of its own, which ends within ``timeout`` s."""
        self._seed += 1
        return self.client.run(TASK, self._seed, timeout=timeout or _EPISODE, during=during)

    def succeed(self, tries: int = 4) -> str:
        """Plays until the task is done; why it never was, empty if it was."""
        ends = []
        for _ in range(tries):
            self.arm()
            try:
                report = self.episode()
            except SystemNotReady as error:
                ends.append(str(error))
                continue
            if report.success:
                return ""
            ends.append(f"{report.stop_reason}: {report.detail}")
        return f"the task could not be finished afterwards: {'; '.join(ends)}"

    def pass_time(self, seconds: float) -> None:
        """Lets simulated time pass."""
        end = self.now_ns + round(seconds * 1e9)
        self.person.wait(lambda: self.now_ns >= end, f"{seconds:g} s of simulated time", 60.0)

    def stood_after(self, since_ns: int) -> float:
        """ms of simulated time from then until the arm stood still."""
        moving = [one.stamp_ns for one in self.moves if one.speed > STILL]
        last = max((stamp for stamp in moving if stamp >= since_ns), default=since_ns)
        return (last - since_ns) * _MS

    def kill(self, name: str) -> None:
        """As kill -9 does."""
        self.system.processes[name].kill()
        self.system.processes[name].wait()

    def freeze(self, name: str) -> None:
        """As SIGSTOP does."""
        self.system.processes[name].send_signal(signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """It goes on."""
        self.system.processes[name].send_signal(signal.SIGCONT)

    def limit_files(self, name: str, most: int | None) -> None:
        """Files of a node may have no more bytes than this; None: as many as they like."""
        unlimited = resource.RLIM_INFINITY
        limits = (unlimited if most is None else most, unlimited)
        resource.prlimit(self.system.processes[name].pid, resource.RLIMIT_FSIZE, limits)

    def restart(self, name: str) -> None:
        """Starts a node that is not running, once nobody counts on the old one any more."""
        node = self.client.node
        self.person.wait(lambda: name not in node.get_node_names(), f"the end of {name}")
        self.system.start(name)
        self.person.wait(lambda: name in node.get_node_names(), f"the start of {name}", 60.0)
        self.client.wait_for_system(_START_SECONDS)

    def _on_state(self, message: SafetyState) -> None:
        """Its stamp tells when, unless the clock of the bridge was made to jump."""
        stamp = stamp_to_ns(message.header.stamp)
        honest = abs(stamp - self.now_ns) < _TRUSTED_NS
        if message.mode in _STOPS:
            self.stops.append(stamp if honest else self.now_ns)

    def _on_true(self, message: JointState) -> None:
        by_name = dict(zip(message.name, message.velocity, strict=True))
        speed = max(abs(by_name[name]) for name in self._arm)
        self.moves.append(Moved(stamp_to_ns(message.header.stamp), speed))


def _wrench(robot: str) -> str:
    """Topic of force and torque on the tool."""
    return DriverConfig.load(RobotConfig.load(robot).driver).wrench


def _relayed(spec: NodeSpec, robot: str) -> NodeSpec:
    """The same node, behind the relay."""
    relayed = {
        "sim_node": (_IMAGES, *_JOINTS[robot], _wrench(robot)),
        "policy_node": ("action_chunk",),
    }
    remappings = {topic: f"raw/{topic}" for topic in relayed.get(spec.name, ())}
    if spec.name == "sim_node":
        remappings["/clock"] = "raw/clock"
    return replace(spec, remappings={**spec.remappings, **remappings})
