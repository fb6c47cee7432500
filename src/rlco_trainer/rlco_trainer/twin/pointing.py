# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Where a camera stands, from demonstrations alone: the arm says where its end effector is, and a
base that was taught to point at it says where it is seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from rlco_core.errors import ConfigError
from rlco_sim.camera_documents import Calibration
from rlco_sim.camera_fit import Matrix, PoseFit, settings_of, solve_pose
from rlco_sim.session import resized
from rlco_sim.settings import CameraSettings
from rlco_trainer.learning.datasets import load
from rlco_trainer.policies.policy_file import BASES, load_policy

#: Frames that are looked at: more tell no more, as what is wrong with them is no noise.
_FRAMES, _AT_ONCE = 600, 100
#: px of the base's small images, by which a pose may miss what is pointed at.
_MAX_ERROR = 1.5


def pose_from(
    datasets: Sequence[Path], episodes: int, calibration: Calibration, sensor: CameraSettings
) -> PoseFit:
    """The pose of the camera with ``calibration``, which the demonstrations were seen by.

    Args:
        datasets: LeRobot v3.0, the whole picture resized.
        episodes: how many of each are used, the first ones; 0 for all.
        sensor: of the domain that is fitted; its pose is not looked at.

    Raises:
        RlcoError: a dataset cannot be read, or no one pose explains it.
    """
    seen = [_points(path, episodes) for path in datasets]
    sizes = {size for *_, size in seen}
    if len(sizes) != 1:
        raise ConfigError("the demonstrations have images of several sizes; give those of one")
    places = np.concatenate([place for place, *_ in seen])
    pixels = np.concatenate([pixel for _, pixel, _ in seen])
    height, width = sizes.pop()
    lens = resized(settings_of(sensor, calibration, np.eye(4)), width, height)
    small = Calibration(width, height, lens.k, lens.d)
    some = np.linspace(0, len(places) - 1, min(_FRAMES, len(places))).round().astype(int)
    return solve_pose(small, places[some], pixels[some], _MAX_ERROR)


@torch.no_grad()
def _points(path: Path, episodes: int) -> tuple[Matrix, Matrix, tuple[int, int]]:
    """Places (n, 3) m of the end effector, pixels (n, 2) where it is seen, and the image size."""
    policy, _ = load_policy(BASES["flow"])
    data = load(path, episodes).data
    size = (data.images.shape[1], data.images.shape[2])
    if size != policy.backbone.config.image_size:
        raise ConfigError(f"{path}: images of {size[1]}x{size[0]}; the base sees 64x64")
    pixels = []
    for frames in np.array_split(np.arange(len(data.actions)), -(-len(data.actions) // _AT_ONCE)):
        batch = data.batch(frames, 1)
        _, scores = policy.look(batch.image, batch.state, batch.words, batch.mask)
        pixels.append(policy.backbone.pointed_at(scores)[:, 0].numpy())
    return data.states[:, :3].astype(float), np.concatenate(pixels).astype(float), size
