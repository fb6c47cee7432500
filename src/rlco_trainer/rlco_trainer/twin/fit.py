# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco twin fit: a domain whose camera is a real one, from its calibration and its pose.

The pose comes from a hand-eye calibration, or from points whose places in the base frame are
known: bring the tool's tip to marks on the table, note x, y, z of each (m), and read the mark's
pixel u, v off a raw picture in any viewer that shows the cursor's place. Corners of a printed
board at a measured place do as well. Six points, spread over the table and in height, are the
least; ten give the pose to a few millimetres. Or it comes from demonstrations alone: the base that
ships points at the end effector in their images, and the arm knows where that was. They also tell
how the arm does what it is told, and how late that is seen.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from rich.console import Console

from rlco_core.config import first_problem
from rlco_core.errors import ConfigError
from rlco_core.robot import RobotConfig
from rlco_sim.camera_documents import Calibration, calibration_of, check_frames, points_of, pose_of
from rlco_sim.camera_fit import Matrix, PoseFit, section_of, settings_of, solve_pose
from rlco_sim.domain import Domain
from rlco_sim.settings import CameraSettings
from rlco_trainer.arguments import parse, this_command
from rlco_trainer.files import write_text
from rlco_trainer.learning.batches import Demonstrations
from rlco_trainer.learning.datasets import Loaded, load
from rlco_trainer.twin.overlay import read_picture, write_overlay
from rlco_trainer.twin.pointing import pose_from
from rlco_trainer.twin.response import Episode, respond_alike

Found = TypeVar("Found")

#: By how much fx : fy may change unsaid when the image is resized.
_SAME_SHAPE = 0.01
_POINT = ("x", "y", "z", "u", "v")


@dataclass(frozen=True)
class FitConfig:
    """A domain whose camera matches a real one. Give --hand-eye, --points or --demonstrations; the
    last say how the arm follows, too.

    Attributes:
        camera_info: YAML of the camera_calibration package, or a dumped sensor_msgs/CameraInfo.
        hand_eye: YAML with the pose of the camera's optical frame in the robot's base frame.
        points: CSV or YAML of points: x, y, z in the base frame (m), and u, v in the picture.
        demonstrations: LeRobot datasets that were recorded through the camera.
        episodes: how many of each are looked at, the first ones; 0 for all.
        spread: m, by how much the camera's place is drawn around what was found, and a third of
            it by how much its target is; what a fit does not know exactly.
        base: the domain that the new one extends.
        size: width and height of the policy's image; that of the base by default.
        out: the domain file that is written.
        force: replace a file that is there.
        image: a raw picture by the real camera; the simulation is drawn over it.
        overlay: the PNG of that; beside the domain by default.
        robot: the arm; where none is given, that of the demonstrations, or a Panda.
        base_frame: name of the robot's base frame in the pose's file.
        camera_frame: name of the optical frame in the pose's file.
        max_error: px, largest root mean square by which the pose may miss its points.
    """

    camera_info: Path
    hand_eye: Path | None = None
    points: Path | None = None
    demonstrations: tuple[Path, ...] = ()
    episodes: int = 0
    spread: float = 0.01
    base: str = "twin_randomised"
    size: tuple[int, int] | None = None
    out: Path = Path("my_cell/twin.yaml")
    force: bool = False
    image: Path | None = None
    overlay: Path | None = None
    robot: str = ""
    base_frame: str = ""
    camera_frame: str = ""
    max_error: float = 5.0


@dataclass(frozen=True)
class FittedTwin:
    """The domain that was written, the real camera at its full size, and what is to be said."""

    domain: Domain
    camera: CameraSettings
    notes: tuple[str, ...]


