# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Files and folders appear when they are complete; until then what was there stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from machine import files_at_most

from rlco_core.errors import RlcoError
from rlco_trainer.files import alone_in, remade

PROOF = "manifest.yaml"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A folder of the kind that may be replaced."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / PROOF).write_text("old")
    (folder / "notes.txt").write_text("mine")
    return folder


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_a_folder_is_replaced_whole_and_keeps_what_is_not_made_anew(old: Path) -> None:
    with remade(old, PROOF) as scratch:
        (scratch / PROOF).write_text("new")
        assert content(old)[PROOF] == "old"
    assert content(old) == {PROOF: "new", "notes.txt": "mine"}
    assert [path.name for path in old.parent.iterdir()] == ["bundle"]


def test_what_fails_leaves_the_old_one(old: Path) -> None:
    before = content(old)

    def make(length: int) -> None:
        with remade(old, PROOF) as scratch:
            (scratch / PROOF).write_text("x" * length)
            assert length != 50

    with pytest.raises(AssertionError):
        make(50)
    with pytest.raises(RlcoError, match=r"bundle cannot be written: File too"), files_at_most(100):
        make(1000)
    assert content(old) == before
    assert [path.name for path in old.parent.iterdir()] == ["bundle"]


def test_a_folder_of_another_kind_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_text("mine")
    with (
        pytest.raises(RlcoError, match=r"is not empty, and has no manifest\.yaml"),
        remade(tmp_path, PROOF),
    ):
        pass
    assert content(tmp_path) == {"photo.png": "mine"}


def test_a_new_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    with remade(tmp_path / "a" / "b", PROOF) as scratch:
        (scratch / PROOF).write_text("new")
    assert content(tmp_path / "a" / "b") == {PROOF: "new"}


def test_one_at_a_time_is_in_a_folder_and_leaves_none_that_is_empty(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with (
        alone_in(folder),
        pytest.raises(RlcoError, match="is in use by another rlco"),
        alone_in(folder),
    ):
        pass
    assert not folder.exists()
    with alone_in(folder):
        (folder / "kept").touch()
    assert folder.exists()
