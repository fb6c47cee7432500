# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The arm's and the gripper's state, out of whatever messages a driver sends."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sensor_msgs.msg import JointState

from rlco_bridge.driver import GripperJoint
from rlco_bridge.episode import Measured
from rlco_bridge.watchdog import Watchdog
from rlco_core.joint_states import positions_of
from rlco_core.robot import GripperConfig
from rlco_core.stamps import stamp_to_ns


class StateReader:
    """Reads joints by their names; messages may tell the arm, the gripper, or both.

    Args:
        arm: names of the arm's joints, in order.
        gripper: the joint that tells the opening; None where none does.
        topic: where that is told, for people.
        told: what the gripper was last told, in [0, 1]; that is where it is then taken to be.
        heard: how long the gripper may be silent.
    """

    def __init__(
        self,
        arm: Sequence[str],
        gripper: GripperJoint | None,
        topic: str,
        told: Callable[[], float],
        heard: Watchdog,
    ) -> None:
        self._arm, self._fingers, self._told = list(arm), _fingers(gripper), told
        self._topic, self._heard = topic, heard
        self._opening: float | None = None
        self._news = False

    def begin(self) -> None:
        """An episode begins: what the gripper told before counts no more."""
        self._news = False
        self._heard.feed()

    def take(self, message: JointState) -> Measured | None:
        """The arm's state as of this message; not whole where the gripper fell silent, or was not
        heard in this episode yet. None where it tells nothing of the arm, or where the gripper was
        never heard.

        Raises:
            ConfigError: joints of the arm are missing, or something is not finite.
        """
        self._look(message)
        if not set(self._arm) & set(message.name):
            return None
        joints = positions_of(message, self._arm)
        if self._opening is None:
            return None
        whole = self._news and not self.overdue()
        return Measured(stamp_to_ns(message.header.stamp), joints, self._opening, whole)

    def overdue(self) -> str:
        """What the gripper should have told by now, as one line; empty if nothing."""
        if self._fingers is None or not self._heard.expired:
            return ""
        joint, silence = self._fingers.joints[0], self._heard.silence
        return f"nothing new of {joint} on {self._topic} for {silence:.1f} s"

    def _look(self, message: JointState) -> None:
        """At the gripper, where the message tells of it."""
        if self._fingers is None:
            self._opening, self._news = self._told(), True
        elif self._fingers.joints[0] in message.name:
            (position,) = positions_of(message, self._fingers.joints)
            self._opening, self._news = self._fingers.opening(float(position)), True
            self._heard.feed()


def _fingers(gripper: GripperJoint | None) -> GripperConfig | None:
    if gripper is None:
        return None
    return GripperConfig(
        joints=(gripper.name,), closed=gripper.closed, open=gripper.open, controller_topic=""
    )
