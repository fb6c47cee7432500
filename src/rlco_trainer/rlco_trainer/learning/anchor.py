# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What holds reinforcement learning to the real world: a loss on real demonstrations."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rlco_core.errors import ConfigError
from rlco_trainer.learning.sources import Source
from rlco_trainer.policies.policy import Policy
from rlco_trainer.settings import require_least

#: By what beta changes at once, and its bound: at first a policy is where its anchor is, and no
#: weight would make that gradient long.
_CHANGE, _MOST = 1.1, 100.0


@dataclass(frozen=True)
class AnchorConfig:
    """How strong the anchor is, and what it says.

    Attributes:
        beta: weight of its loss; 0 for plain reinforcement learning.
        kind: ``imitation`` of the real demonstrations (the paper's), or ``kl`` to the policy that
            Stage I gave, where real demonstrations are seen.
        batch: real samples per optimiser step.
        ratio: when positive, beta adapts so that the anchor's gradient is about so many times as
            long as that of reinforcement learning.
    """

    beta: float = 0.05
    kind: Literal["imitation", "kl"] = "imitation"
    batch: int = 128
    ratio: float = 0.0

    def __post_init__(self) -> None:
        require_least(self, 0.0, "beta", "ratio")
        require_least(self, 1, "batch")
        if self.ratio > 0.0 and self.beta == 0.0:
            raise ConfigError(
                f"an anchor with ratio {self.ratio} adapts beta, which cannot begin at 0"
            )


class Anchor:
    """The loss on real demonstrations, and its weight.

    Args:
        source, frames: the real demonstrations.
        start: the policy of Stage I.
    """

    def __init__(
        self, config: AnchorConfig, source: Source, frames: NDArray[np.int64], start: Policy
    ) -> None:
        self._config, self._source, self._frames, self._start = config, source, frames, start
        self.beta = config.beta

    def loss(self, policy: Policy, key: tuple[int, ...], share: float = 1.0) -> Tensor:
        """The loss of one batch or a ``share`` of it, which is a function of ``key``."""
        choice = np.random.default_rng(key)
        rng = torch.Generator().manual_seed(int(choice.integers(2**63)))
        frames = choice.choice(self._frames, max(1, round(share * self._config.batch)))
        examples = self._source.examples(policy, frames, rng)
        if self._config.kind == "kl":
            return policy.divergence(examples.seen, self._start, rng)
        return policy.imitation_loss(examples, rng)

    def adapt(self, ratio: float) -> None:
        """Moves beta a little towards the wanted ratio of gradients, given that at beta = 1."""
        if self._config.ratio > 0.0 and ratio > 0.0 and math.isfinite(ratio):
            wanted = self._config.ratio / ratio
            self.beta = min(max(wanted, self.beta / _CHANGE), self.beta * _CHANGE, _MOST)
