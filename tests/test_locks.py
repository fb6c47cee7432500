# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The lock files: complete, exact, and without a trace of the machine that made them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from make_lock import pin

LOCKS = Path(__file__).resolve().parent.parent / "locks"
DISTROS = ("jazzy", "kilted")


def names(path: Path) -> dict[str, str]:
    """Normalised name -> the line it came from, comments aside."""
    lines = [line.strip() for line in path.read_text().splitlines()]
    found = {re.split(r"[=<\[]", line)[0]: line for line in lines if line and line[0] != "#"}
    return {re.sub(r"[-_.]+", "-", name).lower(): line for name, line in found.items()}


@pytest.mark.parametrize("lock", ["jazzy.txt", "kilted.txt", "weights.txt", "gpu.txt"])
def test_every_line_is_an_exact_public_version(lock: str) -> None:
    for line in names(LOCKS / lock).values():
        assert re.fullmatch(r"[A-Za-z0-9_.-]+(\[[a-z,]+\])?==[0-9][0-9A-Za-z.]*", line)


@pytest.mark.parametrize("distro", DISTROS)
def test_lock_holds_every_requirement(distro: str) -> None:
    required = {
        **names(LOCKS / "requirements.in"),
        **names(LOCKS / f"requirements-{distro}.in"),
    }
    assert set(required) <= set(names(LOCKS / f"{distro}.txt"))


def test_distributions_differ_in_ros_only() -> None:
    jazzy, kilted = (names(LOCKS / f"{distro}.txt") for distro in DISTROS)
    common = {name for name in jazzy if not name.startswith("ros-")}
    assert {name: jazzy[name] for name in common} == {
        name: line for name, line in kilted.items() if not name.startswith("ros-")
    }


def test_pin_drops_the_name_of_the_build() -> None:
    package = {"metadata": {"name": "torch", "version": "2.13.0+cpu"}}
    assert pin(package) == "torch==2.13.0"
