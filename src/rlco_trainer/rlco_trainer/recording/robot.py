# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The arm that episodes are made with: the simulator's own, or one that a driver reaches."""

from __future__ import annotations

import sys
import termios
from collections.abc import Callable
from dataclasses import dataclass

from rlco_bridge.client import EpisodeClient
from rlco_bridge.driver import DriverConfig
from rlco_bringup.recording import SIM
from rlco_core.errors import ConfigError, RlcoError
from rlco_core.robot import RobotConfig

#: s within which a robot lets itself be armed, and a person holds the deadman.
ARM_SECONDS = 30.0
#: Called with the seed of the episode that is next.
Prepare = Callable[[int], None]


@dataclass(frozen=True, kw_only=True)
class Reached:
    """How the arm is reached.

    Attributes:
        cell: what the place is called where there is a robot whose driver and camera run; before
            every episode you are asked to lay out the scene.
        use_mock_hardware: the simulator takes the place of robot, driver and camera.
        driver: how the robot is reached, by name or path; where none is given, as the robot's file
            says.
        real_time_factor: how fast time passes in a simulation that is not in lock-step.
    """

    cell: str = ""
    use_mock_hardware: bool = False
    driver: str = ""
    real_time_factor: float = 1.0

    def driver_of(self, robot: RobotConfig) -> str:
        """The driver, or ``SIM``.

        Raises:
            ConfigError: what was asked for contradicts itself, or there is no such driver.
        """
        if self.cell and self.use_mock_hardware:
            raise ConfigError("--cell is for a robot: it needs no --use-mock-hardware")
        if not (self.cell or self.use_mock_hardware):
            if self.driver:
                raise ConfigError("--driver is a robot's: it needs --cell, or --use-mock-hardware")
            return SIM
        driver = self.driver or robot.driver
        if self.cell and driver == SIM:
            raise ConfigError(
                f"robot {robot.name} is simulated; say with --driver how it is reached"
            )
        DriverConfig.load(driver)  # what is wrong with it is said before anything runs
        return driver

    def preparations(self, driver: str, client: EpisodeClient) -> list[Prepare]:
        """What is to be done before every episode: a person lays out its scene, and the bridge is
        armed.
        """
        prepare: list[Prepare] = [ask_for_scene] if self.cell else []
        return prepare if driver == SIM else [*prepare, lambda seed: client.arm(ARM_SECONDS)]


def ask_for_scene(seed: int) -> None:
    """Waits for a person, whose Enter says that the arm may move; an earlier one does not count.

    Raises:
        RlcoError: nobody is there.
    """
    if sys.stdin.isatty():
        termios.tcflush(sys.stdin, termios.TCIFLUSH)
    print(f"lay out scene {seed}, then press Enter", flush=True)
    if not sys.stdin.readline():
        raise RlcoError("nobody can lay out scenes: the standard input has ended")
