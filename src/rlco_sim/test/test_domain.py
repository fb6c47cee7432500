# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Domains are found by name or path; a key or value that does not fit is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from rlco_core.errors import ConfigError
from rlco_sim.domain import Domain

TWIN = Domain.load("twin")


def written(tmp_path: Path, section: str = "", **changes: Any) -> Path:
    """The twin with some keys of one section (or of the top) set; None takes a key away."""
    raw = TWIN.model_dump(mode="json")
    part = raw[section] if section else raw
    part.update(changes)
    for key in [key for key, value in changes.items() if value is None]:
        del part[key]
    path = tmp_path / "odd.yaml"
    path.write_text(yaml.safe_dump(raw))
    return path


def test_the_twin_ships_with_the_camera_of_the_contract() -> None:
    camera = TWIN.camera
    assert (TWIN.name, camera.name, camera.width, camera.height) == ("twin", "front", 64, 64)
    assert set(TWIN.looks.cubes) == {"red", "green", "blue"}


def test_any_domain_by_its_path(tmp_path: Path) -> None:
    path = written(tmp_path, name="mine")
    assert Domain.load(path).name == "mine"
    assert Domain.load(str(path)).model_copy(update={"name": "twin"}) == TWIN


def test_unknown_names_list_what_ships() -> None:
    with pytest.raises(ConfigError, match=r"domain 'mars' is neither a shipped domain \('twin'\)"):
        Domain.load("mars")


@pytest.mark.parametrize(
    ("section", "changes", "named"),
    [
        ("", {"wether": "fair"}, "wether: "),
        ("camera", {"colour": 1}, "camera.colour: "),
        ("camera", {"height": None}, "camera.height: .*required"),
        ("camera", {"width": 0}, "camera.width: .*greater than 0"),
        ("camera", {"width": 64.5}, "camera.width: .*integer"),
        ("camera", {"eye": [1.0, 0.0]}, "camera.eye: .*3 items"),
        ("camera", {"eye": [1.0, 0.0, float("nan")]}, "camera.eye.2: .*finite"),
        ("camera", {"vertical_fov": 45.0}, "camera.vertical_fov: .*less than 3"),
        ("light", {"ambient": 1.5}, "light.ambient: .*less than or equal to 1"),
        ("looks", {"table": [200, 180, 120]}, "looks.table.0: .*less than or equal to 1"),
        ("physics", {"substeps": 0}, "physics.substeps: .*greater than or equal to 1"),
        ("physics", {"cube_mass": float("inf")}, "physics.cube_mass: .*finite"),
        ("physics", {"cube_friction": 0.0}, "physics.cube_friction: .*greater than 0"),
    ],
)
def test_what_does_not_fit_is_named_with_its_key(
    tmp_path: Path, section: str, changes: dict[str, Any], named: str
) -> None:
    path = written(tmp_path, section, **changes)
    with pytest.raises(ConfigError, match=named) as caught:
        Domain.load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_domains_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        TWIN.physics.cube_mass = 2.0  # type: ignore[misc]
