# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The process that plays courses; a bridge starts it, and tells it what to be.

    python -m rlco_bridge.streaming.node FILE_DESCRIPTOR SPEC

It does not listen to anybody but the bridge, whose end ends it once the arm is at rest.
"""

from __future__ import annotations

import socket
import sys

import numpy as np
import rclpy
from rclpy.signals import SignalHandlerOptions

from rlco_bridge.controllers.setpoint_messages import setpoint_messages
from rlco_bridge.realtime import SETPOINTS, ask_for_priority, settle_memory
from rlco_bridge.streaming.loop import Hearing, SetpointLoop
from rlco_bridge.streaming.player import SetpointPlayer
from rlco_bridge.streaming.seam import Seams
from rlco_bridge.streaming.spec import StreamSpec
from rlco_ros.qos import COMMAND
from rlco_ros.run import shut_down

_OFTEN_NS, _SELDOM_NS = 100_000_000, 1_000_000_000


def main(descriptor: int, spec: StreamSpec) -> None:
    """Plays until the bridge's end."""
    # Before DDS's threads are there: they hold locks that a publisher waits for.
    problems = [ask_for_priority(SETPOINTS)]
    rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node(
        spec.name,
        namespace=spec.namespace,
        use_global_arguments=False,
        start_parameter_services=False,
        enable_rosout=False,
    )
    messages = setpoint_messages(spec.kind, spec.robot, spec.joints, spec.base_frame)
    publisher = node.create_publisher(messages.type, spec.topic, COMMAND)
    logger = node.get_logger()
    loop = SetpointLoop(
        Hearing(socket.socket(fileno=descriptor)),
        SetpointPlayer(Seams(np.array(spec.speed), spec.robot.limits), spec.period_ns),
        lambda setpoint: publisher.publish(messages.make(setpoint)),
        publisher.get_subscription_count,
        lambda: logger.error(
            "motion does not go on from where the arm is told to be; it comes to rest"
        ),
        # Who would move an arm on and on says often that it lives.
        report_ns=_OFTEN_NS if messages.persists else _SELDOM_NS,
    )
    problems.append(settle_memory())
    for problem in filter(None, problems):
        logger.warning(problem)
    loop.run()
    node.destroy_node()
    shut_down()


if __name__ == "__main__":
    main(int(sys.argv[1]), StreamSpec.model_validate_json(sys.argv[2]))
