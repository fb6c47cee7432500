# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A small software rasteriser, compiled by Numba: flat-shaded triangles, textures, shadows.

It draws what PyBullet's TinyRenderer draws (the same shading, a flat colour for each triangle
instead of one for each pixel) several times faster at the sizes that policies see. Arrays are
float32 and in the base frame unless they say otherwise; depths are 1/z, so larger is nearer.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

#: Nearest distance that is drawn, m.
NEAR = 0.05
#: Brightness of the direct light in a shadow, as TinyRenderer has it.
SHADE = 0.4
BACKGROUND = 255.0
_SHININESS = 3
_SHADOW_BIAS = 0.006


@njit(cache=True, nogil=True)
def place(local: Floats, frame: Ints, poses: Floats) -> Floats:
    """(V, 3) vertices in the world: ``local`` ones moved by the (N, 7) pose of their frame.

    A pose is a position and a quaternion (x, y, z, w).
    """
    turns = np.empty((len(poses), 9), np.float32)
    for n in range(len(poses)):
        x, y, z, w = poses[n, 3], poses[n, 4], poses[n, 5], poses[n, 6]
        turns[n, 0], turns[n, 1], turns[n, 2] = (
            1 - 2 * (y * y + z * z),
            2 * (x * y - w * z),
            2 * (x * z + w * y),
        )
        turns[n, 3], turns[n, 4], turns[n, 5] = (
            2 * (x * y + w * z),
            1 - 2 * (x * x + z * z),
            2 * (y * z - w * x),
        )
        turns[n, 6], turns[n, 7], turns[n, 8] = (
            2 * (x * z - w * y),
            2 * (y * z + w * x),
            1 - 2 * (x * x + y * y),
        )
    world = np.empty_like(local)
    for v in range(len(local)):
        n = frame[v]
        for row in range(3):
            world[v, row] = (
                turns[n, 3 * row] * local[v, 0]
                + turns[n, 3 * row + 1] * local[v, 1]
                + turns[n, 3 * row + 2] * local[v, 2]
                + poses[n, row]
            )
    return world


@njit(cache=True, nogil=True)
def shade(world: Floats, faces: Ints, colours: Floats, eye: Floats, light: Floats,
          coefficients: Floats) -> tuple[Floats, Floats]:  # fmt: skip
    """(F, 3) ambient and (F, 3) direct colours of the faces, 0 to 255; NaN for those turned away.

    Phong's model (CACM 1975), once for each face. ``light`` (6,) is the direction towards
    the light and its colour; ``coefficients`` are ambient, diffuse, specular.
    """
    dark, lit = np.empty_like(colours), np.empty_like(colours)
    for f in range(len(faces)):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        x, y, z = world[a, 0], world[a, 1], world[a, 2]
        bx, by, bz = world[b, 0] - x, world[b, 1] - y, world[b, 2] - z
        cx, cy, cz = world[c, 0] - x, world[c, 1] - y, world[c, 2] - z
        nx, ny, nz = by * cz - bz * cy, bz * cx - bx * cz, bx * cy - by * cx
        length = np.sqrt(nx * nx + ny * ny + nz * nz)
        away = nx * (eye[0] - x) + ny * (eye[1] - y) + nz * (eye[2] - z)
        if length < 1e-12 or away <= 0.0:
            lit[f, 0] = np.nan
            continue
        facing = (nx * light[0] + ny * light[1] + nz * light[2]) / length
        # TinyRenderer looks at reflections from above, wherever the camera is.
        shine = max(2.0 * facing * nz / length - light[2], 0.0) ** _SHININESS
        direct = coefficients[1] * max(facing, 0.0) + coefficients[2] * shine
        for k in range(3):
            dark[f, k] = 255.0 * coefficients[0] * colours[f, k]
            lit[f, k] = 255.0 * direct * colours[f, k] * light[3 + k]
    return dark, lit


@njit(cache=True, nogil=True)
def _mapped(points: Floats, view: Floats) -> Floats:
    """(n, 3) points, each mapped by ``view`` (3, 4)."""
    mapped = np.empty_like(points)
    for v in range(len(points)):
        for row in range(3):
            mapped[v, row] = (
                view[row, 0] * points[v, 0]
                + view[row, 1] * points[v, 1]
                + view[row, 2] * points[v, 2]
                + view[row, 3]
            )
    return mapped


