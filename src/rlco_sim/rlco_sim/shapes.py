# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Shapes are data: ``shapes/shapes.yaml`` holds the things to pick and place, and their grasps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from rlco_core.config import read_yaml
from rlco_sim.world import Part, Point

_Numbers = tuple[float, ...]
_Point = Annotated[_Numbers, Field(min_length=3, max_length=3)]
_Pair = Annotated[_Numbers, Field(min_length=2, max_length=2)]
_ORIGIN = (0.0, 0.0, 0.0)
#: A cylinder's lowest point is found to 0.9 % of its radius.
_RIM_POINTS = 24
_TRIED_YAWS = 24
#: Width that a turn by one rad is worth, m.
_EASE = 0.01
_PREFERRED_YAW = 0.3


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _Solid(_Strict):
    """A box, a cylinder or a ring of boxes; the file's head explains the keys."""

    box: _Point | None = None
    cylinder: _Pair | None = None
    ring: _Point | None = None
    sides: Annotated[int, Field(ge=3, le=24)] = 12
    lean: float = 0.0
    at: _Point = _ORIGIN
    rpy: _Point = _ORIGIN
    shade: Annotated[float, Field(gt=0.0)] = 1.0

    @model_validator(mode="after")
    def _one_kind(self) -> _Solid:
        if sum(kind is not None for kind in (self.box, self.cylinder, self.ring)) != 1:
            raise ValueError("a solid must be one of box, cylinder and ring")
        return self

    def parts(self) -> list[Part]:
        """The solid as parts of a thing."""
        at, rpy = _point(self.at), _point(self.rpy)
        if self.box is not None:
            return [Part("box", _point(self.box), at, rpy, self.shade)]
        if self.cylinder is not None:
            radius, half = self.cylinder
            return [Part("cylinder", (radius, radius, half), at, rpy, self.shade)]
        assert self.ring is not None
        ring, sides = _point(self.ring), range(self.sides)
        return [self._side(ring, 2.0 * math.pi * k / self.sides) for k in sides]

    def _side(self, ring: Point, angle: float) -> Part:
        """One box of a ring; neighbours overlap within, so that no gap is left outside."""
        radius, thickness, half = ring
        middle, across = radius - thickness / 2.0, radius * math.tan(math.pi / self.sides)
        x, y = middle * math.cos(angle), middle * math.sin(angle)
        place = (self.at[0] + x, self.at[1] + y, self.at[2])
        size = (thickness / 2.0, across, half)
        return Part("box", size, place, (0.0, self.lean, angle), self.shade)


class _Grasp(_Strict):
    at: _Pair = (0.0, 0.0)
    height: Annotated[float, Field(gt=0.0)]
    yaw: float | None = None
    width: Annotated[float, Field(ge=0.015, le=0.06)]


class _Entry(_Strict):
    split: Literal["train", "unseen"]
    solids: Annotated[tuple[_Solid, ...], Field(min_length=1)]
    grasps: Annotated[tuple[_Grasp, ...], Field(min_length=1)]


class _File(_Strict):
    shapes: dict[Annotated[str, Field(pattern="^[a-z]+$")], _Entry]


@dataclass(frozen=True)
class Grasp:
    """Where fingers can close on a shape.

    Attributes:
        point: (3,) m, of the tool in the shape's frame.
        yaw: rad, of the tool in the shape's frame: at 0 the fingers close along its y axis;
            None where any will do.
        width: m, what they close on.
    """

    point: NDArray[np.float64]
    yaw: float | None
    width: float


