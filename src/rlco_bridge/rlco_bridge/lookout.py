# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What can be wrong beside the episode: the robot, its controllers, other owners, the clock."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.node import Node

from rlco_bridge.clock_watch import ClockWatch
from rlco_bridge.controllers.activity import Activity
from rlco_bridge.driver import DriverConfig
from rlco_bridge.episode import Outcome
from rlco_bridge.grippers import Gripper
from rlco_bridge.supervisors.make import make_supervisor
from rlco_bridge.watchdog import Watchdog
from rlco_core.robot import RobotConfig
from rlco_interfaces.action import RunEpisode

_Result = RunEpisode.Result
#: s between two looks at who else is there.
_PERIOD = 0.2


class Lookout:
    """Asked now and then; each answers with why motion is to end.

    Args:
        node: whose subscriptions and clients these are.
        robot, driver: the arm and how it is reached.
        gripper: whose answers are waited for.
        other_owner: who else commands the arm, as one line; empty if nobody does.

    Raises:
        ConfigError: the driver needs a message package that is not installed.
    """

    def __init__(
        self,
        node: Node,
        robot: RobotConfig,
        driver: DriverConfig,
        gripper: Gripper,
        other_owner: Callable[[], str],
    ) -> None:
        self._node, self._gripper, self._other_owner = node, gripper, other_owner
        self._supervisor = make_supervisor(node, driver.supervisor)
        topic = driver.arm.name or robot.controller_topic
        managed = driver.arm.controller or topic.split("/")[0]
        self._activity = Activity(node, "" if driver.supervisor == "none" else managed)
        self._clock = ClockWatch()
        self._looked = Watchdog(_PERIOD)
        self._chunks = node.resolve_topic_name("action_chunk")

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
        return self._supervisor.fault() or bereft or idle

    def clock_jump(self, now_ns: int) -> Outcome | None:
        """Whether ROS time, which is ``now_ns``, jumped since the last look."""
        jumped = self._clock.look(now_ns)
        return Outcome(_Result.STOP_CLOCK_JUMP, jumped) if jumped else None

    def trouble(self) -> Outcome | None:
        """What else ends an episode: a gripper that does not answer, somebody else at the arm."""
        if overdue := self._gripper.overdue():
            return Outcome(_Result.STOP_GRIPPER_TIMEOUT, overdue)
        if not self._looked.expired:
            return None
        self._looked.feed()
        other = self._other_owner() or self.second_policy()
        return Outcome(_Result.STOP_OTHER_OWNER, other) if other else None

    def second_policy(self) -> str:
        """Whether more than one policy plays, as one line; empty if not."""
        count = self._node.count_publishers(self._chunks)
        return f"{self._chunks} has {count} publishers; stop all but one" if count > 1 else ""
