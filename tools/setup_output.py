# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Long commands: output to a log, progress in one line, the line that explains a failure."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from setup_layout import ROOT

# A package that pip looks at: "Collecting NAME==1", "Processing .../NAME-1-py3-none-any.whl", ...
PIP_FOUND = re.compile(
    r"(?:Collecting|Processing|Requirement already satisfied:) "
    r"(?:\S*/)?(\w[\w.]*(?:-[a-zA-Z][\w.]*)*)"
)


def run_logged(
    command: list[str],
    log: Path,
    on_line: Callable[[str], None],
    environment: dict[str, str],
) -> int:
    """Run a command, its output to a log and line by line to `on_line`; its exit code."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        text=True,
        errors="replace",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout
    with log.open("w") as handle:
        for line in process.stdout:
            handle.write(line)
            on_line(line.strip())
    return process.wait()


def last_error(log: Path) -> str:
    """The line of a log that says best what went wrong."""
    lines = [line.strip() for line in log.read_text().splitlines() if line.strip()]
    errors = [line for line in lines if re.search(r"\berror\b|^E:|No module", line, re.I)]
    return (errors or lines or ["no output"])[-1]


def say(message: str) -> None:
    print(f"[set-up] {message}", file=sys.stderr, flush=True)


def say_colcon_line(line: str) -> None:
    if line.startswith(("Finished <<<", "Failed   <<<", "Aborted  <<<", "Summary:")):
        say(line)


class Progress:
    """Counts packages while pip collects them: one living line, or a line per 50 off a terminal."""

    def __init__(self, what: str, total: int) -> None:
        self._what = what
        self._total = total
        self._seen: set[str] = set()
        self._live = sys.stderr.isatty()

    def read_pip_line(self, line: str) -> None:
        found = PIP_FOUND.match(line)
        if found:
            self._seen.add(found[1].lower().replace("_", "-"))
            self._show(f"{len(self._seen)}/{self._total} {self._what}: {found[1]}")
        elif line.startswith("Installing collected packages"):
            self._show(f"unpacking the {self._what}", important=True)

    def _show(self, text: str, important: bool = False) -> None:
        if self._live:
            print(f"\r\033[K[set-up] {text}", end="", file=sys.stderr, flush=True)
        elif important or len(self._seen) % 50 == 0:
            say(text)

    def close(self) -> None:
        if self._live:
            print(file=sys.stderr)
