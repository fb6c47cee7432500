# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The server: WebSocket connections of several robots in front of one engine.

A client gets the metadata, then an answer for every observation: a binary frame, or a text frame
with one line that says why there is none. The connection stays. Of a client's requests one is
looked at; what it sends meanwhile waits in its own connection. Every wait has a deadline.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from ssl import SSLContext
from threading import Thread

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request as HttpRequest
from websockets.http11 import Response

from rlco_core.errors import ConfigError
from rlco_policy.serving.access import Access
from rlco_policy.serving.answering import Answerer, Reply
from rlco_policy.serving.batched import BatchPolicy
from rlco_policy.serving.codec import pack
from rlco_policy.serving.served import Served
from rlco_policy.serving.waiting_line import Request, WaitingLine

LOG = logging.getLogger("rlco.serve")
HEALTH_PATH = "/healthz"
_HANDSHAKE_S = _SEND_S = _CLOSE_S = 5.0
_TELL_S = 1.0


@dataclass(frozen=True)
class Limits:
    """What a server gives its clients.

    Attributes:
        clients: at a time.
        queue: requests that wait for the engine.
        patience_s: longest that one waits for it.
        answer_s: longest until a request is answered, inference and all.
        frame_bytes: largest frame.
        batch: observations that are answered in one run of the engine.
        window_s: how long the first of them waits for others.
    """

    clients: int = 32
    queue: int = 8
    patience_s: float = 1.0
    answer_s: float = 30.0
    frame_bytes: int = 16 * 2**20
    batch: int = 1
    window_s: float = 0.005


class Service:
    """Answers clients with policies that are equal, one per worker thread.

    Args:
        policies: each is asked by one thread alone.
        served: what clients are told.
        access: who may connect.
        limits: what they get.
    """

    def __init__(
        self,
        policies: Sequence[BatchPolicy],
        served: Served,
        access: Access,
        limits: Limits,
    ) -> None:
        self._metadata = pack(served.to_message())
        self._access = access
        self._limits = limits
        self._clients = 0
        self._shed = Tally("dropped")
        self._line = WaitingLine(limits.queue, limits.patience_s, self._on_shed)
        self._workers = [
            Thread(target=work, args=(self._line, Answerer(policy), limits), daemon=True)
            for policy in policies
        ]

    async def run(
        self, host: str, port: int, tls: SSLContext | None, on_ready: Callable[[int], None]
    ) -> None:
        """Serves until it is cancelled; ``on_ready`` is told the port.

        Raises:
            ConfigError: the address cannot be listened on.
        """
        for worker in self._workers:
            worker.start()
        try:
            async with await self._listen(host, port, tls) as server:
                on_ready(server.sockets[0].getsockname()[1])
                await server.serve_forever()
        finally:
            self._line.close()
            for worker in self._workers:
                worker.join(_CLOSE_S)

    async def _listen(self, host: str, port: int, tls: SSLContext | None) -> Server:
        try:
            return await serve(
                self._converse,
                host,
                port,
                ssl=tls,
                process_request=self._admit,
                origins=[None],  # no web page may ask on behalf of who reads it
                compression=None,
                max_size=self._limits.frame_bytes,
                max_queue=1,
                open_timeout=_HANDSHAKE_S,
                close_timeout=_CLOSE_S,
                server_header=None,
            )
        except OSError as error:
            raise ConfigError(f"cannot listen on {host}:{port}: {error.strerror}") from error

    def _admit(self, connection: ServerConnection, request: HttpRequest) -> Response | None:
        """None lets a client in."""
        if request.path == HEALTH_PATH:
            return connection.respond(HTTPStatus.OK, "OK\n")
        if not self._access.allows(request.headers.get_all("Authorization")):
            LOG.warning("%s: refused: no or another token", name_of(connection))
            line = "the server wants its token: 'Authorization: Bearer TOKEN'\n"
            return connection.respond(HTTPStatus.UNAUTHORIZED, line)
        if self._clients >= self._limits.clients:
            line = f"the server has {self._clients} clients already, as many as it takes\n"
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, line)
        return None

    async def _converse(self, connection: ServerConnection) -> None:
        name = name_of(connection)
        LOG.info("%s: connected", name)
        self._clients += 1
        try:
            await self._send(connection, self._metadata)
            async for frame in connection:
                await self._send(connection, await self._reply(name, frame))
        except (ConnectionClosed, TimeoutError) as error:
            LOG.info("%s: %s", name, error or "does not read its answers")
        finally:
            self._clients -= 1
            LOG.info("%s: disconnected", name)

    async def _send(self, connection: ServerConnection, reply: Reply) -> None:
        async with asyncio.timeout(_SEND_S):
            await connection.send(reply)

    async def _reply(self, name: str, frame: Reply) -> Reply:
        if isinstance(frame, str):
            return "observations come in binary frames of msgpack; this one is text"
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Reply] = loop.create_future()

        def finish(reply: Reply) -> None:
            loop.call_soon_threadsafe(_settle, future, reply)

        self._line.put(name, frame, finish)
        try:
            async with asyncio.timeout(self._limits.answer_s):
                return await future
        except TimeoutError:
            return f"the engine has not answered within {self._limits.answer_s:g} s"

    def _on_shed(self, request: Request, reason: str) -> None:
        self._shed.count(request.client, reason)


class Tally:
    """Counts what happens often, and logs it once a second at most."""

    def __init__(self, what: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.total = 0
        self._what = what
        self._clock = clock
        self._told_s = -_TELL_S

    def count(self, client: str, reason: str) -> None:
        """It happened once more."""
        self.total += 1
        now_s = self._clock()
        if now_s - self._told_s >= _TELL_S:
            self._told_s = now_s
            LOG.warning("%s: %s: %s (%d in all)", client, self._what, reason, self.total)


def work(line: WaitingLine, answerer: Answerer, limits: Limits) -> None:
    """A worker's life: answers those whose turn it is until the line closes."""
    while turns := line.take(limits.batch, limits.window_s):
        try:
            replies = answerer.answer([(turn.request.frame, turn.waited_s) for turn in turns])
        except Exception:
            LOG.exception("an observation cannot be answered")
            replies = ["the server failed on this observation; its log says why"] * len(turns)
        for turn, reply in zip(turns, replies, strict=True):
            turn.request.finish(reply)


def name_of(connection: ServerConnection) -> str:
    """Address and port, for people."""
    address = connection.remote_address
    return f"{address[0]}:{address[1]}" if address else "unknown"


def _settle(future: asyncio.Future[Reply], reply: Reply) -> None:
    if not future.done():
        future.set_result(reply)
