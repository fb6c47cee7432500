# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What was made once is at hand, and never where it would be another."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import torch
from small import new

from rlco_core.errors import DatasetError
from rlco_trainer.learning.datasets import Loaded
from rlco_trainer.learning.shelf import Shelf
from rlco_trainer.learning.sources import ContextSource


def test_a_dataset_is_read_once_and_again_when_it_has_changed(
    dataset_root: Path, tmp_path: Path
) -> None:
    root, shelf = tmp_path / "copy", Shelf()
    shutil.copytree(dataset_root, root)
    first = shelf.dataset(root)
    assert shelf.dataset(root) is first
    assert shelf.dataset(root, 2) is not first
    info = root / "meta" / "info.json"
    os.utime(info, ns=(0, info.stat().st_mtime_ns + 1))
    assert shelf.dataset(root) is not first
    with pytest.raises(DatasetError, match="nowhere"):
        shelf.dataset(tmp_path / "nowhere")


def test_contexts_are_those_of_the_backbone_and_of_the_images_asked_for(loaded: Loaded) -> None:
    shelf, policy = Shelf(), new("token", horizon=3)
    source = shelf.contexts(policy, loaded)
    assert torch.equal(source.contexts, ContextSource.build(policy, loaded.data).contexts)
    assert shelf.contexts(policy, loaded).contexts is source.contexts
    other = new("flow", horizon=5)
    other.backbone.load_state_dict(policy.backbone.state_dict())
    shared = shelf.contexts(other, loaded)
    assert shared.contexts is source.contexts, "another family on the same backbone"
    assert (source.horizon, shared.horizon) == (3, 5)
    assert len(shelf.contexts(policy, loaded, 2, 1.0).contexts) == 2
    with torch.no_grad():
        next(policy.backbone.parameters()).add_(1.0)
    assert not torch.equal(shelf.contexts(policy, loaded).contexts, source.contexts)


def test_what_was_not_asked_for_lately_gives_room(dataset_root: Path) -> None:
    shelf = Shelf(room=2)
    first, second = shelf.dataset(dataset_root, 1), shelf.dataset(dataset_root, 2)
    assert shelf.dataset(dataset_root, 1) is first
    shelf.dataset(dataset_root, 3)
    assert shelf.dataset(dataset_root, 1) is first
    assert shelf.dataset(dataset_root, 2) is not second
