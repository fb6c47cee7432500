# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The terminal as keyboard and screen: keys as they are pressed, and small pictures."""

from __future__ import annotations

import os
import select
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from rlco_core.errors import ConfigError

_UP, _CLEAR_LINE, _RESET = "\x1b[{}A", "\x1b[K", "\x1b[0m"


def require_terminal(terminal: TextIO = sys.stdin) -> None:
    """Raises ConfigError where there are no keys to be read."""
    if not terminal.isatty():
        raise ConfigError("--device keyboard needs a terminal to read keys from")


@contextmanager
def unbuffered(terminal: TextIO = sys.stdin) -> Iterator[None]:
    """Keys come one by one and are not shown; afterwards the terminal is as it was.

    Raises:
        ConfigError: it is no terminal.
    """
    require_terminal(terminal)
    descriptor = terminal.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def waiting_keys(terminal: TextIO = sys.stdin) -> str:
    """What was pressed since the last call; does not wait."""
    descriptor, keys = terminal.fileno(), b""
    while select.select([descriptor], [], [], 0.0)[0] and (more := os.read(descriptor, 64)):
        keys += more
    return keys.decode(errors="ignore")


class Screen:
    """Shows pictures in place, two rows of pixels in a line of text, and a line below.

    Args:
        out: where to.
    """

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out, self._lines = out, 0

    def show(self, image: NDArray[np.uint8], line: str) -> None:
        """Replaces the (H, W, 3) RGB picture that it showed last."""
        rows = [*picture(image), line]
        up = _UP.format(self._lines) if self._lines else ""
        self._out.write(up + "".join(f"{row}{_CLEAR_LINE}\n" for row in rows))
        self._out.flush()
        self._lines = len(rows)

    def scroll(self) -> None:
        """What was shown stays; the next picture comes below."""
        self._lines = 0


def picture(image: NDArray[np.uint8]) -> list[str]:
    """Lines of half blocks in 24-bit colours, which are told where they change."""
    upper, lower = image[: len(image) // 2 * 2 : 2], image[1::2]
    pairs = np.concatenate([upper, lower], axis=2)
    return ["".join(_line(row.tolist())) + _RESET for row in pairs]


def _line(pairs: list[list[int]]) -> Iterator[str]:
    """Of (W, 6) colours, above and below."""
    before: list[int] = []
    for pair in pairs:
        if pair != before:
            ink, paper = (";".join(map(str, colour)) for colour in (pair[:3], pair[3:]))
            yield f"\x1b[38;2;{ink};48;2;{paper}m"
        yield "\u2580"
        before = pair