def fit(config: FitConfig) -> FittedTwin:
    """Writes the domain, and the overlay if there is a picture.

    Raises:
        RlcoError: a file or a number is unsound, or the pose does not explain the points.
    """
    _check(config)
    loaded = [load(path, config.episodes) for path in config.demonstrations]
    robot, base = _robot(config, loaded), Domain.load(config.base)
    calibration = _named(config.camera_info, lambda: calibration_of(_document(config.camera_info)))
    picture = read_picture(config.image, calibration) if config.image is not None else None
    shown = [one.data for one in loaded]
    pose, notes = _pose(config, calibration, robot, base, shown)
    camera = settings_of(base.typical().camera, calibration, pose)
    width, height = config.size or (base.camera.width, base.camera.height)
    notes += _shape_notes(calibration, width, height)
    section = section_of(camera, base.camera.name, width, height)
    section |= _drawn_around(section, config.spread)
    # Checked first: a camera that cannot be simulated replaces no file that could.
    Domain.of({**base.values, "name": "fitted", "camera": {**base.values["camera"], **section}})
    arm, said = _arm(shown, robot, base)
    notes += said
    _write(config, {"camera": section, **arm}, notes)
    domain = Domain.load(config.out)
    if picture is not None:
        path = config.overlay or config.out.with_name(f"{config.out.stem}_overlay.png")
        write_overlay(path, picture, camera, domain, robot)
        notes = [*notes, f"wrote {path}: the simulation over the picture"]
    return FittedTwin(domain, camera, tuple(notes))


def _robot(config: FitConfig, loaded: Sequence[Loaded]) -> RobotConfig:
    """The arm, which must be that of the demonstrations."""
    robot = RobotConfig.load(config.robot or (loaded[0].robot if loaded else "panda"))
    for path, one in zip(config.demonstrations, loaded, strict=True):
        if one.robot != robot.name:
            raise ConfigError(f"{path} was recorded with {one.robot}, not with {robot.name}")
    return robot


def _check(config: FitConfig) -> None:
    given = (config.hand_eye is not None, config.points is not None, bool(config.demonstrations))
    if sum(given) != 1:
        raise ConfigError("give one of --hand-eye, --points and --demonstrations")
    if config.spread < 0.0:
        raise ConfigError(f"--spread {config.spread} is negative; it is a length in m")
    if config.max_error <= 0.0:
        raise ConfigError(f"--max-error {config.max_error} must be positive")
    if config.size is not None and min(config.size) < 1:
        raise ConfigError(f"--size {config.size[0]} {config.size[1]} must be positive")
    if config.out.suffix not in (".yaml", ".yml"):
        raise ConfigError(f"--out {config.out} must end in .yaml")
    if config.out.exists() and not config.force:
        raise ConfigError(f"{config.out} exists; say --force to replace it")


def _pose(
    config: FitConfig,
    calibration: Calibration,
    robot: RobotConfig,
    domain: Domain,
    shown: Sequence[Demonstrations],
) -> tuple[Matrix, list[str]]:
    """The camera's pose and how good it is."""
    if config.hand_eye is not None:
        path = config.hand_eye
        found = _named(path, lambda: pose_of(_document(path)))
        base, camera = config.base_frame or robot.base_frame, config.camera_frame
        _named(path, lambda: check_frames(found, base, camera or calibration.frame))
        return found.pose, [f"pose from {path.name}"]
    if shown:
        fitted = pose_from(shown, calibration, domain.typical().camera)
        count = int(fitted.used.sum())
        return fitted.pose, [f"{count} frames fit to {fitted.rms:.2f} px rms of a small image"]
    assert config.points is not None
    path = config.points
    points, pixels = _named(path, lambda: points_of(_rows(path)))
    solved = _named(path, lambda: solve_pose(calibration, points, pixels, config.max_error))
    return solved.pose, _fit_notes(solved, points)


def _arm(
    shown: Sequence[Demonstrations], robot: RobotConfig, domain: Domain
) -> tuple[dict[str, Any], list[str]]:
    """Sections of the domain about how the arm follows, where there are demonstrations to tell."""
    if not shown:
        return {}, []
    episodes = [episode for data in shown for episode in Episode.all_of(data)]
    sections, said = respond_alike(episodes, robot, domain.typical())
    return dict(sections), [said]


