# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A bundle made ready to be served, and the life of the process that serves it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rlco_core.bundle import Bundle, load_bundle
from rlco_core.errors import ConfigError
from rlco_core.language import LanguageEncoder, shared_encoder
from rlco_policy.engines.settings import CPU, EngineSettings
from rlco_policy.parity import open_policy
from rlco_policy.serving.access import Access, is_local, read_token, require_guarded, server_tls
from rlco_policy.serving.batched import Batched, BatchPolicy, OneByOne
from rlco_policy.serving.served import Served
from rlco_policy.serving.service import LOG, Limits, Service

_MB = 2**20
_LEAST = {
    "workers": 1,
    "batch": 1,
    "threads": 1,
    "queue": 1,
    "clients": 1,
    "frame_mb": 1,
    "port": 0,
}


@dataclass(frozen=True)
class Hosting:
    """What is served, where, and to whom.

    Attributes:
        bundle: directory of the policy bundle.
        host, port: what is listened on; port 0: any that is free.
        token_file: holds the token that clients must send.
        insecure: let other machines ask without a token.
        certificate, key: PEM files, for TLS.
        providers: ONNX Runtime execution providers by priority.
        workers: engines that answer side by side.
        threads: of each within one operator.
        clients: that may be connected at a time.
        queue: observations that may wait; where there are more, the oldest is dropped.
        patience: longest that one waits, s.
        batch: observations that are answered in one run, where the bundle's graph takes them.
        window: how long the first of a batch waits for others, s.
        frame_mb: largest frame, MB.
    """

    bundle: Path
    host: str = "127.0.0.1"
    port: int = 8000
    token_file: Path | None = None
    insecure: bool = False
    certificate: Path | None = None
    key: Path | None = None
    providers: tuple[str, ...] = (CPU,)
    workers: int = 1
    threads: int = 1
    clients: int = 32
    queue: int = 8
    patience: float = 1.0
    batch: int = 1
    window: float = 0.005
    frame_mb: int = 16

    def __post_init__(self) -> None:
        for name, least in _LEAST.items():
            if getattr(self, name) < least:
                raise ConfigError(f"{name} is {getattr(self, name)}; it should be {least} or more")
        for name in ("patience", "window"):
            if not getattr(self, name) > 0.0:
                raise ConfigError(f"{name} is {getattr(self, name)} s; it should be positive")
        if self.queue < self.batch:
            raise ConfigError(f"queue is {self.queue}; it should be {self.batch} or more, as batch")


def host(hosting: Hosting, on_ready: Callable[[str], None]) -> None:
    """Serves until SIGINT or SIGTERM; ``on_ready`` is told the URL.

    Raises:
        RlcoError: the bundle is unsound, the address cannot be listened on, or others could ask.
    """
    token = read_token(hosting.token_file) if hosting.token_file is not None else ""
    require_guarded(hosting.host, token, hosting.insecure)
    tls = server_tls(hosting.certificate, hosting.key)
    if token and tls is None and not is_local(hosting.host):
        LOG.warning("without TLS the token can be read on its way; give --certificate and --key")
    service = make_service(hosting, token)

    def ready(port: int) -> None:
        scheme = "ws" if tls is None else "wss"
        name = f"[{hosting.host}]" if ":" in hosting.host else hosting.host
        on_ready(f"{scheme}://{name}:{port}")

    asyncio.run(_until_stopped(service.run(hosting.host, hosting.port, tls, ready)))


def make_service(hosting: Hosting, token: str) -> Service:
    """The service for a bundle, its engines warm."""
    bundle = load_bundle(hosting.bundle)
    encoder = shared_encoder()
    encoder.encode("warm up")
    policies = [_open_policy(bundle, hosting, encoder) for _ in range(hosting.workers)]
    limits = Limits(
        clients=hosting.clients,
        queue=hosting.queue,
        patience_s=hosting.patience,
        frame_bytes=hosting.frame_mb * _MB,
        batch=hosting.batch,
        window_s=hosting.window,
    )
    served = Served(bundle.manifest.name, bundle.sha256, bundle.contract)
    return Service(policies, served, Access(token), limits)


def _open_policy(bundle: Bundle, hosting: Hosting, encoder: LanguageEncoder) -> BatchPolicy:
    settings = EngineSettings(providers=tuple(hosting.providers), threads=hosting.threads)
    policy = open_policy(bundle, settings, encoder)
    if hosting.batch == 1:
        return OneByOne(policy)
    batched = Batched(bundle, settings, encoder)
    batched.require_like(policy, bundle, hosting.batch)
    return batched


async def _until_stopped(serving: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(serving)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await task
