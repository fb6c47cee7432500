# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""One connection to a server, kept up by a thread of its own, so that nobody else waits for it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from typing import Any, TypeVar
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from rlco_core.errors import ConfigError, RlcoError, in_short

Result = TypeVar("Result")

_HANDSHAKE_S = _GREETING_S = 5.0
_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 5.0
#: A server that is silent for so long is given up, s.
_LOST_S = 10.0
_FRAME_BYTES = 2**20


class ServerError(RlcoError):
    """A server cannot be reached, refuses, or does not answer in time."""


@dataclass(frozen=True)
class Endpoint:
    """Where a server is.

    Attributes:
        url: ws://HOST:PORT, or wss:// for TLS.
        token: that it wants, if any.
        timeout_s: longest that an answer may take.
    """

    url: str
    token: str = ""
    timeout_s: float = 0.3

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("ws", "wss") or not parts.hostname:
            raise ConfigError(f"server is '{self.url}'; it should be ws://HOST:PORT or wss://...")

    @property
    def headers(self) -> dict[str, str]:
        """What a request for a connection bears."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


class Link:
    """Connects, connects again with longer and longer pauses, and exchanges frames.

    Args:
        endpoint: the server.
        greet: is shown the first frame of every connection; raises `RlcoError` to refuse it.
    """

    def __init__(self, endpoint: Endpoint, greet: Callable[[bytes | str], None]) -> None:
        self._endpoint = endpoint
        self._greet = greet
        self._loop = asyncio.new_event_loop()
        self._connection: ClientConnection | None = None
        self._problem = "it has not answered yet"
        self._turn = asyncio.Lock()
        self._greeted: Future[None] = Future()
        self._ended = asyncio.Event()
        self._thread = Thread(target=self._live, name="rlco_link", daemon=True)

    def open(self, patience_s: float) -> None:
        """Waits for the first connection.

        Raises:
            ServerError: there is none by then, or the server refuses.
        """
        self._thread.start()
        try:
            self._greeted.result(patience_s)
        except TimeoutError:
            self.close()
            raise ServerError(
                f"no connection to {self._endpoint.url} within {patience_s:g} s: {self._problem}"
            ) from None
        except RlcoError:
            self.close()
            raise

    def close(self) -> None:
        """Ends the connection and the thread."""
        with suppress(RuntimeError):  # it has ended by itself
            self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(_HANDSHAKE_S)

    def run(self, work: Coroutine[Any, Any, Result]) -> Future[Result]:
        """Starts a coroutine in the thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def exchange(self, frame: bytes) -> bytes | str:
        """The server's reply to a frame.

        A reply that comes too late is dropped when it comes; until then nothing else is sent.

        Raises:
            ServerError: there is no connection, or no reply in time.
        """
        url, timeout_s = self._endpoint.url, self._endpoint.timeout_s
        deadline_s = self._loop.time() + timeout_s
        try:
            async with asyncio.timeout_at(deadline_s):
                await self._turn.acquire()
        except TimeoutError:
            raise ServerError(
                f"{url} still owes an answer to another observation; this one was not sent"
            ) from None
        reply = asyncio.ensure_future(self._talk(frame))
        reply.add_done_callback(_look)
        done, _ = await asyncio.wait({reply}, timeout=deadline_s - self._loop.time())
        if not done:
            late = f"has not answered within {timeout_s * 1e3:.0f} ms"
            raise ServerError(f"{url} {late}; the answer will be dropped")
        return reply.result()

    async def _talk(self, frame: bytes) -> bytes | str:
        """Sends and receives, and gives the turn back."""
        url, connection = self._endpoint.url, self._connection
        try:
            if connection is None:
                raise ServerError(f"no connection to {url}: {self._problem}")
            async with asyncio.timeout(max(_LOST_S, self._endpoint.timeout_s)):
                await connection.send(frame)
                return await connection.recv()
        except TimeoutError as error:
            assert connection is not None
            await connection.close()
            raise ServerError(f"{url} is silent; connecting anew") from error
        except ConnectionClosed as error:
            raise ServerError(f"{url} closed the connection: {error}") from error
        finally:
            self._turn.release()

    def _live(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._until_ended())

    async def _until_ended(self) -> None:
        tasks = {asyncio.create_task(self._keep()), asyncio.create_task(self._ended.wait())}
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if self._connection is not None:
            await self._connection.close()

    async def _keep(self) -> None:
        """Connects again and again."""
        pause_s = _PAUSE_S
        while True:
            began_s = self._loop.time()
            await self._hold()
            if self._loop.time() - began_s > _LONGEST_PAUSE_S:
                pause_s = _PAUSE_S
            # Robots that lost one server should not all come back at the same moment.
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))
            pause_s = min(2.0 * pause_s, _LONGEST_PAUSE_S)

    async def _hold(self) -> None:
        """One connection, from its beginning to its end."""
        try:
            async with self._connect() as connection:
                async with asyncio.timeout(_GREETING_S):
                    self._greet(await connection.recv())
                self._welcome(connection)
                await connection.wait_closed()
            self._problem = "it closed the connection"
        except RlcoError as error:
            self._refused(str(error))
        except InvalidStatus as error:
            self._refused(_status_line(error))
        except (OSError, TimeoutError, WebSocketException) as error:
            self._problem = in_short(error) or type(error).__name__
        except Exception as error:
            # Whatever a server says, who keeps the connection lives on.
            self._refused(f"{type(error).__name__}: {error}")
        finally:
            self._connection = None

    def _connect(self) -> Any:
        return connect(
            self._endpoint.url,
            additional_headers=self._endpoint.headers,
            compression=None,
            max_size=_FRAME_BYTES,
            open_timeout=_HANDSHAKE_S,
            close_timeout=1.0,
            proxy=None,
            user_agent_header=None,
        )

    def _welcome(self, connection: ClientConnection) -> None:
        self._connection = connection
        if not self._greeted.done():
            self._greeted.set_result(None)

    def _refused(self, line: str) -> None:
        """At the beginning that is final; later on a server may think better of it."""
        self._problem = line
        if not self._greeted.done():
            self._greeted.set_exception(ServerError(f"{self._endpoint.url}: {line}"))


def _status_line(error: InvalidStatus) -> str:
    response = error.response
    body = bytes(response.body or b"")[:200].decode("utf-8", "replace")
    return " ".join(f"refused with HTTP {response.status_code}: {body}".split())


def _look(reply: asyncio.Future[Any]) -> None:
    """What came too late may be an error, which nobody is interested in any more."""
    if not reply.cancelled():
        reply.exception()
