# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What can be wrong beside the episode: the robot, its controllers, what its tool touches, other
owners, the clock.
"""

from __future__ import annotations

from collections.abc import Callable

from rclpy.node import Node
from std_msgs.msg import String

from rlco_bridge.clock_watch import ClockWatch
from rlco_bridge.controllers.activity import Activity
from rlco_bridge.driver import DriverConfig
from rlco_bridge.episode import Outcome
from rlco_bridge.grippers import Gripper
from rlco_bridge.supervisors.make import make_supervisor
from rlco_bridge.watchdog import Watchdog
from rlco_bridge.wrench_watch import WrenchWatch
from rlco_core.description import differences
from rlco_core.kinematics import Kinematics
from rlco_core.robot import RobotConfig
from rlco_interfaces.action import RunEpisode
from rlco_ros.qos import LATCHED

_Result = RunEpisode.Result
#: s within which an arm has to stand when an episode begins.
_STANDS = 10.0
_RESTLESS = (
    f"the arm has not stood still for {_STANDS:g} s, as it has to when an episode begins; "
    "is somebody moving it?"
)
#: s between two looks at who else is there.
_PERIOD = 0.2


class Lookout:
    """Asked now and then; each answers with why motion is to end.

    Args:
        node: whose subscriptions and clients these are.
        robot, driver: the arm and how it is reached.
        prefix: of joint names.
        gripper: whose answers are waited for.
        stands: whether the arm stands still.
        other_owner: who else commands the arm, as one line; empty if nobody does.
        lost: why commands do not get to a controller, likewise.

    Raises:
        ConfigError: the driver needs a message package that is not installed.
    """

    def __init__(
        self,
        node: Node,
        robot: RobotConfig,
        driver: DriverConfig,
        prefix: str,
        gripper: Gripper,
        stands: Callable[[], bool],
        other_owner: Callable[[], str],
        lost: Callable[[], str],
    ) -> None:
        self._node, self._gripper = node, gripper
        self._stands, self._other_owner, self._lost = stands, other_owner, lost
        self._stood, self._waits = False, Watchdog(_STANDS)
        self._supervisor = make_supervisor(node, driver.supervisor)
        managed = "" if driver.supervisor == "none" else driver.controller(robot)
        self._activity = Activity(node, managed)
        limits, wrench = robot.limits, driver.wrench
        self._wrench = WrenchWatch(node, wrench, limits.force, limits.torque) if wrench else None
        self._clock = ClockWatch()
        self._looked = Watchdog(_PERIOD)
        self._chunks = node.resolve_topic_name("action_chunk")
        self._stranger = ""
        if driver.supervisor != "none":
            self._expect_description(node, robot, prefix)

    def _expect_description(self, node: Node, robot: RobotConfig, prefix: str) -> None:
        """A real robot's driver describes it."""
        kinematics, topic = Kinematics(robot), "robot_description"
        self._stranger = f"nothing was heard on {node.resolve_topic_name(topic)} yet"

        def on_description(message: String) -> None:
            self._stranger = "; ".join(differences(robot, kinematics, message.data, prefix))

        node.create_subscription(String, topic, on_description, LATCHED)

    def refusal(self) -> str:
        """Why no episode may begin: the robot is not the one that we have a file of, or policies
        are too many; as one line, empty if it may.
        """
        return self._stranger or self._second_policy()

    def begin(self, start_ns: int) -> None:
        """An episode begins at ``start_ns``, once the arm stands."""
        self._stood = False
        self._waits.feed()
        if self._wrench is not None:
            self._wrench.begin(start_ns)

    def ready(self, now_ns: int) -> bool:
        """Whether the arm may move: it stood, and what acts on its tool then is known."""
        if not self._stood and self._stands():
            self._stood = True
            if self._wrench is not None:
                self._wrench.begin(now_ns)
        return self._stood and (self._wrench is None or self._wrench.ready)

    @property
    def speed(self) -> float:
        """Share of its speed at which the robot plays motion."""
        return self._supervisor.speed

    def fault(self) -> Outcome | None:
        """Why the robot may not move, episode or not; None if it may."""
        self._activity.ask()
        inactive = self._activity.problem()
        bereft = self._supervisor.bereft() if inactive and self._activity.bereft else None
        idle = Outcome(_Result.STOP_CONTROLLER_INACTIVE, inactive) if inactive else None
        unfelt = self._wrench.fault() if self._wrench else None
        return self._supervisor.fault() or bereft or idle or unfelt

    def clock_jump(self, now_ns: int) -> Outcome | None:
        """Whether ROS time, which is ``now_ns``, jumped since the last look."""
        jumped = self._clock.look(now_ns)
        return Outcome(_Result.STOP_CLOCK_JUMP, jumped) if jumped else None

    def trouble(self) -> Outcome | None:
        """What else ends an episode: what acts on the tool, a gripper that does not answer,
        somebody else at the arm.
        """
        if not self._stood and self._waits.expired:
            return Outcome(_Result.STOP_LIMIT, _RESTLESS)
        if self._wrench is not None and (felt := self._wrench.trouble()):
            return felt
        if overdue := self._gripper.overdue():
            return Outcome(_Result.STOP_GRIPPER_TIMEOUT, overdue)
        if not self._looked.expired:
            return None
        self._looked.feed()
        if other := self._other_owner() or self._second_policy():
            return Outcome(_Result.STOP_OTHER_OWNER, other)
        lost = self._lost()
        return Outcome(_Result.STOP_CONTROLLER_INACTIVE, lost) if lost else None

    def _second_policy(self) -> str:
        """Whether more than one policy plays, as one line; empty if not."""
        count = self._node.count_publishers(self._chunks)
        return f"{self._chunks} has {count} publishers; stop all but one" if count > 1 else ""
