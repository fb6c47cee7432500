# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Settings as files: what was written comes back, and what is wrong is named."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import pytest

from rlco_core.errors import ConfigError
from rlco_trainer.arguments import parse_with_file
from rlco_trainer.learning.anchor import AnchorConfig
from rlco_trainer.learning.imitation import ImitationConfig
from rlco_trainer.learning.ppo import PpoConfig
from rlco_trainer.learning.reinforce import ReinforceConfig
from rlco_trainer.settings import keep_settings, read_settings, write_settings


@dataclass(frozen=True)
class Inner:
    """A section.

    Attributes:
        clip: a number.
        size: two numbers.
    """

    clip: float = 0.2
    size: tuple[int, int] = (64, 64)


@dataclass(frozen=True)
class Outer:
    """A command.

    Attributes:
        out: where to.
        steps: how many.
        kind: of two.
        data: some files.
        start: a file or none.
        inner: a section.
        spare: a section or none.
        named: sections by name.
    """

    out: Path
    steps: int = 10
    kind: Literal["token", "flow"] = "token"
    data: tuple[Path, ...] = ()
    start: Path | None = None
    inner: Inner = field(default_factory=Inner)
    spare: Inner | None = None
    named: Mapping[str, Inner] = field(default_factory=dict)


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_what_was_written_comes_back(tmp_path: Path) -> None:
    wanted = Outer(
        out=tmp_path,
        steps=3,
        kind="flow",
        data=(Path("a"), Path("b/c")),
        start=Path("x.safetensors"),
        inner=Inner(clip=0.3, size=(32, 48)),
        spare=Inner(clip=0.1),
        named={"a": Inner(clip=0.4)},
    )
    path = tmp_path / "deep" / "config.yaml"
    write_settings(wanted, path)
    assert read_settings(Outer, path) == wanted
    assert "clip: 0.3" in path.read_text(), "people can read it"


def test_what_a_file_does_not_say_keeps_its_default(tmp_path: Path) -> None:
    path = written(tmp_path / "a.yaml", "out: run\ninner:\n  clip: 0.5\nspare: null\n")
    assert read_settings(Outer, path) == Outer(Path("run"), inner=Inner(clip=0.5))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("out: a\nstepps: 3\n", "stepps: unknown key; did you mean 'steps'?"),
        ("out: a\ninner:\n  clap: 1\n", "inner.clap: unknown key; did you mean 'clip'?"),
        (
            "out: a\nzzz: 1\n",
            "zzz: unknown key; known: 'data', 'inner', 'kind', 'named', 'out', 'spare', 'start' "
            "or 'steps'",
        ),
        ("out: a\nclip: 0.3\n", "clip: unknown key; "),
        ("out: a\n3: x\n", "3: unknown key"),
        ("out: a\nsteps: many\n", "steps: "),
        ("out: a\nsteps: 2.5\n", "steps: "),
        ("out: a\nkind: diffusion\n", "kind: "),
        ("out: a\ninner: 3\n", "inner: should be keys with values"),
        ("out: a\ninner:\n", "inner: should be keys with values"),
        ("out: a\ninner:\n  size: [1, 2, 3]\n", "inner.size"),
        ("out: a\nspare: 3\n", "spare: should be keys with values"),
        ("out: a\nspare:\n  clap: 1\n", "spare.clap: unknown key; did you mean 'clip'?"),
        ("out: a\nnamed:\n  b:\n    clap: 1\n", "named.b.clap: unknown key; did you mean 'clip'?"),
        ("out: a\nnamed: 3\n", "named: should be keys with values"),
        ("out: a\nnamed:\n  b: 3\n", "named.b: should be keys with values"),
        ("steps: 3\n", "out: "),
        ("- out\n", "file: should be keys with values"),
        ("out: [\n", "a.yaml: "),
    ],
)
def test_what_does_not_fit_is_named_in_one_line(tmp_path: Path, text: str, line: str) -> None:
    path = written(tmp_path / "a.yaml", text)
    with pytest.raises(ConfigError) as caught:
        read_settings(Outer, path)
    assert str(caught.value).startswith(f"{path}: ")
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: "):
        read_settings(Outer, tmp_path / "nowhere.yaml")


