# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Domains are found by name or path; a key or value that does not fit is named."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from rlco_core.config import shipped
from rlco_core.errors import ConfigError
from rlco_sim.domain import Domain, shipped_domains

TWIN = Domain.load("twin")
SHIPPED = shipped(shipped_domains())


def written(tmp_path: Path, document: Any, name: str = "odd") -> Path:
    path = tmp_path / f"{name}.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


def changed(section: str = "", **changes: Any) -> dict[str, Any]:
    """The twin with some keys of one section (or of the top) set; None takes a key away."""
    raw: dict[str, Any] = {"name": "odd", **deepcopy(dict(TWIN.values))}
    part = raw[section] if section else raw
    part.update(changes)
    for key in [key for key, value in changes.items() if value is None]:
        del part[key]
    return raw


def test_the_twin_ships_with_the_camera_of_the_contract() -> None:
    camera = TWIN.camera
    assert (TWIN.name, camera.name, camera.width, camera.height) == ("twin", "front", 64, 64)
    assert {"red", "green", "blue"} <= set(TWIN.typical().looks.cubes)
    assert not TWIN.varies


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_domain_draws_sound_worlds(name: str) -> None:
    domain = Domain.load(name)
    worlds = [domain.draw(seed) for seed in range(50)]
    assert domain.name == name
    assert domain.summary
    assert {(w.camera.name, w.camera.width, w.camera.height) for w in worlds} == {("front", 64, 64)}
    assert (len({str(world) for world in worlds}) == 50) is domain.varies
    assert str(domain.draw(7)) == str(worlds[7])


def test_a_typical_world_stands_in_the_middle() -> None:
    domain = Domain.of(changed("objects", mass={"range": [0.1, 0.3]}, friction=0.4))
    assert domain.typical().objects.mass == pytest.approx(0.2)
    assert domain.typical().objects.friction == 0.4


def test_progress_moves_along_curricula() -> None:
    domain = Domain.of(changed("camera", noise={"curriculum": {"start": 0.0, "end": 4.0}}))
    assert [domain.draw(0, progress).camera.noise for progress in (0.0, 0.5, 1.0)] == [0, 2, 4]
    assert domain.draw(0).camera.noise == 4.0
    with pytest.raises(ConfigError, match=r"progress 1.1 must lie in \[0, 1\]"):
        domain.draw(0, 1.1)


def test_any_domain_by_its_path(tmp_path: Path) -> None:
    path = written(tmp_path, changed(name="mine"))
    assert Domain.load(path).name == Domain.load(str(path)).name == "mine"
    assert Domain.load(path).draw(0) == TWIN.draw(0)


def test_unknown_names_list_what_ships() -> None:
    with pytest.raises(ConfigError, match=r"domain 'mars' is neither a shipped domain .*'twin'"):
        Domain.load("mars")


def test_a_domain_extends_another_key_by_key(tmp_path: Path) -> None:
    written(tmp_path, {"extends": "twin", "name": "middle", "objects": {"mass": 0.3}}, "middle")
    top = {"extends": "middle.yaml", "name": "top", "objects": {"friction": {"range": [0.1, 0.2]}}}
    settings = Domain.load(written(tmp_path, top, "top")).typical()
    assert settings.objects.mass == 0.3
    assert settings.objects.friction == pytest.approx(0.15)
    assert settings.camera == TWIN.typical().camera


def test_a_drawn_value_is_replaced_whole(tmp_path: Path) -> None:
    document = {"extends": "wide", "name": "odd", "camera": {"noise": {"log_range": [1.0, 2.0]}}}
    values = Domain.load(written(tmp_path, document)).values
    assert values["camera"]["noise"] == {"log_range": [1.0, 2.0]}


def test_domains_that_extend_each_other_are_refused(tmp_path: Path) -> None:
    written(tmp_path, {"name": "first", "extends": f"../{tmp_path.name}/second.yaml"}, "first")
    second = {"name": "second", "extends": f"../{tmp_path.name}/first.yaml"}
    path = written(tmp_path, second, "second")
    with pytest.raises(ConfigError, match="extends: second extends itself"):
        Domain.load(path)


@pytest.mark.parametrize(
    ("section", "changes", "named"),
    [
        ("", {"wether": "fair"}, "wether: unknown key; known: camera, light"),
        ("", {"lihgt": {}}, "lihgt: unknown key; did you mean 'light'"),
        ("", {"name": None}, "name: a domain needs one"),
        ("", {"camera": None}, "camera: .*required"),
        ("camera", {"nois": 1}, "camera.nois: unknown key; did you mean 'noise'"),
        ("looks", {"table": {"color": [0, 0, 0]}}, "looks.table.colour: .*required"),
        ("camera", {"height": None}, "camera.height: .*required"),
        ("camera", {"width": 0}, "camera.width: .*greater than 0"),
        ("camera", {"width": 64.5}, "camera.width: .*integer"),
        ("camera", {"width": {"range": [64, 65]}}, "camera: .*must be plain values"),
        ("camera", {"eye": [1.0, 0.0]}, "camera.eye: .*3 items"),
        ("camera", {"eye": [1.0, 0.0, float("nan")]}, "camera.eye.2: .*finite"),
        ("camera", {"eye": [0.5, 0.0, 0.02]}, "camera: .*eye and target are the same"),
        ("camera", {"k": [0.0, 0, 32, 0, 90, 31, 0, 0, 1]}, "camera: .*must be positive"),
        ("camera", {"k": [90, 1.0, 32, 0, 90, 31, 0, 0, 1]}, r"camera: .*k must be \[fx, 0"),
        ("camera", {"d": [-2.0, 0, 0, 0, 0]}, "camera: .*d folds the picture"),
        ("camera", {"noise": {"range": [-1.0, 1.0]}}, "camera.noise: .*greater than or equal"),
        ("camera", {"noise": {"range": [2.0, 1.0]}}, "camera.noise: range needs low <= high"),
        ("camera", {"noise": {"rnage": [0.0, 1.0]}}, "camera.noise: .*valid number"),
        ("light", {"ambient": 1.5}, "light.ambient: .*less than or equal to 1"),
        ("looks", {"goal": [200, 180, 120]}, "looks.goal.0: .*less than or equal to 1"),
        ("looks", {"distractors": {"range": [0, 9]}}, "looks.distractors: .*less than or equal"),
        ("physics", {"substeps": 0}, "physics.substeps: .*greater than or equal to 4"),
        ("objects", {"mass": float("inf")}, "objects.mass: .*finite"),
        ("objects", {"friction": 0.0}, "objects.friction: .*greater than 0"),
    ],
)
def test_what_does_not_fit_is_named_with_its_key(
    tmp_path: Path, section: str, changes: dict[str, Any], named: str
) -> None:
    path = written(tmp_path, changed(section, **changes))
    with pytest.raises(ConfigError, match=named) as caught:
        Domain.load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "- a\n", "name: [\n", "\t"])
def test_a_file_without_a_mapping_is_refused_in_a_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        Domain.load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_worlds_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        TWIN.draw(0).objects.mass = 2.0  # type: ignore[misc]
