# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What people can do wrong or on purpose: stops, a second policy, a second owner, a full disk."""

from __future__ import annotations

from std_msgs.msg import Empty
from trajectory_msgs.msg import JointTrajectory

from rlco_core.robot import RobotConfig
from rlco_interfaces.msg import ActionChunk
from rlco_ros.qos import COMMAND
from rlco_trainer.faults.case import Told, told
from rlco_trainer.faults.rig import Rig


def _nothing(rig: Rig) -> None:
    """There is nothing to undo."""


def _software_stop(rig: Rig) -> None:
    publisher = rig.client.node.create_publisher(Empty, "software_stop", COMMAND)
    rig.person.wait(publisher.get_subscription_count, "a subscriber of software_stop")
    publisher.publish(Empty())
    rig.keep.append(publisher)


def _stop_service(rig: Rig) -> None:
    rig.person.ask("bridge_node/stop")


def _release_deadman(rig: Rig) -> None:
    rig.deadman.held = False


def _drop_deadman(rig: Rig) -> None:
    rig.deadman.silent = True


def _hold_deadman(rig: Rig) -> None:
    rig.deadman.held, rig.deadman.silent = True, False


def _second_policy(rig: Rig) -> None:
    rig.keep.append(rig.client.node.create_publisher(ActionChunk, "action_chunk", COMMAND))


def _second_owner(rig: Rig) -> None:
    topic = RobotConfig.load(rig.robot).controller_topic
    rig.keep.append(rig.client.node.create_publisher(JointTrajectory, topic, COMMAND))


def _fill_disk(rig: Rig) -> None:
    """No file of the bridge grows any more."""
    rig.limit_files("bridge_node", 0)


def _empty_disk(rig: Rig) -> None:
    rig.limit_files("bridge_node", None)


def _forget(rig: Rig) -> None:
    while rig.keep:
        rig.client.node.destroy_publisher(rig.keep.pop())


PEOPLE: tuple[Told, ...] = (
    told("software_stop_topic", _software_stop, ("software_stop",), _forget),
    told("software_stop_service", _stop_service, ("software_stop",), _nothing),
    told("deadman_released", _release_deadman, ("deadman",), _hold_deadman),
    told("deadman_silent", _drop_deadman, ("deadman",), _hold_deadman),
    told("disk_full", _fill_disk, (), _empty_disk),
    told("two_policies", _second_policy, ("other_owner",), _forget),
    told("two_owners_of_the_arm", _second_owner, ("other_owner",), _forget),
)