def _fit_notes(solved: PoseFit, points: Matrix) -> list[str]:
    notes = [f"{int(solved.used.sum())} of {len(points)} points fit to {solved.rms:.2f} px rms"]
    for index in solved.odd:
        place = ", ".join(f"{value:.3f}" for value in points[index])
        what = "doubtful" if solved.used[index] else "left out"
        notes.append(f"point {index + 1} ({place}) is {solved.residuals[index]:.1f} px off: {what}")
    return notes


def _drawn_around(section: dict[str, Any], spread: float) -> dict[str, Any]:
    """Where the camera stands and looks, drawn around what ``section`` says; empty for none."""
    if spread == 0.0:
        return {}

    def drawn(values: Sequence[float], reach: float) -> dict[str, Any]:
        ends = [[round(value + side * reach, 6) for value in values] for side in (-1, 1)]
        return {"range": ends}

    return {"eye": drawn(section["eye"], spread), "target": drawn(section["target"], spread / 3.0)}


def _shape_notes(calibration: Calibration, width: int, height: int) -> list[str]:
    stretch = (width / calibration.width) / (height / calibration.height)
    if abs(stretch - 1.0) <= _SAME_SHAPE:
        return []
    return [
        f"{calibration.width}x{calibration.height} is not shaped like {width}x{height}: the "
        f"policy must get the whole picture resized, {stretch:.3f} times as wide as it is"
    ]


def _write(config: FitConfig, sections: dict[str, Any], notes: Iterable[str]) -> None:
    base = config.base
    if Path(base).is_file():
        # Where the file says that it lies, seen from the new one.
        base = os.path.relpath(base, config.out.parent)
    document = {
        "extends": base,
        "name": config.out.stem,
        "summary": f"{Path(config.base).stem} fitted to the real cell",
        **sections,
    }
    command = this_command()
    comments = "".join(f"# {line}\n" for line in (f"Written by: {command}", *notes))
    body = yaml.safe_dump(document, sort_keys=False, default_flow_style=None, width=100)
    write_text(config.out, comments + body)


def _rows(path: Path) -> list[list[Any]]:
    """Rows of five from a CSV with or without a heading, or from a YAML list."""
    if path.suffix == ".csv":
        lines = path.read_text(encoding="utf-8").splitlines()
        rows = [[cell.strip() for cell in row] for row in csv.reader(lines)
                if row and not row[0].startswith("#")]  # fmt: skip
        named = bool(rows) and set(_POINT) <= set(rows[0])
        columns = [rows[0].index(name) for name in _POINT] if named else list(range(5))
        return [[row[k] for k in columns if k < len(row)] for row in rows[named:]]
    document = _document(path)
    listed = document.get("points") if isinstance(document, dict) else document
    if not isinstance(listed, list):
        raise ConfigError("needs a list of points, each x, y, z, u, v")
    return [[row.get(name) for name in _POINT] if isinstance(row, dict) else _listed(row)
            for row in listed]  # fmt: skip


def _listed(row: Any) -> list[Any]:
    return row if isinstance(row, list) else [row]


def _document(path: Path) -> Any:
    """The first document of a YAML file; `ros2 topic echo` ends each with a line of dashes."""
    try:
        documents = yaml.safe_load_all(path.read_text(encoding="utf-8"))
        return next((document for document in documents if document is not None), None)
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(first_problem(error)) from error


def _named(path: Path, read: Callable[[], Found]) -> Found:
    """What ``read`` gives; its complaints start with the file's name."""
    try:
        return read()
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def main(arguments: Sequence[str]) -> None:
    """rlco twin fit"""
    config = parse(FitConfig, arguments, "twin fit")
    fitted = fit(config)
    console = Console()
    for note in (*fitted.notes, _where(fitted.camera), f"wrote {config.out}"):
        console.print(note, highlight=False, markup=False, soft_wrap=True)


def _where(camera: CameraSettings) -> str:
    place = ", ".join(f"{value:.3f}" for value in camera.eye)
    target = ", ".join(f"{value:.3f}" for value in camera.target)
    return f"the camera stands at ({place}) m and looks at ({target}) m"
