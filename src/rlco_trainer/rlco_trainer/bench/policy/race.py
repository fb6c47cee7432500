# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""One network, run in every way there is: torch, its compiler, every engine and precision.

Ranges of int8 come from the very observations that it is then held against: this is about time, and
``rlco engine build`` takes others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import torch

from rlco_core.errors import RlcoError
from rlco_policy.engines.engine import Precision
from rlco_policy.engines.open import open_model
from rlco_policy.engines.providers import CUDA, ON_GPU
from rlco_policy.engines.settings import EngineName, EngineSettings
from rlco_policy.engines.tensorrt import TENSORRT
from rlco_policy.onnx_policy import OnnxPolicy
from rlco_policy.parity import Drift, Parity, largest_drift, read_parity
from rlco_trainer.bench.policy.contest import contest
from rlco_trainer.bench.policy.part import Options, Provider
from rlco_trainer.bench.policy.roofline import Peaks, Work, measure_peaks, work_of
from rlco_trainer.bench.policy.subject import Subject
from rlco_trainer.bundles.build import feeds_of
from rlco_trainer.bundles.quantise import quantised

EAGER, COMPILED = "torch eager", "torch.compile"
#: Which of the two.
Torch: TypeAlias = tuple[str, ...]
_WAYS: tuple[tuple[EngineName, Precision], ...] = (
    ("onnxruntime", "fp32"),
    ("onnxruntime", "int8"),
    ("openvino", "fp32"),
    ("openvino", "bf16"),
    ("openvino", "int8"),
)
#: ONNX Runtime's provider on a GPU, and the precisions it computes in by itself.
_ON_GPU: Mapping[Provider, tuple[str, tuple[Precision, ...]]] = {
    "cuda": (CUDA, ("fp32",)),
    "tensorrt": (TENSORRT, ("fp32", "fp16", "bf16")),
}


@dataclass(frozen=True)
class Way:
    """A network on an engine.

    Attributes:
        policy: ready.
        drift: how far it is from fp32.
    """

    policy: OnnxPolicy
    drift: Drift


#: Opens a way; `RlcoError` where it cannot be had.
_Open: TypeAlias = Callable[[EngineSettings], Way]


def race(subject: Subject, options: Options, beside: Torch) -> Iterator[dict[str, object]]:
    """Rows of all ways, for every number of threads, ``beside`` what torch does.

    Raises:
        RlcoError: a GPU was asked for, and cannot be had.
    """
    work = work_of(subject.network, subject.inputs(subject.observations[0]))
    model = subject.bundle.model
    feeds = [feeds_of(subject.reference, one) for one in subject.observations]
    models = {"int8": quantised(model, feeds)}
    parity = read_parity(subject.bundle)

    def open_way(settings: EngineSettings) -> Way:
        return _way(subject, models.get(settings.precision, model), settings, parity)

    for threads in options.threads:
        ways = {
            **dict(_ways(open_way, threads)),
            **dict(_on_gpu(open_way, options.provider, threads)),
        }
        calls = {name: _in_torch(subject, name, threads) for name in beside}
        calls |= {name: subject.on_engine(way.policy) for name, way in ways.items()}
        times, peaks = contest(calls, options.seconds), measure_peaks(threads)
        for name, found in times.items():
            way = ways.get(name)
            measured = {"p50_ms": found.p50_ms, "p99_ms": found.p99_ms}
            row = {"name": f"{subject.name}, {name}", "threads": threads, **measured}
            yield row | _about(way, work, peaks, found.p50_ms)


def speed_up(rows: list[dict[str, object]], subject: str, beside: str) -> float:
    """How much faster the best way that passed is than ``beside``, for the number of threads where
    that is least.
    """
    ratios = []
    for together in _by_threads(rows):
        (other,) = (row for row in together if row["name"] == f"{subject}, {beside}")
        best = min(_figure(row, "p50_ms") for row in together if row["passed"])
        ratios.append(_figure(other, "p50_ms") / best)
    return round(min(ratios), 3)


def times_least(rows: list[dict[str, object]]) -> float:
    """How many times the least time that its precision allows the best way that passed takes, for
    the number of threads where that is most.
    """
    passed = [
        [row for row in together if row["passed"] and "times_least" in row]
        for together in _by_threads(rows)
    ]
    return max(min(_figure(row, "times_least") for row in rows) for rows in passed)


def _by_threads(rows: list[dict[str, object]]) -> list[list[dict[str, object]]]:
    counts = {row["threads"] for row in rows}
    return [[row for row in rows if row["threads"] == threads] for threads in counts]


def _figure(row: dict[str, object], name: str) -> float:
    return float(str(row[name]))


def _about(way: Way | None, work: Work, peaks: Peaks, p50_ms: float) -> dict[str, object]:
    """What else a row says: how far the answers are off, and from what the machine could do."""
    precision = way.policy.engine.precision if way else "fp32"
    said: dict[str, object] = {
        "precision": precision,
        "drift": round(way.drift.share, 4) if way else 0.0,
        "passed": way is not None and way.drift.share <= 1.0,
        "gflop": round(1e-9 * work.flop, 4),
    }
    if way and way.policy.engine.provider in ON_GPU:
        return said
    least = peaks.least_ms(work, precision)
    return said | {
        "peak_gflops": round(1e-9 * peaks.operations[precision], 1),
        "least_ms": round(least, 4),
        "times_least": round(p50_ms / least, 2),
    }


def _in_torch(subject: Subject, name: str, threads: int) -> Callable[[], object]:
    torch.set_num_threads(threads)
    if name == EAGER:
        return subject.in_torch(subject.network)
    # What was compiled keeps the number of threads that it was compiled for.
    torch.compiler.reset()
    return subject.in_torch(torch.compile(subject.network, dynamic=False))


def _ways(open_way: _Open, threads: int) -> Iterator[tuple[str, Way]]:
    """Every engine and precision that this machine's CPU has, by name."""
    for engine, precision in _WAYS:
        settings = EngineSettings(engine, precision, threads=threads)
        try:
            way = open_way(settings)
        except RlcoError as error:
            print(f"{engine} in {precision} is left out: {error}")
            continue
        yield f"{engine} {precision}", way


def _on_gpu(open_way: _Open, asked: Provider, threads: int) -> Iterator[tuple[str, Way]]:
    """What was asked for of a GPU: it is there, or an error."""
    provider, precisions = _ON_GPU.get(asked, ("", ()))
    for precision in precisions:
        settings = EngineSettings("onnxruntime", precision, (provider,), threads=threads)
        yield f"{asked} {precision}", open_way(settings)


def _way(subject: Subject, model: bytes, settings: EngineSettings, parity: Parity) -> Way:
    bundle = subject.bundle
    assert bundle.manifest.parity is not None
    opened = open_model(model, bundle.contract, settings)
    policy = OnnxPolicy(bundle, settings, subject.reference.encoder, engine=opened)
    return Way(policy, largest_drift(policy, parity, bundle.manifest.parity.tolerance))
