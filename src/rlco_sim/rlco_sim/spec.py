# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Values that are drawn: what may stand in a domain file where a plain value could.

    noise: 2.0                                        always 2.0
    noise: {range: [0.0, 4.0]}                        uniform, anew for every episode
    noise: {log_range: [0.1, 10.0]}                   uniform in the logarithm
    texture: {choose: [plain, wood, checker]}         one of them
    noise: {curriculum: {start: 0.0, end: {range: [0.0, 4.0]}}}
                                                      from start to end as training progresses

The ends of a range may be lists of one length: then every entry is drawn by itself. Each key has
a random stream of its own, so a new key changes nothing that other keys draw.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlco_core.errors import ConfigError, choices

_WORDS = ("range", "log_range", "choose", "curriculum")


@dataclass(frozen=True)
class Draw:
    """How values are drawn.

    Attributes:
        seed: of the episode.
        progress: of the training, in [0, 1], for curricula.
        at: None to draw at random, else where in every range to stand, in [0, 1].
    """

    seed: int
    progress: float = 1.0
    at: float | None = None

    def fraction(self, path: str, size: int | None) -> Any:
        """A number, or (size,) numbers, in [0, 1] for the key ``path``."""
        if self.at is not None:
            return self.at if size is None else np.full(size, self.at)
        return np.random.default_rng((self.seed, zlib.crc32(path.encode()))).random(size)


def resolve(value: Any, draw: Draw, path: str = "") -> Any:
    """``value`` with everything drawn, however deep; plain values stay as they are.

    Raises:
        ConfigError: a drawn value is malformed; the line names its key.
    """
    word = drawn_by(value)
    if word is not None:
        return _resolve_word(word, value, draw, path)
    if isinstance(value, Mapping):
        return {
            key: resolve(part, draw, f"{path}.{key}" if path else str(key))
            for key, part in value.items()
        }
    return value


def drawn_by(value: Any) -> str | None:
    """The word by which ``value`` is drawn, or None for a plain value."""
    if isinstance(value, Mapping) and len(value) == 1:
        (word,) = value
        return word if word in _WORDS else None
    return None


def is_drawn(value: Any) -> bool:
    """Whether anything in ``value`` is drawn."""
    if drawn_by(value) is not None:
        return True
    return isinstance(value, Mapping) and any(is_drawn(part) for part in value.values())


def _resolve_word(word: str, value: Any, draw: Draw, path: str) -> Any:
    inside = value[word]
    if word == "curriculum":
        return _curriculum(inside, draw, path)
    if not isinstance(inside, Sequence) or isinstance(inside, str) or not inside:
        raise ConfigError(f"{path}: {word} needs a list, got {inside!r}")
    if word == "choose":
        index = min(int(draw.fraction(path, None) * len(inside)), len(inside) - 1)
        return resolve(inside[index], draw, f"{path}[{index}]")
    return _range(word, inside, draw, path)


def _range(word: str, ends: Sequence[Any], draw: Draw, path: str) -> Any:
    try:
        low, high = (np.asarray(end, dtype=np.float64) for end in ends)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{path}: {word} needs [low, high], got {list(ends)}") from error
    if low.shape != high.shape or low.ndim > 1:
        raise ConfigError(f"{path}: both ends of a {word} must be numbers, or lists of one length")
    if (low > high).any() or (word == "log_range" and (low <= 0.0).any()):
        rule = "0 < low <= high" if word == "log_range" else "low <= high"
        raise ConfigError(f"{path}: {word} needs {rule}, got {list(ends)}")
    where = draw.fraction(path, None if low.ndim == 0 else len(low))
    # Whole ends mean a whole number, with the upper end as likely as the rest.
    whole = all(isinstance(end, int) for end in ends)
    top = high + 1 if whole else high
    drawn = low + (top - low) * where if word == "range" else low * (top / low) ** where
    return int(np.minimum(drawn, high)) if whole else drawn.tolist()


def _curriculum(ends: Any, draw: Draw, path: str) -> Any:
    if not isinstance(ends, Mapping) or set(ends) != {"start", "end"}:
        raise ConfigError(f"{path}: curriculum needs {choices(('start', 'end'))}, got {ends!r}")
    start, end = (_numbers(resolve(ends[key], draw, path)) for key in ("start", "end"))
    if start is None or end is None or start.shape != end.shape:
        raise ConfigError(f"{path}: start and end of a curriculum must be numbers of one shape")
    mixed = start + (end - start) * draw.progress
    whole = start.dtype.kind == end.dtype.kind == "i"
    return np.round(mixed).astype(int).tolist() if whole else mixed.tolist()


def _numbers(value: Any) -> NDArray[Any] | None:
    """``value`` as an array, or None where it does not hold numbers alone."""
    try:
        array = np.asarray(value)
    except ValueError:
        return None
    return array if array.dtype.kind in "if" else None
