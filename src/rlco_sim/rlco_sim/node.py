# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The simulated robot on ROS 2: it speaks as real drivers do, see ``rlco_sim.drivers``.

    out: <camera>/image_raw, <camera>/camera_info, task_state, /clock, and what the driver tells;
         in realtime ~/true_joint_states, too
    in:  what the driver takes
    services: reset_scene, ~/inject_fault

In ``lockstep`` time stands still until the commands of an instant are in, so a run is
deterministic and as fast as the machine. In ``realtime`` it passes at its own pace, and the
controllers go on with what they were sent last.
"""

from __future__ import annotations

import sys
from typing import Any

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rosgraph_msgs.msg import Clock as ClockMessage
from sensor_msgs.msg import CameraInfo, Image, JointState

from rlco_core.errors import ConfigError, RlcoError, choices
from rlco_core.robot import RobotConfig
from rlco_interfaces.msg import TaskState
from rlco_interfaces.srv import InjectFault, ResetScene
from rlco_ros.parameters import flag, real, text, whole
from rlco_ros.qos import CLOCK, COMMAND, STATE
from rlco_ros.run import run
from rlco_sim import convert
from rlco_sim.domain import Domain
from rlco_sim.drivers.driver import Driver, Stand
from rlco_sim.drivers.franka import FrankaDriver
from rlco_sim.drivers.plain import PlainDriver
from rlco_sim.drivers.ur import GRIPPERS, UrDriver
from rlco_sim.session import DT, Session

MODES = ("lockstep", "realtime")
DRIVERS = ("plain", "ur", "franka")
PARAMETERS = (
    text("task", "push_cube", "task whose scene is simulated"),
    text("domain", "twin", "domain by name, or path of its YAML file"),
    text("split", "train", "what episodes are drawn from: train or an unseen_... split"),
    text("robot", "panda", "robot by name, or path of its YAML file"),
    text("tf_prefix", "", "prefix of joint and frame names"),
    text("mode", "lockstep", "who lets time pass", MODES),
    real("real_time_factor", 1.0, "realtime: how fast time passes", 0.01, 100.0),
    whole("image_every", 4, "control periods from one image to the next", 1, 1000),
    real("repeat_after", 0.5, "lockstep: silence after which all is said again, s", 0.05, 60.0),
    text("driver", "plain", "as whose driver the robot speaks", DRIVERS),
    real("joint_state_rate", 100.0, "realtime, ur and franka: joint states per s", 20.0, 1000.0),
    flag("interpolate_from_desired_state", False, "ur, franka: trajectories begin as commanded"),
    text("initial_joint_controller", "", "ur, franka: the one that is active; empty: as usual"),
    text("gripper", GRIPPERS[0], "ur: how the gripper is commanded", GRIPPERS),
    whole("gripper_pin", 0, "ur: output that closes the gripper of digital_output", 0, 17),
)


class SimNode(Node):
    """Lets time pass, and shows the scene; the world is in ``Session``, the robot's ends are its
    driver's.
    """

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("sim_node", **node_arguments)
        self.declare_parameters("", list(PARAMETERS))
        self._lockstep = self._choice("mode", MODES) == "lockstep"
        robot = RobotConfig.load(self._get("robot"))
        domain = Domain.load(self._get("domain"))
        self._session = Session(self._get("task"), domain, robot, self._get("split"))
        self._image_every = self._get("image_every")
        self._camera = self._session.domain.camera
        self._optical_frame = f"{self._get('tf_prefix')}{self._camera.name}_optical_frame"
        self._answered: dict[str, int] = {}
        self._part = 0
        self._driver = self._make_driver()
        self._open_topics()
        self._start_time()
        self._publish_now()
        self.get_logger().info(f"{robot.name} in '{self._get('domain')}', {self._get('mode')}")

    def _get(self, name: str) -> Any:
        return self.get_parameter(name).value

    def _choice(self, name: str, known: tuple[str, ...]) -> str:
        value: str = self._get(name)
        if value not in known:
            raise ConfigError(f"{name} '{value}' is unknown; it should be {choices(known)}")
        return value

    def _make_driver(self) -> Driver:
        name = self._choice("driver", DRIVERS)
        most = self._session.substeps
        parts = 1 if self._lockstep else min(round(self._get("joint_state_rate") * DT), most)
        stand = Stand(
            self, self._session, self._get("tf_prefix"), parts, self._lockstep, self._answer
        )
        driver = self._driver_of(name, stand)
        for package, uses in stand.missing.items():
            self.get_logger().warning(f"{package} is not installed: without {', '.join(uses)}")
        return driver

    def _driver_of(self, name: str, stand: Stand) -> Driver:
        if name == "plain":
            return PlainDriver(stand)
        from_desired = self._get("interpolate_from_desired_state")
        initial = self._get("initial_joint_controller")
        if name == "franka":
            return FrankaDriver(stand, from_desired, initial)
        gripper = self._get("gripper"), self._get("gripper_pin")
        return UrDriver(stand, from_desired, initial, *gripper)

    def _open_topics(self) -> None:
        name = self._camera.name
        self._images = self.create_publisher(Image, f"{name}/image_raw", COMMAND)
        self._infos = self.create_publisher(CameraInfo, f"{name}/camera_info", COMMAND)
        self._task_states = self.create_publisher(TaskState, "task_state", STATE)
        self._clocks = self.create_publisher(ClockMessage, "/clock", CLOCK)
        #: What no driver tells: where the joints really are, whatever the robot says of them.
        self._truths = self.create_publisher(JointState, "~/true_joint_states", STATE)
        robot, prefix = self._session.robot, self._get("tf_prefix")
        self._joints = [prefix + n for n in (*robot.joint_names, *robot.gripper_joint_names)]
        self.create_service(ResetScene, "reset_scene", self._on_reset)
        self.create_service(InjectFault, "~/inject_fault", self._on_fault)

    def _start_time(self) -> None:
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        #: Lets time pass by itself in lock-step, without starving those who talk to the node.
        self._onwards = self.create_guard_condition(self._go_on)
        if self._lockstep:
            after = self._get("repeat_after")
            self._repeat = self.create_timer(after, self._publish_now, clock=steady)
        else:
            period = DT / self._driver.parts / self._get("real_time_factor")
            self.create_timer(period, self._pass_time, clock=steady)

    def _answer(self, part: str, stamp: int) -> None:
        """In lock-step, time passes once every part has its command of this very instant."""
        if not self._lockstep:
            return
        self._answered[part] = stamp
        now = self._session.stamp_ns
        if all(self._answered.get(part) == now for part in self._driver.awaited):
            self._repeat.reset()
            self._pass_time()

    def _go_on(self) -> None:
        """A goal that runs answers the instant."""
        if self._driver.busy:
            self._repeat.reset()
            self._pass_time()

    def _pass_time(self) -> None:
        self._driver.advance(self._part)
        self._part = (self._part + 1) % self._driver.parts
        self._publish_now()

    def _publish_now(self) -> None:
        """Everything that is to be known of this instant."""
        session, stamp = self._session, self._session.stamp_ns
        self._clocks.publish(ClockMessage(clock=convert.time_message(stamp)))
        if not session.between:
            self._task_states.publish(
                convert.task_state_message(stamp, session.steps, session.success())
            )
        self._driver.say()
        if not self._lockstep:
            truth = convert.joint_state_message(stamp, self._joints, *session.world.arm.state)
            self._truths.publish(truth)
        if not session.between and session.steps % self._image_every == 0:
            self._publish_image(stamp)
        if self._lockstep and self._driver.busy:
            self._onwards.trigger()

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
        self._answered, self._part = {}, 0
        self._driver.begin()
        response.success, response.instruction = True, scene.instruction
        response.max_steps = self._session.max_steps
        response.stamp = convert.time_message(self._session.stamp_ns)
        self._publish_now()
        return response

    def _on_fault(
        self, request: InjectFault.Request, response: InjectFault.Response
    ) -> InjectFault.Response:
        try:
            self._driver.inject(request.fault, request.value)
        except ConfigError as error:
            response.message = str(error)
            return response
        response.success = True
        response.message = f"known: {choices(self._driver.faults)}"
        return response


def main(args: list[str] | None = None) -> int:
    """Runs the node until it is told to stop."""
    return run(SimNode, args)


if __name__ == "__main__":
    sys.exit(main())
