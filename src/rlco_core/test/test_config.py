# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Configuration files are found by name or path, and foul ones are refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field

from rlco_core.config import locate, read_yaml, shipped
from rlco_core.errors import ConfigError


class Wheel(BaseModel):
    model_config = ConfigDict(extra="forbid")
    radius: float = Field(gt=0.0)


class Cart(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    wheels: list[Wheel] = []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("small.yaml", "large.yaml", "notes.txt"):
        (tmp_path / name).write_text(f"name: {name}\n")
    return tmp_path


def test_shipped_lists_yaml_files_only(folder: Path) -> None:
    assert shipped(folder) == ("large", "small")


def test_a_name_comes_before_a_path(folder: Path) -> None:
    assert locate("cart", "small", folder) == folder / "small.yaml"


@pytest.mark.parametrize("suffix", [".yaml", ".yml"])
def test_any_yaml_file_by_its_path(folder: Path, suffix: str) -> None:
    path = folder / f"own{suffix}"
    path.write_text("name: own\n")
    assert locate("cart", path, folder / "elsewhere") == path
    assert locate("cart", str(path), folder / "elsewhere") == path


@pytest.mark.parametrize("wrong", ["medium", "notes.txt", "missing.yaml", "", ".", "small.yaml/"])
def test_what_is_neither_is_refused_with_what_ships(folder: Path, wrong: str) -> None:
    with pytest.raises(ConfigError) as caught:
        locate("cart", wrong, folder)
    assert str(caught.value) == (
        f"cart '{wrong}' is neither a shipped cart ('large' or 'small') nor a YAML file that exists"
    )


def test_a_path_with_no_yaml_suffix_is_refused_though_it_exists(folder: Path) -> None:
    with pytest.raises(ConfigError, match="neither a shipped cart"):
        locate("cart", folder / "notes.txt", folder)


def test_reads_and_validates(tmp_path: Path) -> None:
    path = tmp_path / "cart.yaml"
    path.write_text("name: rätsche\nwheels: [{radius: 0.5}]\n", encoding="utf-8")
    cart = read_yaml(Cart, path)
    assert (cart.name, cart.wheels[0].radius) == ("rätsche", 0.5)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"", "file: Input should be a valid dictionary"),
        (b"- name", "file: Input should be a valid dictionary"),
        (b"wheels: []", "name: Field required"),
        (b"name: 3", "name: Input should be a valid string"),
        (b"name: a\nwheels: [{radius: 1}, {radius: -1}]", "wheels.1.radius: Input should be grea"),
        (b"name: a\nnmae: b", "nmae: unknown key; did you mean 'name'?"),
        (b"name: a\ncolour: b", "colour: unknown key; known: name, wheels"),
        (b"name: a\nwheels: [{radius: 1, raduis: 1}]", "wheels.0.raduis: unknown key; did you"),
        (b"name: [", "expected the node content"),
        (b"name: \xff\xfe", "codec can't decode byte"),
        (b"name: !!python/object/apply:os.getcwd []", "could not determine a constructor"),
    ],
)
def test_foul_files_are_refused_in_one_line(tmp_path: Path, text: bytes, problem: str) -> None:
    path = tmp_path / "cart.yaml"
    path.write_bytes(text)
    with pytest.raises(ConfigError) as caught:
        read_yaml(Cart, path)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert problem in line
    assert "\n" not in line


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file or directory"):
        read_yaml(Cart, tmp_path / "none.yaml")