@njit(cache=True, nogil=True)
def shadow_map(world: Floats, faces: Ints, casts: NDArray[np.bool_], view: Floats,
               size: int) -> Floats:  # fmt: skip
    """(size, size) height towards the light of what stands in it; ``view`` (3, 4) maps the world
    to columns, rows and height.
    """
    heights = np.full((size, size), -1e9, np.float32)
    seen = _mapped(world, view)
    for f in range(len(faces)):
        if not casts[f]:
            continue
        a, b, c = seen[faces[f, 0]], seen[faces[f, 1]], seen[faces[f, 2]]
        area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        if abs(area) < 1e-12:
            continue
        left = max(int(np.ceil(min(a[0], b[0], c[0]))), 0)
        right = min(int(np.floor(max(a[0], b[0], c[0]))), size - 1)
        top = max(int(np.ceil(min(a[1], b[1], c[1]))), 0)
        bottom = min(int(np.floor(max(a[1], b[1], c[1]))), size - 1)
        for y in range(top, bottom + 1):
            for x in range(left, right + 1):
                p = ((b[0] - x) * (c[1] - y) - (b[1] - y) * (c[0] - x)) / area
                q = ((c[0] - x) * (a[1] - y) - (c[1] - y) * (a[0] - x)) / area
                r = 1.0 - p - q
                if p >= 0.0 and q >= 0.0 and r >= 0.0:
                    height = p * a[2] + q * b[2] + r * c[2]
                    if height > heights[y, x]:
                        heights[y, x] = height
    return heights


@njit(cache=True, nogil=True)
def draw(world: Floats, faces: Ints, dark: Floats, lit: Floats, uv: Floats, texture: Ints,
         patterns: Floats, camera: Floats, k: Floats, heights: Floats, light_view: Floats,
         width: int, height: int) -> NDArray[np.uint8]:  # fmt: skip
    """(height, width, 3) uint8 picture.

    ``camera`` (3, 4) maps the world to the optical frame, ``k`` is (fx, fy, cx, cy) in pixels;
    whole numbers are the middles of pixels. ``heights`` is a shadow map, or empty for none.
    """
    picture = np.full((height, width, 3), np.uint8(BACKGROUND), np.uint8)
    depths = np.zeros((height, width), np.float32)
    seen = _mapped(world, camera)
    corner = np.empty((4, 8), np.float32)
    for f in range(len(faces)):
        if np.isnan(lit[f, 0]):
            continue
        count = _clipped(seen, world, uv, faces[f], corner)
        for c in range(count):
            corner[c, 0] = k[0] * corner[c, 0] / corner[c, 2] + k[2]
            corner[c, 1] = k[1] * corner[c, 1] / corner[c, 2] + k[3]
            corner[c, 2] = 1.0 / corner[c, 2]
        for c in range(2, count):
            _fill(picture, depths, corner[0], corner[c - 1], corner[c], dark[f], lit[f],
                  texture[f], patterns, heights, light_view)  # fmt: skip
    return picture


@njit(cache=True, nogil=True)
def _clipped(seen: Floats, world: Floats, uv: Floats, face: Ints, corner: Floats) -> int:
    """Fills ``corner`` with the part of a face before the near plane; how many corners it has.

    A corner is its place in the optical frame (3), in the world (3) and in the texture (2).
    """
    count = 0
    for e in range(3):
        i, j = face[e], face[(e + 1) % 3]
        if seen[i, 2] >= NEAR:
            for n in range(3):
                corner[count, n], corner[count, 3 + n] = seen[i, n], world[i, n]
            corner[count, 6], corner[count, 7] = uv[i, 0], uv[i, 1]
            count += 1
        if (seen[i, 2] >= NEAR) != (seen[j, 2] >= NEAR):
            share = (NEAR - seen[i, 2]) / (seen[j, 2] - seen[i, 2])
            for n in range(3):
                corner[count, n] = seen[i, n] + share * (seen[j, n] - seen[i, n])
                corner[count, 3 + n] = world[i, n] + share * (world[j, n] - world[i, n])
            for n in range(2):
                corner[count, 6 + n] = uv[i, n] + share * (uv[j, n] - uv[i, n])
            count += 1
    return count


