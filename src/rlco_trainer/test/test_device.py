# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Where networks are trained: what there is, and what is refused."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
import torch
from small import SMALLEST, inputs, new
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from rlco_core.errors import ConfigError
from rlco_trainer.learning.device import device
from rlco_trainer.policies.policy import Before, Examples, Policy


@pytest.mark.parametrize(
    ("name", "has_gpu", "chosen"),
    [
        ("cpu", False, "cpu"),
        ("cpu", True, "cpu"),
        ("auto", False, "cpu"),
        ("auto", True, "cuda"),
        ("cuda", True, "cuda"),
    ],
)
def test_auto_prefers_cuda(
    monkeypatch: pytest.MonkeyPatch, name: str, has_gpu: bool, chosen: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: has_gpu)
    assert device(name) == torch.device(chosen)


def test_devices_that_are_not_there_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match="torch sees no GPU; use cpu or auto"):
        device("cuda")
    with pytest.raises(ConfigError, match="'tpu' is unknown; it should be one of auto, cpu, cuda"):
        device("tpu")


#: Stands for a GPU: operations on it are only checked, above all for what is still on the CPU.
_ELSEWHERE = "lazy"


@pytest.mark.parametrize(
    ("family", "settings"),
    [
        ("token", {}),
        ("token", {"blur": 6.0}),
        ("token", {"explore": "mean", "hold": 0.7}),
        ("flow", {"explore": "noise"}),
        ("flow", {"explore": "sde"}),
        ("flow", {"explore": "end", "hold": 0.7}),
    ],
)
def test_a_policy_works_on_another_device_whole(
    family: str, settings: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it sees comes from the CPU; all that it makes of that is where its weights are."""
    # It knows real devices only, and does not move anything.
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: nullcontext())
    with FakeTensorMode():
        policy = moved(new(family, SMALLEST, horizon=3, execute=2, **settings))
        rng = torch.Generator()
        seen = policy.see(*inputs(4, SMALLEST))
        sample = policy.sample(seen, rng)
        before = Before(sample.trace, torch.tensor([True, False, True, False]).to(_ELSEWHERE))
        again = policy.sample(seen, rng, before)
        judged = policy.evaluate(seen, again.trace)
        actions, weight = torch.zeros(4, 3, 7), torch.ones(4, 3)
        examples = Examples(seen, actions.to(_ELSEWHERE), weight.to(_ELSEWHERE))
        found = [
            *(seen.context, seen.state, policy.act(seen), policy.imitation_loss(examples, rng)),
            *(again.actions, again.log_prob, again.value, *again.trace.values()),
            *(judged.log_prob, judged.entropy, judged.value),
            policy.divergence(seen, policy, rng),
        ]
    assert {one.device.type for one in found} == {_ELSEWHERE}


def moved(policy: Policy) -> Policy:
    """As ``to``, which cannot yet swap weights that are only checked."""
    for module in policy.modules():
        for name, weight in module.named_parameters(recurse=False):
            setattr(module, name, nn.Parameter(weight.detach().to(_ELSEWHERE)))
        for name, buffer in module.named_buffers(recurse=False):
            module._buffers[name] = buffer.to(_ELSEWHERE)
    return policy
