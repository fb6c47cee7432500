# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What is said to a server and what its answers mean: to one of ours, and to one of openpi's."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rlco_core.errors import in_short
from rlco_core.proprioception import COLUMNS
from rlco_core.types import ACTION_COLUMNS, ActionChunk, Observation
from rlco_policy.serving.codec import WireError
from rlco_policy.serving.foreign import Foreign
from rlco_policy.serving.observing import NEXT, observation_to_message
from rlco_policy.serving.served import Served, actions_of


class Dialect(Protocol):
    """How to talk to a kind of server."""

    def greet(self, metadata: object) -> Served:
        """What the server is, from what it said first.

        Raises:
            ContractMismatch: it is another kind of server.
        """

    def ask(self, observation: Observation) -> dict[str, Any]:
        """The message for an observation."""

    def announce(self, instruction: str) -> dict[str, Any] | None:
        """The message that readies the server for an instruction, where there is such a thing."""

    def actions(self, answer: object, observation: Observation, served: Served) -> ActionChunk:
        """The chunk in an answer.

        Raises:
            WireError: there is none, or it answers something else.
        """


class Own:
    """A server of ours: it tells the contract, and every answer bears stamp and hash."""

    def greet(self, metadata: object) -> Served:
        """See `Dialect.greet`."""
        return Served.from_message(metadata)

    def ask(self, observation: Observation) -> dict[str, Any]:
        """See `Dialect.ask`."""
        return observation_to_message(observation)

    def announce(self, instruction: str) -> dict[str, Any] | None:
        """See `Dialect.announce`."""
        return {NEXT: instruction}

    def actions(self, answer: object, observation: Observation, served: Served) -> ActionChunk:
        """See `Dialect.actions`."""
        expected = {
            "stamp_ns": observation.stamp_ns,
            "contract_sha256": served.contract.sha256(),
            "dt": served.contract.action.dt,
        }
        for key, wanted in expected.items():
            found = answer.get(key) if isinstance(answer, dict) else None
            # An array, of which a message may have any, answers a comparison with an array.
            if type(found) is not type(wanted) or found != wanted:
                raise WireError(
                    f"the answer's {key} is {in_short(repr(found))}; it should be {wanted!r}"
                )
        return _chunk(answer, len(ACTION_COLUMNS), observation, served)


class OpenPi:
    """An openpi server: what its answers mean is in a file."""

    def __init__(self, foreign: Foreign) -> None:
        self._foreign = foreign
        self._state = [COLUMNS.index(column) for column in foreign.state]
        self._columns = [foreign.action.columns.index(column) for column in ACTION_COLUMNS]

    def greet(self, metadata: object) -> Served:
        """See `Dialect.greet`; the metadata of these servers says nothing that is needed."""
        if not isinstance(metadata, dict):
            raise WireError("the server's first message should be a map")
        return Served("openpi", "", self._foreign.contract())

    def ask(self, observation: Observation) -> dict[str, Any]:
        """See `Dialect.ask`."""
        keys = self._foreign.keys
        images = {key: observation.images[camera] for camera, key in keys.images.items()}
        state = observation.proprioception[self._state]
        return {**images, keys.state: state, keys.instruction: observation.instruction}

    def announce(self, instruction: str) -> dict[str, Any] | None:
        """See `Dialect.announce`."""
        return None

    def actions(self, answer: object, observation: Observation, served: Served) -> ActionChunk:
        """See `Dialect.actions`."""
        columns = len(self._foreign.action.columns)
        return _chunk(answer, columns, observation, served, self._columns)


def _chunk(
    answer: object,
    columns: int,
    observation: Observation,
    served: Served,
    order: list[int] | None = None,
) -> ActionChunk:
    action = served.contract.action
    actions: NDArray[np.float32] = actions_of(answer, columns, action.horizon)
    return ActionChunk(
        stamp_ns=observation.stamp_ns,
        dt=action.dt,
        actions=actions if order is None else actions[:, order],
        contract_hash=served.contract.sha256(),
    )
