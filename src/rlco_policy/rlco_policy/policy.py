# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What a policy is to the rest of the stack: one contract, one method.

The ROS node, the in-process evaluation and the tests all see a policy through this protocol.
Anything that has these three members is a policy; there is nothing to inherit from.
"""

from __future__ import annotations

from typing import Protocol

from rlco_core.contract import Contract
from rlco_core.types import ActionChunk, Observation


class Policy(Protocol):
    """Observation in, action chunk out."""

    @property
    def contract(self) -> Contract:
        """What `infer` expects and answers."""

    @property
    def contract_hash(self) -> str:
        """`contract.sha256()`; every chunk carries it."""

    def infer(self, observation: Observation) -> ActionChunk:
        """Answers one observation with a chunk that bears the observation's stamp.

        Equal observations give equal chunks: a policy keeps no state between calls, so that the
        answer to an observation that was sent twice is the same twice.

        Raises:
            ContractMismatch: the observation is not what the contract describes.
            BundleError: the model's answer is not finite.
        """
