# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Where a camera stands, from demonstrations alone: the arm says where its end effector is, and a
base that was taught to point at it says where it is seen.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from rlco_core.errors import ConfigError
from rlco_sim.camera_documents import Calibration
from rlco_sim.camera_fit import PoseFit, settings_of, solve_pose
from rlco_sim.session import resized
from rlco_sim.settings import CameraSettings
from rlco_trainer.learning.batches import Demonstrations
from rlco_trainer.policies.policy import Policy
from rlco_trainer.policies.policy_file import BASES, load_policy

#: Frames that are looked at: more tell no more, as what is wrong with them is no noise.
_FRAMES, _AT_ONCE = 600, 100
#: px of the base's small images, by which a pose may miss what is pointed at.
_MAX_ERROR = 1.5


def pose_from(
    demonstrations: Sequence[Demonstrations], calibration: Calibration, sensor: CameraSettings
) -> PoseFit:
    """The pose of the camera with ``calibration``, which the demonstrations were seen by.

    Args:
        demonstrations: their images are the whole picture resized.
        sensor: of the domain that is fitted; its pose is not looked at.

    Raises:
        ConfigError: the base does not see such images, or no one pose explains them.
    """
    policy, _ = load_policy(BASES["flow"])
    places = np.concatenate([data.states[:, :3] for data in demonstrations]).astype(float)
    pixels = np.concatenate([_pixels(policy, data) for data in demonstrations]).astype(float)
    height, width = policy.backbone.config.image_size
    lens = resized(settings_of(sensor, calibration, np.eye(4)), width, height)
    small = Calibration(width, height, lens.k, lens.d)
    some = np.linspace(0, len(places) - 1, min(_FRAMES, len(places))).round().astype(int)
    return solve_pose(small, places[some], pixels[some], _MAX_ERROR)


@torch.no_grad()
def _pixels(policy: Policy, data: Demonstrations) -> NDArray[np.float32]:
    """(n, 2) px where the end effector is seen, frame by frame."""
    height, width = data.images.shape[1:3]
    if (height, width) != policy.backbone.config.image_size:
        raise ConfigError(f"demonstrations with images of {width}x{height}; the base sees 64x64")
    pixels = []
    for frames in np.array_split(np.arange(len(data.actions)), -(-len(data.actions) // _AT_ONCE)):
        batch = data.batch(frames, 1)
        _, scores = policy.look(batch.image, batch.state, batch.words, batch.mask)
        pixels.append(policy.backbone.pointed_at(scores)[:, 0].numpy())
    return np.concatenate(pixels)
