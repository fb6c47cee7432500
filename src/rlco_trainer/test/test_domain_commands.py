# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The commands about domains: what ships, sheets of pictures, and gaps."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from rlco_core.robot import RobotConfig
from rlco_sim.domain import Domain
from rlco_sim.session import Session
from rlco_sim.tasks import TASKS
from rlco_trainer import cli
from rlco_trainer.domains.show import GAP, HEADING_HEIGHT, TITLE_HEIGHT

PANDA = RobotConfig.load("panda")


def run(*words: object) -> int:
    return cli.main([str(word) for word in words])


def first_image(domain: Domain, seed: int, task: str = "push_cube") -> NDArray[np.uint8]:
    session = Session(task, domain, PANDA)
    session.reset(seed)
    image = session.image()
    session.close()
    return image


def test_list_names_what_ships(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("domain", "list") == 0
    shown = capsys.readouterr().out
    for name in ("twin", "twin_randomised", "wide", "stand_in"):
        assert f"{name} " in shown
    assert "front 64x64" in shown


def test_show_has_a_tile_per_seed_and_a_row_per_task(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, size = tmp_path / "sheet.png", 64
    assert run("domain", "show", "wide", "--out", path, "--episodes", 3, "--size", size) == 0
    assert f"wrote {path}" in capsys.readouterr().out
    sheet = np.array(Image.open(path))
    row = HEADING_HEIGHT + 2 * size + GAP
    assert sheet.shape == (TITLE_HEIGHT + len(TASKS) * row, 3 * (size + GAP), 3)
    for number, task in enumerate(TASKS):
        for seed in range(3):
            top, left = (
                TITLE_HEIGHT + (number + 1) * row - GAP - size,
                seed * (size + GAP) + GAP // 2,
            )
            tile = sheet[top : top + size, left : left + size]
            assert (tile == first_image(Domain.load("wide"), seed, task)).all()
    assert (sheet[:TITLE_HEIGHT] < 128).any()


def test_show_enlarges_without_smoothing_and_starts_where_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ("--task", "push_cube", "--episodes", 1, "--seed", 5, "--size", 128)
    assert run("domain", "show", "twin", *words) == 0
    sheet = np.array(Image.open(tmp_path / "domain_twin.png"))
    tile = sheet[-GAP - 128 : -GAP, GAP // 2 : GAP // 2 + 128]
    assert (tile[::2, ::2] == first_image(Domain.load("twin"), 5)).all()
    assert (tile[::2, ::2] == tile[1::2, 1::2]).all()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("show", "mars"), "domain 'mars' is neither a shipped domain"),
        (("show", "--task", "juggle"), "unknown task 'juggle'"),
        (("show", "--split", "odd"), "has no split 'odd'"),
        (("show", "--episodes", "0"), "--episodes must be at least 1"),
        (("show", "--size", "8"), "--size 8 must lie in [64, 1024]"),
        (("diff", "twin", "mars"), "domain 'mars' is neither a shipped domain"),
        (("diff", "--episodes", "0"), "--episodes must be at least 1"),
    ],
)
def test_wrong_words_are_one_line(
    words: tuple[str, ...], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("domain", *words) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"rlco domain {words[0]}: ")
    assert line in error
    assert error.count("\n") == 1


def test_diff_with_itself_is_empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "gap.json"
    assert run("domain", "diff", "twin", "twin", "--episodes", 1, "--json", path) == 0
    assert capsys.readouterr().out == "The domains say the same.\n"
    gap = json.loads(path.read_text())
    assert gap["differences"] == []
    assert gap["seen"]["difference"] == 0.0


def test_diff_says_in_words_and_numbers_what_differs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "gap.json"
    assert run("domain", "diff", "wide", "stand_in", "--episodes", 2, "--json", path) == 0
    shown = " ".join(capsys.readouterr().out.split())
    gap = json.loads(path.read_text())
    rows = {row["key"]: row for row in gap["differences"]}
    assert rows["camera.noise"]["inside"]
    assert rows["camera.d"]["outside_by"] == [0.12, 0.03, 0.0, 0.001, 0.0]
    outside = [key for key, row in rows.items() if not row["inside"]]
    assert f"{len(outside)} lie outside what wide draws: {outside[0]}" in shown
    assert "The camera of stand_in stands " in shown
    assert " ".join(gap["summary"]) in shown
    for key in rows:
        assert key in shown
