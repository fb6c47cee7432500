# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What an evaluation found: episodes, success rates with intervals, latency; to and from JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import ConfigDict, TypeAdapter, ValidationError

from rlco_core.errors import RlcoError
from rlco_trainer.files import write_text

LATENCY_BINS = 32
#: A histogram spans this many ms at least: finer differences mean nothing.
NARROWEST_MS = 0.5
_FORBID_EXTRA = ConfigDict(extra="forbid")


class ResultsError(RlcoError):
    """Evaluation results are empty, malformed or contradict themselves."""


def wilson(successes: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson score interval of a success rate, 95% by default; (0, 1) when nothing was tried."""
    if not 0 <= successes <= n:
        raise ResultsError(f"{successes} successes of {n}: successes must lie in [0, {n}]")
    if n == 0:
        return 0.0, 1.0
    rate, z2 = successes / n, z * z
    centre = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = z * math.sqrt(rate * (1 - rate) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    # The bounds at the two ends are exact; floating point is not.
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == n else centre + half
    return low, high


@dataclass(frozen=True)
class Tally:
    """How many of a group's episodes succeeded."""

    episodes: int
    successes: int

    @property
    def rate(self) -> float:
        """Success rate in [0, 1]; 0 for an empty group."""
        return self.successes / max(self.episodes, 1)

    @property
    def ci95(self) -> tuple[float, float]:
        """95% Wilson interval of the success rate."""
        return wilson(self.successes, self.episodes)

    def to_json(self) -> dict[str, Any]:
        """The group's JSON: counts and interval."""
        return {**asdict(self), "ci95": _rounded(self.ci95)}


@dataclass(frozen=True)
class EpisodeResult:
    """One episode: what was asked, how it ended. ``subject`` is what it was about."""

    __pydantic_config__ = _FORBID_EXTRA

    seed: int
    instruction: str
    subject: str
    success: bool
    steps: int
    stop_reason: str


def tally(episodes: Iterable[EpisodeResult]) -> Tally:
    """Counts the episodes and their successes."""
    outcomes = [episode.success for episode in episodes]
    return Tally(len(outcomes), sum(outcomes))


def by_subject(episodes: Sequence[EpisodeResult]) -> dict[str, Tally]:
    """One tally per subject, in alphabetical order."""
    subjects = sorted({episode.subject for episode in episodes})
    return {name: tally(e for e in episodes if e.subject == name) for name in subjects}


@dataclass(frozen=True)
class Latency:
    """Observation-to-command latency, ms: percentiles and a histogram of ``counts``.

    ``edges`` has one entry more than ``counts``; the last bin also holds everything above it.
    Percentiles are ``None`` when nothing was measured.
    """

    __pydantic_config__ = _FORBID_EXTRA

    p50: float | None
    p99: float | None
    max: float | None
    count: int
    edges: tuple[float, ...]
    counts: tuple[int, ...]

    @classmethod
    def of(cls, samples_ms: Sequence[float]) -> Latency:
        """Summarises samples in ms, one per decision."""
        if len(samples_ms) == 0:
            return cls(None, None, None, 0, (), ())
        samples = np.asarray(samples_ms, dtype=np.float64)
        p50, p99 = (round(float(v), 3) for v in np.percentile(samples, (50, 99)))
        low = float(samples.min())
        # A few outliers would flatten everything else into the first bin.
        high = min(float(samples.max()), low + 1.15 * (p99 - low))
        edges = np.linspace(low, max(high, low + NARROWEST_MS), LATENCY_BINS + 1)
        counts, _ = np.histogram(np.minimum(samples, edges[-1]), edges)
        rounded = tuple(round(float(edge), 4) for edge in edges)
        largest = round(float(samples.max()), 3)
        return cls(p50, p99, largest, samples.size, rounded, tuple(int(c) for c in counts))


@dataclass(frozen=True)
class EvaluationResult:
    """A finished evaluation; everything in its JSON that is not a field follows from the fields.

    ``policy`` is bundle or expert, ``bundle_sha256`` that of the bundle's manifest, or empty.
    ``mode`` says how it ran: in one process, or over ROS 2. ``latency_ms`` is from observation to
    command.
    """

    __pydantic_config__ = _FORBID_EXTRA

    task: str
    domain: str
    split: str
    policy: Literal["bundle", "expert"]
    bundle_sha256: str
    mode: Literal["in_process", "ros", "driver"]
    robot: str
    episodes: tuple[EpisodeResult, ...]
    latency_ms: Latency
    decisions_per_second: float
    wall_seconds: float
    versions: dict[str, str]
    command: str

    def __post_init__(self) -> None:
        if not self.episodes:
            raise ResultsError("an evaluation without episodes says nothing: run at least one")

    @property
    def overall(self) -> Tally:
        """The tally over all episodes."""
        return tally(self.episodes)

    @property
    def by_instruction(self) -> dict[str, Tally]:
        """The tally per subject."""
        return by_subject(self.episodes)

    def to_json(self) -> dict[str, Any]:
        """The evaluation JSON: what follows from the fields, then the fields."""
        return {**self._derived(), **json.loads(json.dumps(asdict(self)))}

    def _derived(self) -> dict[str, Any]:
        return {
            "seeds": [episode.seed for episode in self.episodes],
            "successes": self.overall.successes,
            "success_rate": round(self.overall.rate, 6),
            "ci95": _rounded(self.overall.ci95),
            "by_instruction": {name: t.to_json() for name, t in self.by_instruction.items()},
        }

    def write(self, path: Path) -> None:
        """Writes the JSON in one piece; an existing file is replaced."""
        write_text(path, json.dumps(self.to_json(), indent=2, allow_nan=False) + "\n")

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> EvaluationResult:
        """Reads what ``to_json`` made; refuses unknown keys and numbers that contradict."""
        derived = ("seeds", "successes", "success_rate", "ci95", "by_instruction")
        fields = {key: value for key, value in document.items() if key not in derived}
        try:
            result = _ADAPTER.validate_json(json.dumps(fields), strict=True)
        except ValidationError as error:
            raise ResultsError(f"not an evaluation result: {_first_line(error)}") from None
        for key, value in result._derived().items():
            if document.get(key) != value:
                raise ResultsError(
                    f"'{key}' is {document.get(key)}, but its episodes make it {value}"
                )
        return result


_ADAPTER = TypeAdapter(EvaluationResult)


def _rounded(interval: tuple[float, float]) -> list[float]:
    return [round(bound, 6) for bound in interval]


def _first_line(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"'{where}': {first['msg']}"
