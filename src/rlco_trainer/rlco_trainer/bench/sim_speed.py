# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What ``rlco bench sim`` measures of our own simulator: speed, pictures, memory."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from rlco_core.motion import ActionPath
from rlco_core.robot import RobotConfig
from rlco_sim.bullet import pybullet
from rlco_sim.domain import Domain
from rlco_sim.domain_gap import structural_similarity
from rlco_sim.meshes import KEPT
from rlco_sim.reference_renderer import reference_picture
from rlco_sim.session import DT, Session, resized
from rlco_sim.settings import CameraSettings
from rlco_sim.vector import VectorEnv

_TASK, _ROBOT, _DOMAIN = "push_cube", "panda", "twin"
_EXECUTE = 4
#: Largest random step, m: the arm stays about where it is, so that every step costs the same.
CALM = 0.003
_FOLDER = tempfile.TemporaryDirectory(prefix="rlco_bench_")
_MIB = 2**20
# Base and flange come without visual meshes of their own.
_COARSE = re.compile(r"/collision/(?!link[07])")


class Single:
    """One environment in this process: action path, physics, success, and an image now and then.

    Args:
        size: of the square image, pixels; 0 for none.
        every: control steps per image.
        substeps: physics steps per control step.
        stock: the arm's stock visual meshes (100,000 triangles) instead of ours.
        tiny: PyBullet's TinyRenderer instead of our rasteriser.
    """

    def __init__(
        self, size: int, every: int, substeps: int, stock: bool = False, tiny: bool = False
    ) -> None:
        robot = stock_robot() if stock else RobotConfig.load(_ROBOT)
        domain = _domain(size or 64, substeps)
        self._session = Session(_TASK, domain, robot, kept=1.0 if stock else KEPT)
        self._path = ActionPath(robot, DT)
        self._size, self._every, self._tiny = size, every, tiny
        self._rng = np.random.default_rng(0)
        self._seed = 0
        self._begin()
        self._look()

    def measure(self, seconds: float) -> float:
        """Control steps per second, resets at an episode's end included."""
        steps, started = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - started) < seconds:
            steps += self.play()
        return steps / elapsed

    def play(self) -> int:
        """The control steps up to the next image, and that; how many there were."""
        for action in calm(self._rng, self._every):
            command = self._path.step(action)
            self._session.advance(command.joints, command.fingers)
        self._look()
        if self._session.success() or self._session.steps >= self._session.max_steps:
            self._begin()
        return self._every

    def close(self) -> None:
        """Frees the physics client."""
        self._session.close()

    def _look(self) -> None:
        session = self._session
        if not self._size:
            session.proprioception()
        elif self._tiny:
            settings = session.world.settings
            reference_picture(session.world.client, settings.camera, settings.light)
        else:
            session.observation()

    def _begin(self) -> None:
        self._seed += 1
        self._session.reset(self._seed)
        self._path.reset(self._session.joint_positions, self._session.gripper_opening)


class Bare:
    """The same motion with nothing but ``stepSimulation`` on the clock: what no simulation on it
    can undercut.
    """

    def __init__(self, substeps: int) -> None:
        self._single = Single(0, _EXECUTE, substeps)

    def measure(self, seconds: float) -> float:
        """Control steps per second, if they were no more than their physics steps."""
        clock = _Clock(pybullet.stepSimulation)
        started, steps = time.perf_counter(), 0
        with patch.object(pybullet, "stepSimulation", clock):
            while time.perf_counter() - started < seconds:
                steps += self._single.play()
        return steps / clock.elapsed

    def close(self) -> None:
        """Frees the physics client."""
        self._single.close()


class _Clock:
    """Times the calls of a function and nothing else."""

    def __init__(self, function: Callable[..., None]) -> None:
        self._function = function
        self.elapsed = 0.0

    def __call__(self, **arguments: int) -> None:
        started = time.perf_counter()
        self._function(**arguments)
        self.elapsed += time.perf_counter() - started


