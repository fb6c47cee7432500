# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Every option says what it is, also where a docstring says it of several at once."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from rlco_trainer.arguments import parse


@dataclass(frozen=True)
class Base:
    """A base.

    Attributes:
        height, width: of a picture,
            in px.
    """

    height: int = 1
    width: int = 2


@dataclass(frozen=True)
class Inner:
    """A section.

    Attributes:
        gain, lag: of a controller.
    """

    gain: float = 1.0
    lag: float = 0.0


@dataclass(frozen=True)
class Outer(Base):
    """A command.

    Attributes:
        inner: a section.
        start: alone.
    """

    inner: Inner = field(default_factory=Inner)
    start: int = 0


def test_every_option_has_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(Outer, ["--help"], "try")
    assert ended.value.code == 0
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert shown.count("of a picture, in px.") == 2
    assert shown.count("of a controller.") == 2
    assert "--start INT alone. (default: 0)" in shown
