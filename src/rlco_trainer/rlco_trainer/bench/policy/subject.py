# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A network that is measured: in torch, and as a bundle that was exported of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from pathlib import Path

import torch
from torch import Tensor, nn

from rlco_core.bundle import Bundle, load_bundle
from rlco_core.types import Observation
from rlco_policy.onnx_policy import OnnxPolicy
from rlco_trainer.bundles.calibrate import keep_parity
from rlco_trainer.bundles.export import Deployment, export
from rlco_trainer.policies.policy import Policy

_WHERE = Deployment("measured", "panda", ("push_cube",), "front")


class Acting(nn.Module):
    """A policy as one function, as people run it in torch."""

    def __init__(self, policy: Policy) -> None:
        super().__init__()
        self.policy = policy

    def forward(self, image: Tensor, state: Tensor, words: Tensor, mask: Tensor) -> Tensor:
        """(B, horizon, 7) action units; arguments as in ``Policy.see``."""
        return self.policy.act(self.policy.see(image, state, words, mask))


@dataclass(frozen=True)
class Subject:
    """What is measured.

    Attributes:
        name: of its rows.
        network: in torch.
        bundle: exported of it, with parity.
        reference: the bundle in fp32.
        observations: what all are shown.
    """

    name: str
    network: Acting
    bundle: Bundle
    reference: OnnxPolicy
    observations: Sequence[Observation]

    @classmethod
    def of(
        cls, name: str, policy: Policy, observations: Sequence[Observation], folder: Path
    ) -> Subject:
        """Exports ``policy`` into ``folder``; raises `BundleError` where the graph differs."""
        root = folder / name
        export(policy, root, _WHERE, {})
        reference = OnnxPolicy(load_bundle(root))
        bundle = keep_parity(load_bundle(root), reference, observations)
        return cls(name, Acting(policy), bundle, reference, observations)

    def inputs(self, observation: Observation) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """An observation as the network takes it; the sentence was encoded before."""
        language = self.reference.encoder.encode(observation.instruction)
        (image,) = observation.images.values()
        words, mask = torch.tensor(language.tokens)[None], torch.tensor(language.mask)[None]
        return (
            torch.tensor(image)[None],
            torch.tensor(observation.proprioception)[None],
            words,
            mask,
        )

    def in_torch(self, network: Callable[..., Tensor]) -> Callable[[], object]:
        """A call of ``network`` from image to chunk, on one observation after the other."""
        told = {one.instruction: self.inputs(one)[2:] for one in self.observations}

        def call(observation: Observation) -> object:
            (pixels,) = observation.images.values()
            image, state = (
                torch.tensor(pixels)[None],
                torch.tensor(observation.proprioception)[None],
            )
            with torch.inference_mode():
                return network(image, state, *told[observation.instruction]).numpy()[0]

        return self._round(call)

    def on_engine(self, policy: OnnxPolicy) -> Callable[[], object]:
        """A call of a policy, the same way."""
        return self._round(policy.infer)

    def _round(self, call: Callable[[Observation], object]) -> Callable[[], object]:
        rest = cycle(self.observations)
        return partial(_next, call, rest)


def _next(call: Callable[[Observation], object], rest: cycle[Observation]) -> object:
    return call(next(rest))