class Many:
    """A vector environment: an image every four control steps, masked resets at episodes' ends."""

    def __init__(self, envs: int, workers: int) -> None:
        self._env = VectorEnv(envs, workers, task=_TASK, domain=_DOMAIN, execute=_EXECUTE)
        self._envs = envs
        self._rng = np.random.default_rng(0)
        self._env.reset(seed=0)

    def measure(self, seconds: float) -> float:
        """Control steps per second of all environments together."""
        steps, started = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - started) < seconds:
            actions = calm(self._rng, self._envs, _EXECUTE)
            _, _, terminated, truncated, _ = self._env.step(actions)
            steps += self._envs * _EXECUTE
            if (ended := terminated | truncated).any():
                self._env.reset(options={"reset_mask": ended})
        return steps / elapsed

    def close(self) -> None:
        """Ends the processes."""
        self._env.close()


def calm(rng: np.random.Generator, *shape: int) -> NDArray[np.float32]:
    """(*shape, 7) actions, none longer than CALM in any direction of space."""
    actions = np.zeros((*shape, 7), np.float32)
    actions[..., :3] = rng.uniform(-CALM, CALM, (*shape, 3))
    actions[..., 6] = 0.5
    return actions


@cache
def stock_robot() -> RobotConfig:
    """The Panda with its stock visual meshes."""
    robot = RobotConfig.load(_ROBOT)
    text = robot.urdf.read_text(encoding="utf-8")
    visual = re.compile(r"<visual>.*?</visual>", re.DOTALL)
    text = visual.sub(lambda part: _COARSE.sub("/visual/", part.group()), text)
    path = Path(_FOLDER.name) / "panda_stock.urdf"
    path.write_text(text, encoding="utf-8")
    return robot.model_copy(update={"urdf": path})


def picture_gaps() -> dict[str, float]:
    """How far our 64-pixel pictures are from those of TinyRenderer, and of the stock meshes:
    structural similarity (1 for equal ones) and mean absolute difference in grey levels.
    """
    lean = Session(_TASK, _domain(64, 12), RobotConfig.load(_ROBOT))
    stock = Session(_TASK, _domain(64, 12), stock_robot(), kept=1.0)
    pairs: dict[str, list[tuple[NDArray[np.uint8], NDArray[np.uint8]]]] = {}
    for seed in range(8):
        for session in (lean, stock):
            session.reset(seed)
        settings, client = lean.world.settings, lean.world.client
        ours = lean.image()
        tiny = reference_picture(client, settings.camera, settings.light)
        pairs.setdefault("tiny_renderer", []).append((ours, tiny))
        pairs.setdefault("stock_meshes", []).append((ours, stock.image()))
    for session in (lean, stock):
        session.close()
    gaps: dict[str, float] = {}
    for name, both in pairs.items():
        likeness = [structural_similarity(a, b) for a, b in both]
        distance = [np.abs(a.astype(float) - b).mean() for a, b in both]
        gaps[f"{name}_ssim"] = round(float(np.mean(likeness)), 4)
        gaps[f"{name}_mean_difference"] = round(float(np.mean(distance)), 3)
    return gaps


def memory(envs: int, resets: int) -> dict[str, float]:
    """MiB per environment in one process, and what many resets add to one."""
    robot, domain = RobotConfig.load(_ROBOT), Domain.load(_DOMAIN)
    first = Session(_TASK, domain, robot)
    first.observation()
    before = _resident()
    others = [Session(_TASK, domain, robot) for _ in range(envs - 1)]
    for session in others:
        session.observation()
    figures = {"mib_per_environment": round((_resident() - before) / max(envs - 1, 1), 2)}
    for session in others:
        session.close()
    if resets:
        for seed in range(100):
            first.reset(seed)
        before = _resident()
        for seed in range(resets):
            first.reset(seed)
        figures[f"mib_grown_over_{resets}_resets"] = round(_resident() - before, 2)
    first.close()
    return figures


def _resident() -> float:
    """Resident memory of this process, MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / _MIB


def _domain(size: int, substeps: int) -> Domain:
    """The twin with another image and number of physics steps."""
    values = dict(Domain.load(_DOMAIN).values)
    settings = Domain.load(_DOMAIN).typical()
    camera: CameraSettings = resized(settings.camera, size, size)
    values["camera"] = {**values["camera"], "width": size, "height": size, "k": list(camera.k)}
    values["physics"] = {**values["physics"], "substeps": substeps}
    return Domain.of({"name": f"bench_{size}_{substeps}", **values})
