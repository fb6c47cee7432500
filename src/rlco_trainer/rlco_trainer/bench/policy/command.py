# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco bench policy: inference, part by part, every part beside what people would else do.

Everything within a part is measured by turns in one run. Ratios say something; absolute figures of
two runs or machines say nothing about each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.table import Table

from rlco_core.errors import ConfigError, choices
from rlco_trainer.arguments import parse
from rlco_trainer.bench.figures import document, keep, show_figures
from rlco_trainer.bench.policy.part import Options, Part, Provider

#: Modules of this package with ``measure(options)``.
PARTS = ("nano", "small", "decode", "transport", "serving", "execution")
_VERSIONS = ("numpy", "onnxruntime", "openvino", "torch")
_COLUMNS = ("name", "threads", "p50_ms", "p99_ms", "drift", "times_least")


@dataclass(frozen=True)
class BenchPolicyConfig:
    """Inference beside torch, its compiler and other ways of doing the same.

    Attributes:
        parts: what is measured.
        seconds: of each row.
        threads: counts to measure with.
        bundle: in place of the one that ships.
        provider: cuda or tensorrt: a GPU's rows of nano and small stand beside the CPU's.
        json: file that gets the figures.
    """

    parts: tuple[str, ...] = PARTS
    seconds: float = 5.0
    threads: tuple[int, ...] = (1, 2)
    bundle: Path | None = None
    provider: Provider = "cpu"
    json: Path | None = None


def bench_policy(config: BenchPolicyConfig) -> Part:
    """All parts as one.

    Raises:
        ConfigError: nothing would be measured, or a part is unknown.
    """
    for name in config.parts:
        if name not in PARTS:
            raise ConfigError(f"part '{name}' is unknown; known: {choices(PARTS)}")
    if not config.seconds > 0.0 or not config.threads or min(config.threads) < 1:
        raise ConfigError("--seconds must be positive, and --threads counts of at least 1")
    options = Options(config.seconds, config.threads, config.bundle, config.provider)
    measured = [_measure_of(name)(options) for name in config.parts]
    rows = tuple(row for part in measured for row in part.rows)
    return Part(rows, {name: r for part in measured for name, r in part.ratios.items()})


def _measure_of(name: str) -> Callable[[Options], Part]:
    module = import_module(f"rlco_trainer.bench.policy.{name}")
    measure: Callable[[Options], Part] = module.measure
    return measure


def show(part: Part, console: Console) -> None:
    """Prints rows and ratios."""
    table = Table(title="inference, ms, measured by turns", title_justify="left")
    for heading in _COLUMNS:
        table.add_column(heading, justify="left" if heading == "name" else "right")
    for row in part.rows:
        table.add_row(*(str(row.get(column, "")) for column in _COLUMNS))
    console.print(table)
    show_figures("ratios", part.ratios, console)


def main(arguments: Sequence[str]) -> None:
    """rlco bench policy"""
    config = parse(BenchPolicyConfig, arguments, "bench policy")
    part = bench_policy(config)
    show(part, Console())
    keep(document(part, _VERSIONS), config.json)
