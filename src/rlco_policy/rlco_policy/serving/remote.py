# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A policy that runs on a server: asked over the network, in the place of one that runs here."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path

from rlco_core.contract import Contract
from rlco_core.errors import ContractMismatch, RlcoError, in_short
from rlco_core.language import require_short
from rlco_core.types import ActionChunk, Observation
from rlco_policy.serving.access import read_token
from rlco_policy.serving.codec import pack, unpack
from rlco_policy.serving.dialects import Dialect, OpenPi, Own
from rlco_policy.serving.foreign import Foreign
from rlco_policy.serving.link import Endpoint, Link, ServerError
from rlco_policy.serving.served import Served


class RemotePolicy:
    """A `Policy` on a server.

    Args:
        endpoint: where it is.
        dialect: how one talks to it.
        patience_s: how long the first connection may take.

    Raises:
        ServerError: there is no connection by then, the server refuses, or it is of another kind.
    """

    def __init__(self, endpoint: Endpoint, dialect: Dialect, patience_s: float = 10.0) -> None:
        self._endpoint = endpoint
        self._dialect = dialect
        self._served: Served | None = None
        self._link = Link(endpoint, self._greet)
        self._link.open(patience_s)

    @property
    def served(self) -> Served:
        """What the server said of itself."""
        assert self._served is not None, "the first connection has been made"
        return self._served

    @property
    def contract(self) -> Contract:
        """See `Policy.contract`."""
        return self.served.contract

    @property
    def contract_hash(self) -> str:
        """See `Policy.contract_hash`."""
        return self.contract.sha256()

    @property
    def provider(self) -> str:
        """Where inference runs."""
        return self._endpoint.url

    def infer(self, observation: Observation) -> ActionChunk:
        """See `Policy.infer`; waits for the answer.

        Raises:
            ServerError: there is no answer in time, or a refusal.
            WireError: the answer is none.
        """
        return self.ask(observation).result()

    def ask(self, observation: Observation) -> Future[ActionChunk]:
        """The same, without waiting.

        Raises:
            ConfigError: the instruction is longer than anybody reads.
        """
        require_short(observation.instruction)
        return self._link.run(self._answer(observation))

    def announce(self, instruction: str) -> None:
        """Readies the server for an instruction, without waiting.

        Raises:
            ConfigError: it is longer than anybody reads.
        """
        require_short(instruction)
        message = self._dialect.announce(instruction)
        if message is not None:
            self._link.run(self._link.exchange(pack(message)))

    def close(self) -> None:
        """Ends the connection."""
        self._link.close()

    async def _answer(self, observation: Observation) -> ActionChunk:
        try:
            return await self._asked(observation)
        except RlcoError:
            raise
        except Exception as error:  # whatever a server says, who asked it lives on
            raise ServerError(
                f"{self._endpoint.url}: its answer cannot be used: "
                f"{type(error).__name__}: {in_short(error)}"
            ) from error

    async def _asked(self, observation: Observation) -> ActionChunk:
        reply = await self._link.exchange(pack(self._dialect.ask(observation)))
        if isinstance(reply, str):
            raise ServerError(f"{self._endpoint.url}: {_last_line(reply)}")
        return self._dialect.actions(unpack(reply), observation, self.served)

    def _greet(self, frame: bytes | str) -> None:
        if isinstance(frame, str):
            raise ServerError(f"the server's first frame is text: {_last_line(frame)}")
        served = self._dialect.greet(unpack(frame))
        if self._served is not None and served != self._served:
            raise ContractMismatch(
                f"the server came back with another bundle, {_shown(served)}; it should be "
                f"{_shown(self._served)}: start anew to accept it"
            )
        self._served = served


def open_remote(
    url: str,
    token_file: str = "",
    foreign_file: str = "",
    timeout_s: float = 0.3,
    patience_s: float = 10.0,
) -> RemotePolicy:
    """The policy at ``url``; files that are not needed are blank.

    Args:
        token_file: holds the token that the server wants.
        foreign_file: says the contract of an openpi server.
        timeout_s: longest that an answer may take.
        patience_s: longest that the first connection may take.

    Raises:
        RlcoError: a file is unsound, or see `RemotePolicy`.
    """
    token = read_token(Path(token_file)) if token_file else ""
    dialect = OpenPi(Foreign.load(Path(foreign_file))) if foreign_file else Own()
    return RemotePolicy(Endpoint(url, token, timeout_s), dialect, patience_s)


def _shown(served: Served) -> str:
    return f"{served.name} ({served.sha256[:12]})"


def _last_line(text: str) -> str:
    """What a server complains of; openpi's sends a traceback."""
    return (text.strip().splitlines() or ["no reason"])[-1][:300]
