# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""One step of an answer as a graph: what comes of it if nothing is kept from step to step."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from rlco_trainer.policies.bins import BINS
from rlco_trainer.policies.flow import FlowPolicy
from rlco_trainer.policies.policy import Policy, Seen
from rlco_trainer.policies.token import SPECIAL, TokenPolicy

_OPSET = 17
#: The first word of every sentence.
_BEGIN = 0


class Look(nn.Module):
    """The backbone alone."""

    def __init__(self, policy: Policy) -> None:
        super().__init__()
        self.policy = policy

    def forward(self, image: Tensor, state: Tensor, words: Tensor, mask: Tensor) -> Tensor:
        """(1, tokens, width)."""
        return self.policy.see(image, state, words, mask).context


class NextToken(nn.Module):
    """The next mean of a token policy by what is seen and all that was said."""

    def __init__(self, policy: TokenPolicy) -> None:
        super().__init__()
        self.policy = policy
        self.middles = nn.Parameter(torch.arange(BINS) + 0.5, requires_grad=False)

    def forward(self, context: Tensor, state: Tensor, said: Tensor) -> Tensor:
        """(1, 1) in bins; ``said`` (1, T) are words, the beginning first."""
        policy = self.policy
        features = policy.vocabulary(said) + policy.places[: said.shape[1]]
        contexts = policy.contexts(Seen(context, state))
        for block, kept in zip(policy.blocks, contexts, strict=True):
            features, _ = block(features, kept, causal=True)
        scores = policy.head(policy.norm(features[:, -1:]))[..., SPECIAL:]
        mean: Tensor = (scores.softmax(-1) * self.middles).sum(-1)
        return mean


class WholeStep(nn.Module):
    """One denoise step of a flow policy, from the image on."""

    def __init__(self, policy: FlowPolicy) -> None:
        super().__init__()
        self.policy = policy

    def forward(
        self, image: Tensor, state: Tensor, words: Tensor, mask: Tensor, x: Tensor, time: Tensor
    ) -> Tensor:
        """(1, horizon, 7): what follows ``x`` at ``time`` (1,), both as networks have them."""
        policy = self.policy
        seen = policy.see(image, state, words, mask)
        velocity, _ = policy.velocity(x, time, policy.contexts(seen))
        return x - velocity / policy.config.steps


def graph_of(
    network: nn.Module,
    inputs: tuple[Tensor, ...],
    names: Sequence[str],
    growing: Mapping[str, Mapping[int, str]],
) -> bytes:
    """An ONNX graph; the axes in ``growing`` have any length."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter's
        path = Path(folder) / "step.onnx"
        torch.onnx.export(
            network.requires_grad_(False).eval(),
            inputs,
            str(path),
            input_names=list(names),
            output_names=["answer"],
            dynamic_axes={name: dict(axes) for name, axes in growing.items()},
            opset_version=_OPSET,
            dynamo=False,
        )
        return path.read_bytes()


def beginning() -> Tensor:
    """(1, 1), the words before the first token."""
    return torch.tensor([[_BEGIN]])
