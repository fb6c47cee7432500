# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The rlco command: it finds its subcommands, and every ending has its exit code."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest

from rlco_core.errors import ConfigError
from rlco_trainer import cli

Install = Callable[[Callable[[Any], Any]], None]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Puts a function in the place of every subcommand."""

    def install(run: Callable[[Any], Any]) -> None:
        monkeypatch.setattr(cli, "import_module", lambda name: SimpleNamespace(main=run))

    return install


def raising(error: BaseException) -> Callable[[Any], Any]:
    def run(words: Any) -> Any:
        raise error

    return run


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["help"]])
def test_help_lists_every_command(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(words) == 0
    shown = capsys.readouterr().out
    for name, (_, purpose) in cli.COMMANDS.items():
        assert f"  {name}" in shown
        assert purpose.split()[0] in shown


@pytest.mark.parametrize(
    ("words", "said", "meant"),
    [
        (["evaluate"], "evaluate", "did you mean eval?"),
        (["train", "rl"], "train rl", "did you mean train rlco or train sft?"),
        (
            ["domain", "shw"],
            "domain shw",
            "did you mean domain show or domain list?",
        ),
        (["fly"], "fly", "./rlco --help lists them"),
    ],
)
def test_an_unknown_word_is_said_with_what_was_meant(
    words: list[str], said: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(words) == 2
    captured = capsys.readouterr()
    assert captured.err == f"rlco: unknown command '{said}'; {meant}\n"
    assert captured.err.count("\n") == 1
    assert captured.out == ""


@pytest.mark.parametrize(("words", "code"), [(["train"], 2), (["train", "--help"], 0)])
def test_a_group_says_what_is_in_it(
    words: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(words) == code
    shown = capsys.readouterr().out
    assert all(f"  train {name}" in shown for name in ("pretrain", "sft", "rlco"))
    assert "doctor" not in shown


def test_it_says_which_version_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert re.fullmatch(r"rlco [0-9.]+ \(\S+\)\n", capsys.readouterr().out)


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_is_there_and_explains_itself(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main([*name.split(), "--help"])
    assert caught.value.code == 0
    assert f"usage: rlco {name} " in capsys.readouterr().out
    assert callable(import_module(f"rlco_trainer.{cli.COMMANDS[name][0]}").main)


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_an_unknown_option_ends_with_two(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main([*name.split(), "--no-such-option"])
    assert caught.value.code == 2
    assert "--no-such-option" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["eval", "--seed", "3"], ["train", "sft", "--seed", "3"]])
def test_a_command_gets_the_words_behind_its_name(install: Install, words: list[str]) -> None:
    got: list[list[str]] = []
    install(got.append)
    assert cli.main(words) == 0
    assert got == [["--seed", "3"]]


def test_without_words_the_command_line_is_read(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    got: list[list[str]] = []
    install(got.append)
    monkeypatch.setattr(sys, "argv", ["rlco", "bench", "sim", "--repeats", "1"])
    assert cli.main() == 0
    assert got == [["--repeats", "1"]]


@pytest.mark.parametrize(("answer", "code"), [(None, 0), (0, 0), (1, 1), (3, 3)])
def test_a_commands_own_code_is_passed_on(install: Install, answer: int | None, code: int) -> None:
    install(lambda words: answer)
    assert cli.main(["doctor"]) == code


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ConfigError("seed -1 is negative; seeds are 0, 1"), "seed -1 is negative; seeds are 0, 1"),
        (PermissionError(13, "Permission denied", "/x"), "[Errno 13] Permission denied: '/x'"),
    ],
)
def test_an_error_is_one_line_and_code_one(
    install: Install, capsys: pytest.CaptureFixture[str], error: Exception, line: str
) -> None:
    install(raising(error))
    assert cli.main(["train", "sft"]) == 1
    captured = capsys.readouterr()
    assert captured.err == f"rlco train sft: {line}\n"
    assert captured.out == ""


def test_an_interrupted_command_says_so(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install(raising(KeyboardInterrupt()))
    assert cli.main(["collect"]) == 130
    assert capsys.readouterr().err == "rlco collect: stopped\n"


def test_a_fault_of_ours_is_not_hidden(install: Install) -> None:
    install(raising(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        cli.main(["eval"])


def test_help_is_quick_it_loads_no_command() -> None:
    code = (
        "import sys; from rlco_trainer.cli import main; main(['--help']);"
        "heavy = {'torch', 'pybullet', 'rclpy', 'onnxruntime', 'gymnasium'} & set(sys.modules);"
        "sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
