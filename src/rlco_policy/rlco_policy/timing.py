# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""When a policy answers again, by how its chunks are executed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from rlco_core.chunks import EXECUTIONS
from rlco_core.contract import ActionContract, Contract
from rlco_core.errors import ConfigError, choices
from rlco_core.stamps import seconds_to_ns
from rlco_core.types import ActionChunk, Observation
from rlco_policy.policy import Policy


@dataclass(frozen=True)
class Timing:
    """Times that pass in between, ns.

    Attributes:
        period_ns: from an observation that is answered to the next one, at least.
        rest_ns: from an answer to the next observation that is answered, at least.
    """

    period_ns: int = 0
    rest_ns: int = 0


#: Every observation is answered.
AT_ONCE = Timing()


def timing(execution: str, action: ActionContract) -> Timing:
    """For chunks that are played as ``execution`` says, see ``rlco_core.chunks``.

    Raises:
        ConfigError: there is no such execution.
    """
    if execution not in EXECUTIONS:
        known = choices(EXECUTIONS)
        raise ConfigError(f"execution '{execution}' is unknown; it should be {known}")
    # Half a period of slack, so that the jitter of a camera does not cost a whole frame, and what
    # is seen after the last row really is.
    if execution == "asynchronous":
        return Timing(period_ns=seconds_to_ns((action.execute - 0.5) * action.dt))
    if execution == "synchronous":
        return Timing(rest_ns=seconds_to_ns((action.execute + 0.5) * action.dt))
    return AT_ONCE


class Slowed:
    """A policy whose answers take longer: shows what a slower one would do to the motion.

    Args:
        policy: that answers.
        seconds: by which it is slower.
        sleep: waits for so many seconds.
    """

    def __init__(
        self, policy: Policy, seconds: float, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._policy, self._seconds, self._sleep = policy, seconds, sleep

    @property
    def contract(self) -> Contract:
        """See ``Policy``."""
        return self._policy.contract

    @property
    def contract_hash(self) -> str:
        """See ``Policy``."""
        return self._policy.contract_hash

    def infer(self, observation: Observation) -> ActionChunk:
        """See ``Policy``."""
        chunk = self._policy.infer(observation)
        self._sleep(self._seconds)
        return chunk
