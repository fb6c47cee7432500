# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What a policy server costs: round trips over the loopback, less the inference in them.

The server and every client are processes of their own. Clients ask as robots do, 20 times a second
each, or as fast as they are answered. Images of the contract's size are answered as they are; those
of 224 x 224 are made smaller by the server, which counts as its cost.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np

from rlco_core.errors import RlcoError
from rlco_policy.shipped import shipped_bundle
from rlco_trainer.bench.policy.part import Options, Part

RATE = 20.0
_SIZES, _CLIENTS = (64, 224), (1, 4)
_STOP_S = 30.0
_COMMAND = "from rlco_trainer.cli import main; raise SystemExit(main())"
_CLIENT = "rlco_trainer.bench.policy.serving_client"


def measure(options: Options) -> Part:
    """Round trips of one and of four clients, and how many of them fit into a second.

    Raises:
        RlcoError: the server or a client did not start.
    """
    bundle = options.bundle or shipped_bundle()
    rows = [row for threads in options.threads for row in _paced(bundle, threads, options.seconds)]
    rows += [_full(bundle, workers, 1, options.seconds) for workers in options.threads]
    rows.append(_full(bundle, 1, _CLIENTS[-1], options.seconds))
    return Part(tuple(rows), {})


def _paced(bundle: Path, threads: int, seconds: float) -> Iterator[dict[str, object]]:
    """Rows of clients that ask as robots do."""
    with _server(bundle, workers=1, threads=threads) as url:
        for size in _SIZES:
            for clients in _CLIENTS:
                figures = _ask(url, [size] * clients, seconds, RATE)
                name = f"served, {size} x {size}, {clients} at {RATE:g} per second"
                yield {"name": name, "threads": threads, **_summary(figures)}


def _full(bundle: Path, workers: int, batch: int, seconds: float) -> dict[str, object]:
    """The row of four clients that ask as fast as they are answered."""
    with _server(bundle, workers=workers, threads=1, batch=batch) as url:
        figures = _ask(url, [_SIZES[0]] * _CLIENTS[-1], seconds, 0.0)
    name = f"served, {_CLIENTS[-1]} without a pause, workers of one thread, batches of {batch}"
    per_second = round(len(figures) / seconds, 1)
    return {"name": name, "threads": workers, **_summary(figures), "per_second": per_second}


def _summary(figures: Sequence[tuple[float, float]]) -> dict[str, object]:
    """Of round trips and the inference in them, ms."""
    trips, inference = np.array(figures).T
    p50, p99 = np.percentile(trips - inference, (50, 99))
    return {
        "p50_ms": round(float(p50), 3),
        "p99_ms": round(float(p99), 3),
        "inference_p50_ms": round(float(np.median(inference)), 3),
        "answers": len(figures),
    }


def _ask(url: str, sizes: Sequence[int], seconds: float, rate: float) -> list[tuple[float, float]]:
    """Round trips and inference, ms, of one client for each of ``sizes``, all at once."""
    with ExitStack() as stack:
        clients = [stack.enter_context(_client(url, size, seconds, rate)) for size in sizes]
        for client in clients:
            _line(client)
        for client in clients:
            assert client.stdin is not None
            client.stdin.write("go\n")
            client.stdin.flush()
        return [tuple(pair) for client in clients for pair in json.loads(_line(client))]


@contextmanager
def _server(bundle: Path, **settings: int) -> Iterator[str]:
    command = [sys.executable, "-c", _COMMAND, "serve", "--bundle", str(bundle), "--port", "0"]
    command += ["--patience", "60"]
    command += [word for name, value in settings.items() for word in (f"--{name}", str(value))]
    with _process(command, subprocess.DEVNULL) as server:
        yield _line(server).split()[-1]


@contextmanager
def _client(url: str, size: int, seconds: float, rate: float) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", _CLIENT, url, str(size), str(seconds), str(rate)]
    with _process(command) as client:
        yield client


@contextmanager
def _process(command: list[str], stderr: int | None = None) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=_STOP_S)


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RlcoError(f"a process of the bench ended early: {process.args!r}")
    return line
