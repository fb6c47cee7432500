# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco import: teleoperation that was recorded elsewhere, as a LeRobot v3.0 dataset.

Policies learn from what the controllers were told. So a recording has both: where the arm was when
a picture was taken, and where it had last been told to be.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from rlco_core.errors import ConfigError, DatasetError, choices
from rlco_core.kinematics import Kinematics
from rlco_core.proprioception import COLUMNS as STATE_COLUMNS
from rlco_core.proprioception import Posture, proprioception
from rlco_core.robot import RobotConfig
from rlco_core.types import ACTION_COLUMNS
from rlco_sim.domain import Domain
from rlco_sim.session import DT
from rlco_sim.tasks import task_class
from rlco_trainer.arguments import parse, this_command
from rlco_trainer.demonstrations.rhythm import out_of_rhythm
from rlco_trainer.lerobot import DatasetWriter, Features
from rlco_trainer.progress import progress

ACTION_SIZE = len(ACTION_COLUMNS)
#: Control periods from one instant to the next, at most, and how far their mean may be from one.
_LONGEST, _STRETCHED = 1.5, 0.05


@dataclass(frozen=True)
class Recording:
    """One episode, T instants at the control rate.

    Attributes:
        stamp: (T,) s, when the pictures were taken.
        image: (T, H, W, 3) uint8 RGB, the camera's whole picture, not rectified.
        joints: (T, n) rad, measured, in the order of the robot's YAML.
        opening: (T,) of the gripper, measured, 0 closed to 1 open.
        told_joints, told_opening: the same, as the controllers had last been told.
        instruction: what was done, as one would say it to the robot.
    """

    stamp: NDArray[np.float64]
    image: NDArray[np.uint8]
    joints: NDArray[np.float64]
    opening: NDArray[np.float64]
    told_joints: NDArray[np.float64]
    told_opening: NDArray[np.float64]
    instruction: str

    @classmethod
    def read(cls, path: Path) -> Recording:
        """A recording from an .npz file with an array for each attribute.

        Raises:
            DatasetError: an array is missing or does not fit; the line says which.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                known = {field.name for field in fields(cls)}
                if missing := known - set(file.files):
                    raise DatasetError(f"{path} lacks {choices(missing)}")
                found = {name: file[name] for name in known}
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise DatasetError(f"{path} is not a recording: {error}") from error
        found["instruction"] = str(found["instruction"])
        recording = cls(**found)
        if problem := recording.problem():
            raise DatasetError(f"{path}: {problem}")
        return recording

    def problem(self) -> str:
        """What does not fit, or nothing."""
        count = len(self.stamp)
        if self.image.dtype != np.uint8 or self.image.ndim != 4 or self.image.shape[3] != 3:
            return f"image is {_shape(self.image)}; it should be (T, H, W, 3) uint8"
        joints = self.joints.shape[1:]
        for name, row in (("image", self.image.shape[1:]), ("joints", joints), ("opening", ()),
                          ("told_joints", joints), ("told_opening", ())):  # fmt: skip
            array = getattr(self, name)
            if array.shape != (count, *row):
                return f"{name} is {_shape(array)}; with {count} stamps: {(count, *row)}"
            if array.dtype != np.uint8 and not np.isfinite(array).all():
                return f"{name} is not finite everywhere"
        for name in ("opening", "told_opening"):
            if not ((getattr(self, name) >= 0.0) & (getattr(self, name) <= 1.0)).all():
                return f"{name} leaves [0, 1], closed to open"
        if count < 2 or not self.instruction.strip():
            return "an episode needs two instants and an instruction"
        return out_of_rhythm(self.stamp, _LONGEST, _STRETCHED)


def demonstration(
    recording: Recording, kinematics: Kinematics, height: int, width: int
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]:
    """What a policy learns from T instants: T - 1 images (height, width, 3), states (17,) and
    actions (7,), which led from what had been told to what was told next.
    """
    told = list(map(Posture, recording.told_joints, recording.told_opening.tolist()))
    measured = map(Posture, recording.joints, recording.opening.tolist())
    states = [proprioception(kinematics, *pair) for pair in zip(measured, told[:-1], strict=False)]
    # What is pending from one command to the next is the action between them.
    actions = [proprioception(kinematics, *pair)[-ACTION_SIZE:] for pair in pairwise(told)]
    images = [
        cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        for image in recording.image[:-1]
    ]
    return np.stack(images), np.stack(states), np.stack(actions)


@dataclass(frozen=True)
class ImportConfig:
    """Makes a LeRobot v3.0 dataset of teleoperation that was recorded elsewhere.

    Attributes:
        recordings: .npz files, one for each episode: ``stamp`` (T,) s, ``image`` (T, H, W, 3)
            uint8 RGB, ``joints`` (T, n) rad, ``opening`` (T,) 0 closed to 1 open, ``told_joints``
            and ``told_opening`` as the controllers had last been told, ``instruction``.
        out: directory of the dataset; new.
        task: which task of rlco was done.
        robot: the arm.
        domain: a domain whose camera's name and size the images get.
        cell: what the place is called where they were recorded.
    """

    recordings: tuple[Path, ...]
    out: Path
    task: str
    robot: str = "panda"
    domain: str = "twin"
    cell: str = "my_cell"


def import_recordings(config: ImportConfig) -> int:
    """Writes the dataset; returns how many actions were faster than the arm may be.

    Raises:
        RlcoError: a name is unknown, a recording does not fit, or ``out`` is not empty; then
            nothing was written.
    """
    task_class(config.task)
    if not config.recordings:
        raise ConfigError("no recordings; give --recordings FILE.npz ...")
    robot, camera = RobotConfig.load(config.robot), Domain.load(config.domain).camera
    kinematics = Kinematics(robot)
    for path in config.recordings:  # all of them, before anything is written
        _require_arm(path, kinematics)
    features = Features(
        cameras={camera.name: (camera.height, camera.width)},
        state_names=STATE_COLUMNS,
        action_names=ACTION_COLUMNS,
        metadata={"task_name": str, "domain": str, "success": bool},
    )
    about: dict[str, str | bool] = {
        "task_name": config.task,
        "domain": config.cell,
        "success": True,
    }
    command = {"command": this_command()}
    rate, too_fast = round(1.0 / DT), 0
    with (
        DatasetWriter(
            config.out, robot_type=robot.name, fps=rate, features=features, provenance=command
        ) as writer,
        progress("importing", len(config.recordings)) as advance,
    ):
        for path in config.recordings:
            recording = Recording.read(path)
            images, states, actions = demonstration(
                recording, kinematics, camera.height, camera.width
            )
            speeds = np.linalg.norm(actions[:, :3], axis=1) / DT
            too_fast += int((speeds > robot.limits.linear_speed).sum())
            sentence = recording.instruction.strip()
            writer.add_episode({camera.name: images}, states, actions, sentence, about)
            advance(1, path.name)
    return too_fast


def _require_arm(path: Path, kinematics: Kinematics) -> None:
    joints, wanted = Recording.read(path).joints.shape[1], len(kinematics.home)
    if joints != wanted:
        raise DatasetError(f"{path}: recorded with {joints} joints; the arm has {wanted}")


def _shape(array: NDArray[np.generic]) -> str:
    return f"{array.shape} {array.dtype}"


def main(arguments: Sequence[str]) -> None:
    """rlco import"""
    config = parse(ImportConfig, arguments, "import")
    too_fast = import_recordings(config)
    print(f"{len(config.recordings)} demonstrations in {config.out}")
    if too_fast:
        limit = RobotConfig.load(config.robot).limits.linear_speed
        print(
            f"{too_fast} actions are faster than {limit} m/s, the limit of {config.robot}: "
            "policies never move so fast; demonstrate more slowly"
        )
