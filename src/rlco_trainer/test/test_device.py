# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Where networks are trained: what there is, and what is refused."""

from __future__ import annotations

import pytest
import torch

from rlco_core.errors import ConfigError
from rlco_trainer.learning.device import device


@pytest.mark.parametrize(
    ("name", "has_gpu", "chosen"),
    [
        ("cpu", False, "cpu"),
        ("cpu", True, "cpu"),
        ("auto", False, "cpu"),
        ("auto", True, "cuda"),
        ("cuda", True, "cuda"),
    ],
)
def test_auto_prefers_cuda(
    monkeypatch: pytest.MonkeyPatch, name: str, has_gpu: bool, chosen: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: has_gpu)
    assert device(name) == torch.device(chosen)


def test_devices_that_are_not_there_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match="torch sees no GPU; use cpu or auto"):
        device("cuda")
    with pytest.raises(ConfigError, match="'tpu' is unknown; it should be one of auto, cpu, cuda"):
        device("tpu")
