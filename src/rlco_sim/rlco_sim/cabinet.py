# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A cabinet with one drawer on a real slide: friction, damping, stops, a handle to pull."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pinocchio as pin

from rlco_sim.bullet import pybullet
from rlco_sim.world import World

#: Middle of the cabinet above the table, and how far the drawer comes out, m.
HEIGHT = 0.055
TRAVEL = 0.14
#: Middle of the closed drawer's handle in the cabinet's frame, m.
HANDLE = (0.143, 0.0, 0.036)

_URDF = Path(str(files("rlco_sim"))) / "models" / "cabinet.urdf"
_HANDLE_MASS = 0.05
_LINKS = ("drawer", "handle")


class Cabinet:
    """The cabinet in one world; its frame lies in its middle, with x out of the front.

    Looks, friction, damping and mass are what the world's settings say. The slide's friction is
    a motor that holds it at rest with no more than that force.
    """

    def __init__(self, world: World) -> None:
        self._world, self._client = world, world.client
        self.body = world.add_model(_URDF, (0.0, 0.0, HEIGHT), 0.0)
        joints = range(pybullet.getNumJoints(self.body, physicsClientId=self._client))
        infos = [pybullet.getJointInfo(self.body, k, physicsClientId=self._client) for k in joints]
        self._links = {info[12].decode(): info[0] for info in infos}
        self._slide = self._links["drawer"]
        self._paint()
        self._fit_slide()

    @property
    def travel(self) -> float:
        """How far the drawer is out, m; 0 is closed."""
        return float(self._slide_state()[0])

    @property
    def speed(self) -> float:
        """How fast the drawer comes out, m/s; negative as it goes in."""
        return float(self._slide_state()[1])

    @property
    def pose(self) -> pin.SE3:
        """The cabinet's frame in the base frame."""
        return self._world.pose(self.body)

    @property
    def handle(self) -> pin.SE3:
        """The middle of the handle in the base frame; x points to where the drawer opens."""
        return self.handle_at(self.travel)

    def handle_at(self, travel: float) -> pin.SE3:
        """Where ``handle`` is when the drawer is ``travel`` m out."""
        return self.pose * pin.SE3(np.eye(3), np.add(HANDLE, (travel, 0.0, 0.0)))

    def place(self, position: tuple[float, float], yaw: float) -> None:
        """Stands the cabinet on the table at ``position`` (x, y) m; the drawer opens to ``yaw``."""
        self._world.place(self.body, (*position, HEIGHT), yaw)

    def set_travel(self, travel: float) -> None:
        """Puts the drawer ``travel`` m out, at rest."""
        pybullet.resetJointState(self.body, self._slide, travel, 0.0, physicsClientId=self._client)

    def touched(self) -> bool:
        """Whether the arm touches the drawer or its handle."""
        contacts = pybullet.getContactPoints(
            self._world.arm.body, self.body, physicsClientId=self._client
        )
        return any(contact[4] in (self._links[name] for name in _LINKS) for contact in contacts)

    def _slide_state(self) -> tuple[float, ...]:
        state: tuple[float, ...] = pybullet.getJointState(
            self.body, self._slide, physicsClientId=self._client
        )
        return state

    def _paint(self) -> None:
        looks = self._world.settings.looks
        paints = {-1: looks.cabinet}
        paints |= {self._links[name]: getattr(looks, name) for name in _LINKS}
        for link, colour in paints.items():
            pybullet.changeVisualShape(
                self.body, link, rgbaColor=[*colour, 1.0], physicsClientId=self._client
            )

    def _fit_slide(self) -> None:
        slide, objects = self._world.settings.drawer, self._world.settings.objects
        # The handle's mass is part of the drawer's.
        masses = {"drawer": slide.mass - _HANDLE_MASS, "handle": _HANDLE_MASS}
        for name, mass in masses.items():
            self._change(self._links[name], mass=mass, lateralFriction=objects.friction)
        # In calls of their own: Bullet gives the base a mass that it finds beside a damping.
        self._change(-1, linearDamping=0.0, angularDamping=0.0)
        self._change(self._slide, jointDamping=slide.damping)
        pybullet.setJointMotorControl2(
            self.body, self._slide, pybullet.VELOCITY_CONTROL, targetVelocity=0.0,
            force=slide.friction, physicsClientId=self._client,
        )  # fmt: skip

    def _change(self, link: int, **dynamics: float) -> None:
        pybullet.changeDynamics(self.body, link, **dynamics, physicsClientId=self._client)
