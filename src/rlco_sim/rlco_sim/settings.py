# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The settings of one world: what a domain says once everything in it is drawn.

Units: m, rad, s, kg, N. Frames: the robot's base frame, REP 103. Colours: RGB in [0, 1].
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Vector3 = Annotated[tuple[float, ...], Field(min_length=3, max_length=3)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Colour = Annotated[tuple[Fraction, ...], Field(min_length=3, max_length=3)]
Positive = Annotated[float, Field(gt=0.0)]
NotNegative = Annotated[float, Field(ge=0.0)]
Texture = Literal["plain", "checker", "stripes", "wood", "clouds", "speckle"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class CameraSettings(_Strict):
    """A camera: its image, lens, pose and sensor.

    ``k`` (3x3, row by row, pixels) and ``d`` (plumb_bob: k1, k2, p1, p2, k3) are as in
    sensor_msgs/CameraInfo. The camera stands at ``eye``, looks at ``target`` and is turned by
    ``roll`` about its optical axis (clockwise as the camera sees it).
    """

    name: str
    width: Annotated[int, Field(gt=0, le=4096)]
    height: Annotated[int, Field(gt=0, le=4096)]
    k: Annotated[tuple[float, ...], Field(min_length=9, max_length=9)]
    d: Annotated[tuple[float, ...], Field(min_length=5, max_length=5)]
    eye: Vector3
    target: Vector3
    roll: float
    #: Standard deviation of the noise of every value, grey levels of 255.
    noise: NotNegative
    #: Standard deviation of the blur, pixels.
    blur: Annotated[float, Field(ge=0.0, le=20.0)]
    #: Brightness gain, 1 for none.
    exposure: Positive
    #: Gain of red, green and blue.
    white_balance: Annotated[tuple[Positive, ...], Field(min_length=3, max_length=3)]
    #: 100 leaves JPEG out.
    jpeg_quality: Annotated[int, Field(ge=1, le=100)]

    @model_validator(mode="after")
    def _pinhole(self) -> CameraSettings:
        k = self.k
        if k[0] <= 0.0 or k[4] <= 0.0:
            raise ValueError(f"k has focal lengths {k[0]} and {k[4]}; they must be positive")
        if any(k[i] != 0.0 for i in (1, 3, 6, 7)) or k[8] != 1.0:
            raise ValueError("k must be [fx, 0, cx, 0, fy, cy, 0, 0, 1]")
        if self.eye == self.target:
            raise ValueError("eye and target are the same point; they must differ")
        if any(self.d) and not _invertible(self):
            raise ValueError("d folds the picture: two directions would fall on one of its pixels")
        return self


def _invertible(camera: CameraSettings) -> bool:
    """Whether the lens, out to the corners, takes what is further out to further out."""
    (fx, _, cx, _, fy, cy, *_), (k1, k2, _, _, k3) = camera.k, camera.d
    reach = [max(c + 0.5, size - 0.5 - c) / f
             for c, size, f in ((cx, camera.width, fx), (cy, camera.height, fy))]  # fmt: skip
    corner, bent = math.hypot(*reach), 0.0
    for step in range(1, 301):
        square = (step / 100.0) ** 2  # of the tangent of the angle to the optical axis
        further = step / 100.0 * (1.0 + square * (k1 + square * (k2 + square * k3)))
        if bent >= corner:
            return True
        if further <= bent:
            return False
        bent = further
    return bent >= corner


class LightSettings(_Strict):
    """One distant light; ``direction`` points from the table to the light."""

    direction: Vector3
    colour: Colour
    ambient: Fraction
    diffuse: Fraction
    specular: Fraction
    shadow: bool


class Surface(_Strict):
    """A colour and a pattern that darkens it by up to ``contrast``."""

    colour: Colour
    texture: Texture
    contrast: Fraction


class LooksSettings(_Strict):
    """What things look like; ``distractors`` things stand about that no task needs.

    After every ``redraw`` control periods camera, light and room are drawn anew within an
    episode, 0 for never: policies without a memory do not mind, and see many more worlds.
    """

    #: Factor on the colours of the arm's links.
    arm: Colour
    table: Surface
    floor: Surface
    wall: Surface
    goal: Colour
    container: Colour
    cabinet: Colour
    drawer: Colour
    handle: Colour
    cubes: dict[str, Colour]
    #: Of the things to pick and place.
    object: Colour
    distractors: Annotated[int, Field(ge=0, le=8)]
    redraw: Annotated[int, Field(ge=0)]


class ControllerSettings(_Strict):
    """The arm's servos: stiffness in (0, 1], share of the joints' torque, time constant of
    a first-order lag, delay from command to motion, viscous damping of the joints, N m s/rad.
    """

    gain: Annotated[float, Field(gt=0.0, le=1.0)]
    force_scale: Positive
    lag: Annotated[float, Field(ge=0.0, le=0.5)]
    delay: Annotated[float, Field(ge=0.0, le=0.5)]
    joint_damping: NotNegative


class GripperSettings(_Strict):
    """Speed of every finger joint (per s), its force, and friction of the pads."""

    speed: Positive
    force: Positive
    friction: Positive


class ObjectSettings(_Strict):
    """Whatever can be moved: mass, friction, and a factor on its size."""

    mass: Positive
    friction: Positive
    size: Annotated[float, Field(ge=0.8, le=1.2)]


class DrawerSettings(_Strict):
    """The drawer's slide: Coulomb friction N, viscous damping N s/m, mass kg."""

    friction: NotNegative
    damping: NotNegative
    mass: Positive


class PhysicsSettings(_Strict):
    """Physics steps per control period, friction of the table top."""

    substeps: Annotated[int, Field(ge=4, le=200)]
    table_friction: Positive


class TimingSettings(_Strict):
    """Age of what a policy sees, s: ``latency``, and up to ``jitter`` more.

    Images and joint states are stamped on arrival, as most drivers do, so no stamp tells.
    ``takt``, s, by task: how long an episode may last, where that is less than the task allows.
    """

    latency: Annotated[float, Field(ge=0.0, le=0.5)]
    jitter: Annotated[float, Field(ge=0.0, le=0.5)]
    takt: dict[str, Positive] = Field(default_factory=dict)


class Settings(_Strict):
    """Everything that tells one world from another."""

    camera: CameraSettings
    light: LightSettings
    looks: LooksSettings
    controller: ControllerSettings
    gripper: GripperSettings
    objects: ObjectSettings
    drawer: DrawerSettings
    physics: PhysicsSettings
    timing: TimingSettings
