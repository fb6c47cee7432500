# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A running simulation as a robot shows itself: joints and images out, joint commands in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rlco_core.errors import ConfigError
from rlco_core.kinematics import Kinematics
from rlco_core.proprioception import Posture, proprioception
from rlco_core.robot import RobotConfig
from rlco_core.types import Observation
from rlco_sim.camera import Camera, Image, Shot
from rlco_sim.distractors import add_distractors
from rlco_sim.domain import Domain
from rlco_sim.latency import LateView
from rlco_sim.meshes import KEPT
from rlco_sim.scene import Scene, check_instruction, check_split
from rlco_sim.scenery import Scenery
from rlco_sim.settings import CameraSettings, Settings
from rlco_sim.tasks import task_class
from rlco_sim.world import World

DT = 0.05
DT_NS = 50_000_000
_HOME_JITTER = 0.02
# Keep what a seed draws for one purpose apart from what it draws for another.
_NOISE, _CLUTTER, _HOME, _REDRAW = 0x6E6F6973, 0x636C7574, 0x686F6D65, 0x64726177


class Session:
    """One task in one domain with one arm, stepped by joint commands.

    The same seed gives the same episode to the bit on the same machine and versions.
    Time only goes forward: a reset starts a new episode one period later.

    Args:
        task: name of the task.
        domain: the worlds; every episode draws its own.
        robot: the arm.
        split: what episodes are drawn from, see ``rlco_sim.scene.SPLITS``.
        kept: share of the triangles of the arm's meshes that is kept.

    Attributes:
        progress: of the training, in [0, 1]; where the domain's curricula stand from the next
            reset on.
        seed: of this episode.
        stamp_ns: simulated time, ns.
        steps: control periods since the reset.
        scene: instruction and subject of this episode.
    """

    def __init__(
        self,
        task: str,
        domain: Domain,
        robot: RobotConfig,
        split: str = "train",
        kept: float = KEPT,
    ) -> None:
        self.robot = robot
        self.domain = domain
        self._task_class = task_class(task)
        self._split = check_split(split, self._task_class)
        self._kinematics = Kinematics(robot)  # first, as it says what is wrong with a robot
        self.world = World(robot, DT, kept)
        self._late_images = LateView(self._shoot, DT)
        self._late_joints = LateView(lambda: (self.motor_positions, self.motor_velocities), DT)
        self.progress = 1.0
        self.stamp_ns = 0
        self.reset(0)

    @property
    def max_steps(self) -> int:
        """Control periods after which the episode ends: the domain's takt, or the task's limit."""
        longest = self._task_class.max_steps
        takt = self.world.settings.timing.takt.get(self._task_class.name)
        return longest if takt is None else min(longest, round(takt / DT))

    @property
    def milestones(self) -> tuple[str, ...]:
        """What comes before success."""
        return self._task_class.milestones

    def close(self) -> None:
        """Frees the physics client."""
        self.world.close()

    def reset(self, seed: int, instruction: str = "") -> Scene:
        """Starts the episode of ``seed``; a non-empty instruction replaces the drawn one.

        Raises:
            ConfigError: negative seed, or an instruction that the task cannot judge.
        """
        if seed < 0:
            raise ConfigError(f"seed {seed} is negative; seeds are 0, 1, 2 ...")
        if instruction:
            # Checked first: a foul one leaves the running scene alone.
            check_instruction(instruction, self._task_class, self._split)
        self.seed = seed
        settings = self.domain.draw(seed, self.progress)
        self.world.rebuild(settings)
        self.task = self._task_class(self.world, self._split)
        self._place_arm(seed)
        self.scene = self.task.reset(np.random.default_rng(seed), instruction)
        add_distractors(self.world, np.random.default_rng((_CLUTTER, seed)))
        self._show(settings)
        self.steps = self._held = self._substep = 0
        self._measure()
        self._told = Posture(self.joint_positions, self.gripper_opening)
        self._done = self.task.success()
        self._late_images.reset(settings.timing, seed)
        self._late_joints.reset(settings.timing, seed)
        self.stamp_ns += DT_NS
        self._began_ns = self.stamp_ns
        return self.scene

    def advance(self, joints: NDArray[np.float64], fingers: float) -> None:
        """Commands arm (n,) rad and fingers (m or rad) for one control period; it passes."""
        self._told = Posture(joints, self.robot.gripper.opening(fingers))
        self.world.arm.advance(joints, fingers)
        self._measure()
        self._end_period()

    @property
    def substeps(self) -> int:
        """Steps of physics in a control period of this episode."""
        return self.world.settings.physics.substeps

    def step(self, joints: NDArray[np.float64], fingers: float, prompt: bool = False) -> None:
        """Commands arm and fingers for one step of physics, the ``substeps``-th part of a control
        period; it passes. ``prompt`` as in ``Arm.step``. Not to be mixed with ``advance`` within
        a period.
        """
        self._told = Posture(joints, self.robot.gripper.opening(fingers))
        self.world.arm.step(joints, fingers, prompt)
        self._measure()
        self.stamp_ns = self.next_ns
        self._substep = (self._substep + 1) % self.substeps
        if not self.between:
            self._end_period()

    def _end_period(self) -> None:
        """What follows from a control period that has passed: judgement, and older views."""
        self.steps += 1
        self._began_ns += DT_NS
        self.stamp_ns = self._began_ns
        self._done = self.task.success()
        self._held = self._held + 1 if self._done else 0
        every = self.world.settings.looks.redraw
        if every and self.steps % every == 0:
            self._redraw()
        self._late_images.advance()
        self._late_joints.advance()

    def success(self) -> bool:
        """Whether the task is done by now, and has been for as long as it must hold."""
        return self._done and self._held >= self._task_class.hold_steps

    @property
    def holding(self) -> bool:
        """Whether the task is done, but not yet for as long as it must hold."""
        return self._done and not self.success()

    def reached(self) -> tuple[bool, ...]:
        """Which of the task's milestones hold now."""
        return self.task.reached()

    def distance(self) -> float:
        """From the end effector to the subject, and from there to where it is to come, m."""
        subject, goal = self.task.points()
        away = np.linalg.norm(subject - self.end_effector())
        return float(away + np.linalg.norm(goal - subject))

    def sideways(self) -> NDArray[np.float64]:
        """(3,) of length 1, across the subject: says how it is turned."""
        frame = next(iter(self.task.references().values()))
        across: NDArray[np.float64] = frame.rotation[:, 1]
        return across

    @property
    def between(self) -> bool:
        """Whether a control period has begun and is not over."""
        return self._substep > 0

    @property
    def next_ns(self) -> int:
        """Simulated time, ns, at which the next step of physics ends."""
        return self._began_ns + DT_NS * (self._substep + 1) // self.substeps

    @property
    def joint_positions(self) -> NDArray[np.float64]:
        """(n,) measured arm joints, rad."""
        return self.motor_positions[: len(self.robot.joint_names)]

    @property
    def fingers(self) -> float:
        """Measured position of the first finger joint, m or rad."""
        return float(self.motor_positions[len(self.robot.joint_names)])

    @property
    def gripper_opening(self) -> float:
        """Measured opening in [0, 1]."""
        return self.robot.gripper.opening(self.fingers)

    def end_effector(self) -> NDArray[np.float64]:
        """(3,) m, where the end effector is now, in the base frame."""
        position: NDArray[np.float64] = self._kinematics.forward(self.joint_positions).translation
        return position.copy()

    def proprioception(self) -> NDArray[np.float32]:
        """(17,) float32 as it is now, see ``rlco_core.proprioception``."""
        return self._proprioception(self.motor_positions)

    def image(self) -> Image:
        """The image that has arrived by now; late, where the domain says so."""
        return self._late_images.now().image

    def joint_state(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The (n + fingers,) positions and velocities that have arrived by now."""
        return self._late_joints.now()

    def observation(self) -> Observation:
        """What a policy would see now."""
        return Observation(
            stamp_ns=self.stamp_ns,
            images={self.domain.camera.name: self.image()},
            proprioception=self._proprioception(self.joint_state()[0]),
            instruction=self.scene.instruction,
        )

    def view(self, width: int, height: int) -> NDArray[np.uint8]:
        """(height, width, 3) uint8 RGB from the policy's camera at another size, for people."""
        world = self.world
        camera = framed(world.settings.camera, width, height)
        return Camera(self._scenery, camera, world.settings.light).render()

    def _place_arm(self, seed: int) -> None:
        """Near home. Drawn apart from the scene, which is the same for arms of 6 and 7 joints."""
        home = np.array(self.robot.home)
        jitter = np.random.default_rng((_HOME, seed)).uniform(-1.0, 1.0, len(home))
        fingers = self.robot.gripper.joint_position(self._task_class.gripper_opening)
        self.world.arm.reset(home + _HOME_JITTER * jitter, fingers)

    def _redraw(self) -> None:
        """Another camera, light and room for the same scene."""
        key = np.random.SeedSequence((_REDRAW, self.seed, self.steps)).generate_state(1)
        settings = self.domain.draw(int(key[0]), self.progress)
        looks = settings.looks
        self.world.repaint(looks.table, looks.floor, looks.wall)
        self._show(settings)

    def _show(self, settings: Settings) -> None:
        """Sets up what the camera sees."""
        tints = {self.world.arm.body: settings.looks.arm}
        self._scenery = Scenery(self.world.client, self.world.surfaces, tints)
        self.camera = Camera(self._scenery, settings.camera, settings.light)

    def _measure(self) -> None:
        #: (n + fingers,) measured positions and velocities, arm joints first.
        self.motor_positions, self.motor_velocities = self.world.arm.state

    def _shoot(self) -> Shot:
        return self.camera.shoot((_NOISE, self.seed, self.steps))

    def _proprioception(self, positions: NDArray[np.float64]) -> NDArray[np.float32]:
        count = len(self.robot.joint_names)
        opening = self.robot.gripper.opening(float(positions[count]))
        return proprioception(self._kinematics, Posture(positions[:count], opening), self._told)


def resized(camera: CameraSettings, width: int, height: int) -> CameraSettings:
    """The same camera with another number of pixels; its blur grows with them."""
    across, down = width / camera.width, height / camera.height
    fx, _, cx, _, fy, cy, *_ = camera.k
    return camera.model_copy(
        update={
            "width": width,
            "height": height,
            # Whole numbers are the middles of pixels, so the edge of the image lies at -1/2.
            "k": (
                *(fx * across, 0.0, (cx + 0.5) * across - 0.5),
                *(0.0, fy * down, (cy + 0.5) * down - 0.5),
                *(0.0, 0.0, 1.0),
            ),
            "blur": camera.blur * across,
        }
    )


def framed(camera: CameraSettings, width: int, height: int) -> CameraSettings:
    """The same view at another height, with more or less to see left and right."""
    natural = round(height * camera.width / camera.height)
    scaled = resized(camera, natural, height)
    fx, _, cx, *rest = scaled.k
    aside = (width - natural) / 2.0
    return scaled.model_copy(update={"width": width, "k": (fx, 0.0, cx + aside, *rest)})