@njit(cache=True, nogil=True)
def _fill(picture: NDArray[np.uint8], depths: Floats, a: Floats, b: Floats, c: Floats,
          dark: Floats, lit: Floats, texture: int, patterns: Floats, heights: Floats,
          light_view: Floats) -> None:  # fmt: skip
    """Draws one triangle of corners (column, row, 1/z, world place, texture place)."""
    area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    if abs(area) < 1e-9:
        return
    left = max(int(np.ceil(min(a[0], b[0], c[0]))), 0)
    right = min(int(np.floor(max(a[0], b[0], c[0]))), picture.shape[1] - 1)
    top = max(int(np.ceil(min(a[1], b[1], c[1]))), 0)
    bottom = min(int(np.floor(max(a[1], b[1], c[1]))), picture.shape[0] - 1)
    plain = texture < 0 and heights.size == 0
    flat0, flat1, flat2 = _grey(dark[0] + lit[0]), _grey(dark[1] + lit[1]), _grey(dark[2] + lit[2])
    # Barycentric coordinates change by the same amount from pixel to pixel.
    p_x, q_x = (b[1] - c[1]) / area, (c[1] - a[1]) / area
    for y in range(top, bottom + 1):
        p = ((b[0] - left) * (c[1] - y) - (b[1] - y) * (c[0] - left)) / area
        q = ((c[0] - left) * (a[1] - y) - (c[1] - y) * (a[0] - left)) / area
        for x in range(left, right + 1):
            r = np.float32(1.0) - p - q
            if p >= 0.0 and q >= 0.0 and r >= 0.0:
                depth = p * a[2] + q * b[2] + r * c[2]
                if depth > depths[y, x]:
                    depths[y, x] = depth
                    if plain:
                        picture[y, x, 0], picture[y, x, 1] = flat0, flat1
                        picture[y, x, 2] = flat2
                    else:
                        # Perspective: corners weigh as much as they are near.
                        wa, wb, wc = p * a[2] / depth, q * b[2] / depth, r * c[2] / depth
                        tint = _pattern(texture, patterns, wa * a[6] + wb * b[6] + wc * c[6],
                                        wa * a[7] + wb * b[7] + wc * c[7])  # fmt: skip
                        sun = _sunlight(heights, light_view, wa * a[3] + wb * b[3] + wc * c[3],
                                        wa * a[4] + wb * b[4] + wc * c[4],
                                        wa * a[5] + wb * b[5] + wc * c[5])  # fmt: skip
                        for n in range(3):
                            picture[y, x, n] = _grey(tint * (dark[n] + sun * lit[n]))
            p += p_x
            q += q_x


@njit(cache=True, nogil=True, inline="always")
def _grey(value: float) -> np.uint8:
    return np.uint8(min(max(value + 0.5, 0.0), 255.0))


@njit(cache=True, nogil=True)
def _pattern(texture: int, patterns: Floats, u: float, v: float) -> float:
    """The texture's factor at a place that repeats every whole number."""
    if texture < 0:
        return 1.0
    size = patterns.shape[1]
    column = int((u - np.floor(u)) * size) % size
    row = int((v - np.floor(v)) * size) % size
    return patterns[texture, row, column]


@njit(cache=True, nogil=True)
def _sunlight(heights: Floats, view: Floats, x: float, y: float, z: float) -> float:
    """1 in the light, SHADE in a shadow."""
    size = heights.shape[0]
    if size == 0:
        return 1.0
    column = int(np.floor(view[0, 0] * x + view[0, 1] * y + view[0, 2] * z + view[0, 3] + 0.5))
    row = int(np.floor(view[1, 0] * x + view[1, 1] * y + view[1, 2] * z + view[1, 3] + 0.5))
    if column < 0 or row < 0 or column >= size or row >= size:
        return 1.0
    height = view[2, 0] * x + view[2, 1] * y + view[2, 2] * z + view[2, 3]
    return SHADE if heights[row, column] > height + _SHADOW_BIAS else 1.0
