# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The simulated robot on ROS 2: it speaks as the real drivers do.

    out: joint_states, <camera>/image_raw, <camera>/camera_info, task_state, /clock
    in:  the arm's and the gripper's joint_trajectory, as their controllers take them
    service: reset_scene

In ``lockstep`` time stands still until both commands of an instant are in, so a run is
deterministic and as fast as the machine. In ``realtime`` it passes at its own pace, and the
controllers go on with what they were sent last.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import numpy as np
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rosgraph_msgs.msg import Clock as ClockMessage
from sensor_msgs.msg import CameraInfo, Image, JointState
from trajectory_msgs.msg import JointTrajectory

from rlco_core.errors import ConfigError, RlcoError, choices
from rlco_core.robot import RobotConfig
from rlco_core.stamps import stamp_to_ns
from rlco_interfaces.msg import TaskState
from rlco_interfaces.srv import ResetScene
from rlco_ros.parameters import real, text, whole
from rlco_ros.qos import CLOCK, COMMAND, STATE
from rlco_ros.run import run
from rlco_sim import convert
from rlco_sim.domain import Domain
from rlco_sim.session import DT, DT_NS, Session
from rlco_sim.trajectory_controller import TrajectoryController

MODES = ("lockstep", "realtime")
PARAMETERS = (
    text("task", "push_cube", "task whose scene is simulated"),
    text("domain", "twin", "domain by name, or path of its YAML file"),
    text("split", "train", "what episodes are drawn from: train or an unseen_... split"),
    text("robot", "panda", "robot by name, or path of its YAML file"),
    text("tf_prefix", "", "prefix of joint and frame names"),
    text("mode", "lockstep", "who lets time pass", MODES),
    whole("image_every", 4, "control periods from one image to the next", 1, 1000),
    real("repeat_after", 0.5, "lockstep: silence after which all is said again, s", 0.05, 60.0),
)


class SimNode(Node):
    """Holds the messages' ends; the world is in ``Session``."""

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("sim_node", **node_arguments)
        self.declare_parameters("", list(PARAMETERS))
        self._mode = self._get("mode")
        if self._mode not in MODES:
            raise ConfigError(f"mode '{self._mode}' is unknown; it should be {choices(MODES)}")
        self._robot = RobotConfig.load(self._get("robot"))
        domain = Domain.load(self._get("domain"))
        self._session = Session(self._get("task"), domain, self._robot, self._get("split"))
        self._image_every = self._get("image_every")
        prefix = self._get("tf_prefix")
        self._arm_names = [prefix + name for name in self._robot.joint_names]
        self._gripper_names = [prefix + name for name in self._robot.gripper_joint_names]
        self._camera = self._session.domain.camera
        self._optical_frame = f"{prefix}{self._camera.name}_optical_frame"
        self._forget_commands()
        self._open_topics()
        self._start_time()
        self._publish_now()
        self.get_logger().info(f"{self._robot.name} in '{self._get('domain')}', {self._mode}")

    def _get(self, name: str) -> Any:
        return self.get_parameter(name).value

    def _open_topics(self) -> None:
        name = self._camera.name
        self._joint_states = self.create_publisher(
            JointState, self._robot.joint_states_topic, STATE
        )
        self._images = self.create_publisher(Image, f"{name}/image_raw", COMMAND)
        self._infos = self.create_publisher(CameraInfo, f"{name}/camera_info", COMMAND)
        self._task_states = self.create_publisher(TaskState, "task_state", STATE)
        self._clocks = self.create_publisher(ClockMessage, "/clock", CLOCK)
        topics = {
            "arm": self._robot.controller_topic,
            "gripper": self._robot.gripper.controller_topic,
        }
        for part, topic in topics.items():
            self.create_subscription(
                JointTrajectory, topic, partial(self._on_trajectory, part), COMMAND
            )
        self.create_service(ResetScene, "reset_scene", self._on_reset)

    def _start_time(self) -> None:
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        if self._mode == "realtime":
            self.create_timer(DT, self._pass_time, clock=steady)
        else:
            after = self._get("repeat_after")
            self._repeat = self.create_timer(after, self._publish_now, clock=steady)

    def _forget_commands(self) -> None:
        """Until told otherwise, the controllers hold where the arm is."""
        fingers = np.full(len(self._gripper_names), self._session.fingers)
        self._controllers = {
            "arm": TrajectoryController(self._arm_names, self._session.joint_positions),
            "gripper": TrajectoryController(self._gripper_names, fingers),
        }
        self._answered: dict[str, int] = {}

    def _on_trajectory(self, part: str, message: JointTrajectory) -> None:
        """A trajectory for a controller; one that it rejects is logged and dropped."""
        stamp, now = stamp_to_ns(message.header.stamp), self._session.stamp_ns
        try:
            points = convert.points_of(message)
            self._controllers[part].accept(message.joint_names, points, stamp, now)
        except ConfigError as error:
            self.get_logger().error(str(error), throttle_duration_sec=1.0)
        else:
            self._answer(part, stamp)

    def _answer(self, part: str, stamp: int) -> None:
        """In lock-step, time passes once every part has its command of this very instant."""
        if self._mode != "lockstep":
            return
        self._answered[part] = stamp
        now = self._session.stamp_ns
        if all(self._answered.get(part) == now for part in ("arm", "gripper")):
            self._repeat.reset()
            self._pass_time()

    def _pass_time(self) -> None:
        then = self._session.stamp_ns + DT_NS
        arm, gripper = (self._controllers[part].at(then).joints for part in ("arm", "gripper"))
        self._session.advance(arm, float(gripper[0]))
        self._publish_now()

    def _publish_now(self) -> None:
        """Everything that is to be known of this instant."""
        session, stamp = self._session, self._session.stamp_ns
        self._clocks.publish(ClockMessage(clock=convert.time_message(stamp)))
        self._task_states.publish(
            convert.task_state_message(stamp, session.steps, session.success())
        )
        self._joint_states.publish(
            convert.joint_state_message(
                stamp,
                self._arm_names + self._gripper_names,
                *session.joint_state(),
            )
        )
        if session.steps % self._image_every == 0:
            self._publish_image(stamp)

    def _publish_image(self, stamp: int) -> None:
        frame = self._optical_frame
        self._infos.publish(
            convert.camera_info_message(stamp, frame, self._session.camera.settings)
        )
        image = self._session.image()
        self._images.publish(convert.image_message(stamp, frame, image))

    def _on_reset(
        self, request: ResetScene.Request, response: ResetScene.Response
    ) -> ResetScene.Response:
        try:
            if request.task != self._get("task"):
                raise ConfigError(
                    f"task '{request.task}' is not simulated here, '{self._get('task')}' is"
                )
            scene = self._session.reset(request.seed, request.instruction)
        except RlcoError as error:
            response.message = str(error)
            return response
        self._forget_commands()
        response.success, response.instruction = True, scene.instruction
        response.max_steps = self._session.max_steps
        response.stamp = convert.time_message(self._session.stamp_ns)
        self._publish_now()
        return response


def main(args: list[str] | None = None) -> int:
    """Runs the node until it is told to stop."""
    return run(SimNode, args)


if __name__ == "__main__":
    sys.exit(main())