@dataclass(frozen=True)
class Shape:
    """A thing of uniform density; its frame is upright as it stands, at its centre of mass.

    Attributes:
        name: a noun.
        parts: what it is made of.
        grasps: the best first.
        standing: m, of the frame above the table.
        height: m, of all of it.
        corners: (n, 3) m, points of its surface, all of its corners among them.
    """

    name: str
    parts: tuple[Part, ...]
    grasps: tuple[Grasp, ...]
    standing: float
    height: float
    corners: NDArray[np.float64]

    def lowest(self, pose: pin.SE3) -> float:
        """Height of its lowest point when it is at ``pose``, m."""
        return float((self.corners @ pose.rotation[2]).min() + pose.translation[2])

    def lying(self, pose: pin.SE3) -> pin.SE3:
        """Upright pose of a tool that closes across it where it is narrow, however it lies."""
        points = (self.corners @ pose.rotation.T + pose.translation)[:, :2]
        yaws = np.linspace(-np.pi / 2.0, np.pi / 2.0, _TRIED_YAWS, endpoint=False)
        across = points @ np.array([-np.sin(yaws), np.cos(yaws)])
        # Where it is about as wide all around, the arm need not turn; and of two ways that are
        # half a turn apart, it is always the same that counts as shorter.
        ease = _EASE * np.abs(yaws - _PREFERRED_YAW)
        yaw = float(yaws[(np.ptp(across, axis=0) + ease).argmin()])
        middle = (points.min(axis=0) + points.max(axis=0)) / 2.0
        return pin.SE3(pin.utils.rotate("z", yaw), np.array([*middle, pose.translation[2]]))


def names(unseen: bool) -> tuple[str, ...]:
    """The shapes that training sees, or those that it never sees."""
    wanted = "unseen" if unseen else "train"
    return tuple(name for name, entry in _entries().items() if entry.split == wanted)


def shape(name: str, size: float = 1.0) -> Shape:
    """The shape called ``name``, ``size`` times as large as in the file."""
    entry = _entries()[name]
    raw = [part for solid in entry.solids for part in solid.parts()]
    centre = _centre_of_mass(raw)
    parts = tuple(_moved(part, centre, size) for part in raw)
    corners = np.concatenate([_corners(part) for part in parts])
    return Shape(
        name=name,
        parts=parts,
        grasps=tuple(
            Grasp((np.array([*g.at, g.height]) - centre) * size, g.yaw, g.width * size)
            for g in entry.grasps
        ),
        standing=-float(corners[:, 2].min()),
        height=float(np.ptp(corners[:, 2])),
        corners=corners,
    )


@cache
def _entries() -> dict[str, _Entry]:
    path = Path(str(files("rlco_sim"))) / "shapes" / "shapes.yaml"
    return read_yaml(_File, path).shapes


def _moved(part: Part, centre: NDArray[np.float64], size: float) -> Part:
    """A part of the file in the frame at the centre of mass, scaled."""
    half, place = size * np.array(part.half), size * (np.array(part.position) - centre)
    return Part(part.kind, _point(half), _point(place), part.rpy, part.shade)


def _centre_of_mass(parts: list[Part]) -> NDArray[np.float64]:
    weights = [(math.pi / 4.0 if part.kind == "cylinder" else 1.0) * np.prod(part.half)
               for part in parts]  # fmt: skip
    return np.average([part.position for part in parts], axis=0, weights=weights)


def _corners(part: Part) -> NDArray[np.float64]:
    """(n, 3) m: corners of a box, or points on both rims of a cylinder."""
    if part.kind == "cylinder":
        angles = np.linspace(0.0, 2.0 * np.pi, _RIM_POINTS, endpoint=False)
        flat = np.column_stack([np.cos(angles), np.sin(angles)])
    else:
        flat = np.array([(x, y) for x in (-1.0, 1.0) for y in (-1.0, 1.0)])
    unit = np.concatenate([np.column_stack([flat, np.full(len(flat), z)]) for z in (-1.0, 1.0)])
    turn = pin.rpy.rpyToMatrix(np.array(part.rpy))
    return np.array(part.position) + (unit * part.half) @ turn.T


def _point(values: _Numbers | NDArray[np.float64]) -> Point:
    x, y, z = (float(value) for value in values)
    return x, y, z
