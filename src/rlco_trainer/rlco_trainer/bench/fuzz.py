# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco bench fuzz: bundles with something wrong in them, and what comes of loading them.

Each is loaded as the policy node does, in a process of its own kind that may die of it or never
come back; both are counted, and found again by their seed. A refusal is clear when it is one line
that names a file of the bundle or the model.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from rlco_policy.shipped import shipped_bundle
from rlco_trainer.arguments import parse
from rlco_trainer.bench.figures import document, keep, show_figures
from rlco_trainer.bench.mutations import Mutations
from rlco_trainer.progress import progress
from rlco_trainer.settings import require_least

_PROBE = ["-m", "rlco_trainer.bench.bundle_probe"]
_DEADLINE_S = 30.0
_LONGEST_LINE = 1000
_SHOWN = 20
_VERSIONS = ("numpy", "onnx", "onnxruntime")


@dataclass(frozen=True)
class BenchFuzzConfig:
    """Loads broken bundles.

    Attributes:
        mutations: how many.
        seed: of the first.
        bundle: directory of the sound bundle that they are made of; the shipped one where there
            is none.
        json: file that gets the figures.
    """

    mutations: int = 10_000
    seed: int = 0
    bundle: Path | None = None
    json: Path | None = None

    def __post_init__(self) -> None:
        require_least(self, 1, "mutations")


@dataclass(frozen=True)
class Finding:
    """A mutant that was not refused as it should be: ``what`` it did, and its words."""

    seed: int
    kind: str
    what: str
    line: str


@dataclass(frozen=True)
class Bench:
    """What came of all mutants.

    Attributes:
        crashes: processes that died.
        hangs: that did not come back within ``deadline_s``, twice.
        unclear: refusals that are not one clear line.
        refused, loaded: as they should be; what is loaded answers with finite numbers.
        by_kind: how many of each kind were loaded or refused.
        findings: what crashed, hung or was unclear.
    """

    mutations: int
    deadline_s: float
    crashes: int
    hangs: int
    unclear: int
    refused: int
    loaded: int
    by_kind: Mapping[str, Mapping[str, int]]
    findings: tuple[Finding, ...]


class _Probe:
    """A process that loads bundles; another one after it died or was too slow."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def outcome(self, root: Path) -> tuple[str, str]:
        """What came of a bundle, and its line."""
        process = self._process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{root}\n")
        process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], _DEADLINE_S)
        answer = process.stdout.readline() if ready else ""
        if answer:
            found = json.loads(answer)
            return found["outcome"], found["line"]
        code = self.close()
        return ("crashes", f"ended with code {code}") if ready else ("hangs", "no answer")

    def close(self) -> int:
        """Ends the process; its exit code."""
        if self._process is None:
            return 0
        process, self._process = self._process, None
        if process.stdout is not None and process.poll() is None:
            process.kill()
        process.communicate()
        return process.returncode

    def _start(self) -> subprocess.Popen[str]:
        pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
        command = [sys.executable, *_PROBE]
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nowhere, text=True)


def bench_fuzz(config: BenchFuzzConfig) -> Bench:
    """Loads all mutants, on as many processes as there are cores."""
    mutations = Mutations(config.bundle or shipped_bundle())
    workers = os.cpu_count() or 1
    seeds = range(config.seed, config.seed + config.mutations)
    with progress("mutants", config.mutations) as advance, ThreadPoolExecutor(workers) as pool:

        def work(part: Sequence[int]) -> list[Finding]:
            found = []
            for finding in _findings(mutations, part):
                found.append(finding)
                advance()
            return found

        found = [one for part in pool.map(work, _parts(seeds, workers)) for one in part]
    return _bench(sorted(found, key=lambda one: one.seed))


def _parts(seeds: Sequence[int], count: int) -> list[Sequence[int]]:
    return [seeds[first::count] for first in range(count)]


def _findings(mutations: Mutations, seeds: Sequence[int]) -> Iterator[Finding]:
    """What came of each."""
    probe = _Probe()
    try:
        for seed in seeds:
            mutant = mutations.mutant(seed)
            with tempfile.TemporaryDirectory(prefix="rlco_fuzz_") as folder:
                root = mutant.write(Path(folder) / "mutant")
                outcome, line = probe.outcome(root)
                if outcome == "hangs":  # or the machine did, for a while
                    outcome, line = probe.outcome(root)
            yield Finding(seed, mutant.kind, _judged(outcome, line, root), line)
    finally:
        probe.close()


def _judged(outcome: str, line: str, root: Path) -> str:
    """`raised`, and what is refused in other words than one clear line, is unclear."""
    if outcome == "raised":
        return "unclear"
    return "unclear" if outcome == "refused" and not is_clear(line, root) else outcome


def is_clear(line: str, root: Path) -> bool:
    """Whether people can do something with a refusal."""
    short = 0 < len(line) <= _LONGEST_LINE and len(line.splitlines()) == 1
    return short and (str(root) in line or "model" in line)


def _bench(found: Sequence[Finding]) -> Bench:
    count = Counter(one.what for one in found)
    kinds = {one.kind for one in found}
    by_kind = {
        kind: dict(Counter(one.what for one in found if one.kind == kind)) for kind in sorted(kinds)
    }
    orderly = ("refused", "loaded")
    return Bench(
        mutations=len(found),
        deadline_s=_DEADLINE_S,
        crashes=count["crashes"],
        hangs=count["hangs"],
        unclear=count["unclear"],
        refused=count["refused"],
        loaded=count["loaded"],
        by_kind=by_kind,
        findings=tuple(one for one in found if one.what not in orderly),
    )


def show(bench: Bench, console: Console) -> None:
    """Prints what was found."""
    names = ("mutations", "refused", "loaded", "crashes", "hangs", "unclear")
    show_figures("broken bundles", {name: getattr(bench, name) for name in names}, console)
    show_figures("by kind", bench.by_kind, console)
    shown = {f"{one.seed} ({one.kind})": f"{one.what}: {one.line}" for one in bench.findings}
    show_figures("findings", dict(list(shown.items())[:_SHOWN]), console)


def main(arguments: Sequence[str]) -> int:
    """rlco bench fuzz; 1 where something crashed, hung or was unclear."""
    config = parse(BenchFuzzConfig, arguments, "bench fuzz")
    bench = bench_fuzz(config)
    show(bench, Console())
    keep(document(bench, _VERSIONS), config.json)
    return int(bool(bench.findings))
