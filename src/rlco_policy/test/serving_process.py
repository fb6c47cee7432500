# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A policy server as a process of its own, and a client that says anything."""

from __future__ import annotations

import json
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from websockets.sync.client import ClientConnection, connect

from rlco_core.types import Observation
from rlco_policy.serving.codec import unpack
from rlco_policy.shipped import shipped_bundle

PATIENCE_S = 60.0
BUNDLE = shipped_bundle("push_cube", "panda")
_START = """
import json, sys
from pathlib import Path
from rlco_policy.serving.hosting import Hosting, host
paths = ("bundle", "token_file", "certificate", "key")
given = json.loads(sys.argv[1])
given = {name: Path(value) if name in paths else value for name, value in given.items()}
host(Hosting(**given), lambda url: print(url, flush=True))
"""


class ServerProcess:
    """Serves a bundle until it is left; a context manager.

    Attributes:
        url: where.
    """

    def __init__(self, bundle: Path = BUNDLE, **settings: Any) -> None:
        given = {"bundle": str(bundle), "port": 0, **settings}
        self.process = subprocess.Popen(
            [sys.executable, "-c", _START, json.dumps(given)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.url = ""

    def __enter__(self) -> ServerProcess:
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE_S)
        self.url = self.process.stdout.readline().strip() if ready else ""
        if not self.url:
            self.process.kill()
            raise AssertionError(f"the server did not start: {self.process.communicate()[1]}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end(signal.SIGTERM)

    @property
    def port(self) -> int:
        """That it listens on."""
        return int(self.url.rsplit(":", 1)[1])

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Sends a signal; the exit code, and what the server logged."""
        self.process.send_signal(number)
        _, logged = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, logged


class Client:
    """Says anything to a server."""

    def __init__(self, url: str, token: str = "", **more: Any) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        connecting = connect(
            url, additional_headers=headers, compression=None, max_size=None, proxy=None, **more
        )
        self.connection: ClientConnection = connecting.__enter__()
        self.metadata = unpack(self._binary())

    def ask(self, frame: bytes | str) -> Any:
        """The message that answers, or the line."""
        self.connection.send(frame)
        reply = self.connection.recv(PATIENCE_S)
        return reply if isinstance(reply, str) else unpack(reply)

    def close(self) -> None:
        """Ends the connection."""
        self.connection.close()

    def _binary(self) -> bytes:
        frame = self.connection.recv(PATIENCE_S)
        assert isinstance(frame, bytes)
        return frame


def seen(number: int = 0, size: int = 64) -> Observation:
    """An observation of the shipped policies; each number gives another one."""
    generator = np.random.default_rng(number)
    return Observation(
        stamp_ns=1_000 + number,
        images={"front": generator.integers(0, 256, (size, size, 3), np.uint8)},
        proprioception=generator.normal(size=17).astype(np.float32),
        instruction="push the red cube to the target",
    )


def until(condition: Callable[[], object]) -> None:
    """Asks again and again."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
