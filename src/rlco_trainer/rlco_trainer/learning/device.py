# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Where networks are trained."""

from __future__ import annotations

from typing import get_args

import torch

from rlco_core.errors import ConfigError
from rlco_trainer.settings import DeviceName


def device(name: str) -> torch.device:
    """The torch device called ``name``; auto prefers CUDA.

    Raises:
        ConfigError: it is not there.
    """
    names = get_args(DeviceName)
    if name not in names:
        raise ConfigError(f"device '{name}' is unknown; it should be one of {', '.join(names)}")
    there = torch.cuda.is_available()
    if name == "cuda" and not there:
        raise ConfigError("device 'cuda' was asked for, but torch sees no GPU; use cpu or auto")
    return torch.device("cuda" if name != "cpu" and there else "cpu")
