# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco domain show: a sheet of pictures from a domain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
from PIL import Image
from rich.console import Console
from tyro.conf import Positional, arg

from rlco_core.errors import ConfigError
from rlco_core.robot import RobotConfig
from rlco_sim.domain import Domain
from rlco_sim.session import Session
from rlco_sim.tasks import TASKS, task_class
from rlco_trainer.arguments import parse
from rlco_trainer.files import replacing
from rlco_trainer.progress import Advance, progress
from rlco_trainer.video import FONT, Frame, caption

DomainName = Annotated[str, arg(metavar="DOMAIN")]

#: Pixels of white around every tile, and height of the lines of text.
GAP, TITLE_HEIGHT, HEADING_HEIGHT = 8, 44, 30
_INK, _PAPER = (30, 30, 30), 255
_SMALLEST, _LARGEST = 64, 1024


@dataclass(frozen=True)
class ShowConfig:
    """Pictures of a domain's episodes: a row per task, a column per seed.

    Every tile shows the scene as people see it above the image that a policy gets.

    Attributes:
        domain: a shipped domain's name, or the path of a domain's YAML.
        task: the task; empty for all there are.
        robot: the arm.
        out: the PNG that is written; empty for domain_NAME.png.
        episodes, seed: seeds are seed, seed + 1 ...
        size: height of a picture, pixels.
        split: what episodes are drawn from.
    """

    domain: Positional[DomainName] = "twin"
    task: str = ""
    robot: str = "panda"
    out: Path | None = None
    episodes: int = 8
    seed: int = 0
    size: int = 256
    split: str = "train"


def sheet(config: ShowConfig) -> Frame:
    """The sheet as one picture.

    Raises:
        RlcoError: a number is out of range, or domain, task, robot or split are unsound.
    """
    _check_numbers(config)
    domain, robot = Domain.load(config.domain), RobotConfig.load(config.robot)
    names = [task_class(config.task).name] if config.task else list(TASKS)
    with progress("pictures", len(names) * config.episodes) as advance:
        rows = [_row(config, domain, robot, name, advance) for name in names]
    title = f"{domain.name}: {domain.summary}" if domain.summary else domain.name
    width = rows[0].shape[1]
    return np.concatenate([_line(title, width, TITLE_HEIGHT, 0.8), *rows])


def _check_numbers(config: ShowConfig) -> None:
    if config.episodes < 1 or config.seed < 0:
        raise ConfigError("--episodes must be at least 1, --seed not negative")
    if not _SMALLEST <= config.size <= _LARGEST:
        raise ConfigError(f"--size {config.size} must lie in [{_SMALLEST}, {_LARGEST}]")


def _row(
    config: ShowConfig, domain: Domain, robot: RobotConfig, task: str, advance: Advance
) -> Frame:
    """A task's heading and its tiles, one per seed."""
    session = Session(task, domain, robot, config.split)
    tiles = []
    try:
        for seed in range(config.seed, config.seed + config.episodes):
            session.reset(seed)
            tiles.append(_framed(_tile(session, config.size)))
            advance()
    finally:
        session.close()
    row = np.concatenate(tiles, axis=1)
    last = config.seed + config.episodes - 1
    heading = f"{task}, {config.split}, seeds {config.seed} to {last}"
    return np.concatenate([_line(heading, row.shape[1], HEADING_HEIGHT, 0.5), row])


def _tile(session: Session, size: int) -> Frame:
    """The scene under its instruction, above what the policy gets."""
    camera = session.domain.camera
    width = round(size * camera.width / camera.height)
    seen = cv2.resize(session.image(), (width, size), interpolation=cv2.INTER_NEAREST)
    scene = caption(session.view(width, size), session.scene.instruction)
    return np.concatenate([scene, np.asarray(seen, dtype=np.uint8)])


def _framed(tile: Frame) -> Frame:
    sides = ((0, GAP), (GAP // 2, GAP // 2), (0, 0))
    return np.pad(tile, sides, constant_values=_PAPER)


def _line(text: str, width: int, height: int, scale: float) -> Frame:
    """A line of dark text on white, shrunk where it would not fit."""
    line = np.full((height, width, 3), _PAPER, dtype=np.uint8)
    natural = cv2.getTextSize(text, FONT, scale, 1)[0][0]
    scale *= min(1.0, (width - 2 * GAP) / max(natural, 1))
    place = (GAP // 2, height - height // 3)
    cv2.putText(line, text, place, FONT, scale, _INK, 1, cv2.LINE_AA)
    return line


def main(arguments: Sequence[str]) -> None:
    """rlco domain show"""
    config = parse(ShowConfig, arguments, "domain show")
    picture = sheet(config)
    path = config.out or Path(f"domain_{Domain.load(config.domain).name}.png")
    with replacing(path) as scratch:
        Image.fromarray(picture).save(scratch, format="png")
    Console().print(f"wrote {path}", highlight=False, markup=False, soft_wrap=True)