def test_options_are_spelt_with_their_sections() -> None:
    words = ["--out", "run", "--inner.clip", "0.4", "--inner.size", "8", "16", "--data", "a", "b"]
    wanted = Outer(Path("run"), data=(Path("a"), Path("b")), inner=Inner(0.4, (8, 16)))
    assert parse_with_file(Outer, words, "test") == wanted


def test_an_option_goes_before_the_file_and_the_file_before_the_default(tmp_path: Path) -> None:
    wanted = Outer(Path("run"), steps=7, inner=Inner(clip=0.3))
    write_settings(wanted, tmp_path / "a.yaml")
    file = ["--config", str(tmp_path / "a.yaml")]
    assert parse_with_file(Outer, file, "test") == wanted
    for words in ([*file, "--inner.clip", "0.6"], ["--inner.clip", "0.6", *file]):
        found = parse_with_file(Outer, words, "test")
        assert found == replace(wanted, inner=Inner(clip=0.6))


def test_a_file_need_not_say_what_the_options_say(tmp_path: Path) -> None:
    path = written(tmp_path / "a.yaml", "steps: 7\n")
    found = parse_with_file(Outer, ["--config", str(path), "--out", "run"], "test")
    assert found == Outer(Path("run"), steps=7)
    with pytest.raises(SystemExit):
        parse_with_file(Outer, ["--config", str(path)], "test")


def test_a_file_may_be_named_after_an_equals_sign_and_is_in_the_help(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / "a.yaml", "out: run\nsteps: 7\n")
    found = parse_with_file(Outer, [f"--config={path}", "--inner.clip", "0.6"], "test")
    assert found == Outer(Path("run"), steps=7, inner=Inner(clip=0.6))
    with pytest.raises(SystemExit):
        parse_with_file(Outer, ["--help"], "test")
    told = capsys.readouterr().out
    assert "--config FILE" in told
    assert "--inner.clip FLOAT" in told
    assert "how many." in told


@pytest.mark.parametrize("words", [["--out", "run", "--config"], ["--config", "--out", "run"]])
def test_a_file_that_is_not_named_is_asked_for(words: list[str]) -> None:
    with pytest.raises(ConfigError, match="--config needs a file"):
        parse_with_file(Outer, words, "test")


def test_a_run_that_has_begun_keeps_its_settings(tmp_path: Path) -> None:
    path, first = tmp_path / "run" / "config.yaml", Outer(Path("run"), inner=Inner(size=(8, 8)))
    keep_settings(first, path, begun=False)
    keep_settings(first, path, begun=True)
    keep_settings(replace(first, out=Path("moved")), path, begun=True)
    other = replace(first, steps=11, inner=Inner(size=(8, 16)))
    with pytest.raises(ConfigError, match=r"begun with other settings \(steps, inner\); use the"):
        keep_settings(other, path, begun=True)
    assert read_settings(Outer, path) == replace(first, out=Path("moved"))
    keep_settings(other, path, begun=False)
    assert read_settings(Outer, path) == other


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda: PpoConfig(clip=-1.0), "clip is -1.0; it should be positive"),
        (lambda: PpoConfig(huber=0.0), "huber is 0.0; it should be positive"),
        (lambda: PpoConfig(value_clip=math.nan), "value_clip is nan; it should be positive"),
        (lambda: ReinforceConfig(learning_rate=math.inf), "learning_rate is inf; it should be"),
        (lambda: ReinforceConfig(most_kl=-1.0), "most_kl is -1.0; it should be 0.0 or more"),
        (lambda: ReinforceConfig(seed=-1), "seed is -1; it should be 0 or more"),
        (lambda: AnchorConfig(beta=math.nan), "beta is nan; it should be 0.0 or more"),
        (lambda: ImitationConfig(learning_rate=math.nan), "learning_rate is nan"),
    ],
)
def test_numbers_that_would_break_a_run_unsaid_are_refused(
    make: Callable[[], object], line: str
) -> None:
    with pytest.raises(ConfigError, match=line):
        make()
