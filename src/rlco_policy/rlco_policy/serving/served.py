# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What a server says of itself when a client connects, and what an answer looks like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlco_core.contract import Contract
from rlco_core.errors import BundleError, ContractMismatch
from rlco_core.types import ActionChunk
from rlco_policy.serving.codec import WireError

PROTOCOL = "rlco-policy/1"


@dataclass(frozen=True)
class Served:
    """The policy behind a server.

    Attributes:
        name, sha256: of its bundle; the hash is empty where there is none.
        contract: what it expects and answers.
    """

    name: str
    sha256: str
    contract: Contract

    def to_message(self) -> dict[str, Any]:
        """The metadata that every client gets first."""
        return {
            "protocol": PROTOCOL,
            "name": self.name,
            "bundle_sha256": self.sha256,
            "contract": self.contract.to_json(),
            "contract_sha256": self.contract.sha256(),
        }

    @classmethod
    def from_message(cls, message: object) -> Served:
        """Of metadata that one of our servers sent.

        Raises:
            ContractMismatch: it is another kind of server, or the contract has another hash.
        """
        if not isinstance(message, dict) or message.get("protocol") != PROTOCOL:
            raise ContractMismatch(
                f"the server does not speak {PROTOCOL}; for an openpi server, name the file "
                "that says the contract"
            )
        fields = {key: message.get(key) for key in ("name", "bundle_sha256", "contract")}
        if not all(isinstance(value, str) for value in fields.values()):
            raise WireError(
                "the server's metadata should have the texts name, bundle_sha256, contract"
            )
        contract = _contract(str(fields["contract"]), message.get("contract_sha256"))
        return cls(str(fields["name"]), str(fields["bundle_sha256"]), contract)


def _contract(text: str, expected: object) -> Contract:
    try:
        contract = Contract.from_json(text)
    except BundleError as error:
        raise ContractMismatch(f"the server's contract cannot be read: {error}") from error
    if contract.sha256() != expected:
        raise ContractMismatch(
            f"the server's contract has SHA-256 {contract.sha256()[:12]}..., "
            f"it says {str(expected)[:12]}...; both ends should run the same version of rlco"
        )
    return contract


def answer_to_message(chunk: ActionChunk, timing_ms: dict[str, float]) -> dict[str, Any]:
    """An answer: ``actions`` and ``server_timing`` as openpi's clients know them, and our own."""
    return {
        "actions": chunk.actions,
        "stamp_ns": chunk.stamp_ns,
        "dt": chunk.dt,
        "contract_sha256": chunk.contract_hash,
        "server_timing": timing_ms,
    }


def actions_of(answer: object, columns: int, rows: int) -> NDArray[np.float32]:
    """(rows, columns) finite actions of an answer.

    Raises:
        WireError: it has none.
    """
    actions = answer.get("actions") if isinstance(answer, dict) else None
    if not isinstance(actions, np.ndarray) or actions.dtype.kind != "f":
        raise WireError("the answer has no array of floats named 'actions'")
    if actions.shape != (rows, columns):
        shape = list(actions.shape)
        raise WireError(
            f"the answer's actions have shape {shape}; it should be [{rows}, {columns}]"
        )
    with np.errstate(over="ignore"):  # what is too large for single precision is found below
        actions = actions.astype(np.float32, copy=False)
    if not np.isfinite(actions).all():
        raise WireError("the answer's actions are not all finite; they should be")
    return actions
