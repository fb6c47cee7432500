# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Stage II as a whole, on small problems whose best policies are known: what the anchor does to the
weights, and that a run that was stopped goes on to the bit.
"""

from __future__ import annotations

import copy
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch
from problems import CONFIG, Corridor, Real, Signs, new_policy, observed, run_of, weights
from small import equal
from torch import Tensor

from rlco_core.errors import ConfigError
from rlco_trainer.learning import reinforce
from rlco_trainer.learning.anchor import Anchor, AnchorConfig
from rlco_trainer.learning.decisions import Decisions
from rlco_trainer.learning.ppo import PpoConfig, losses
from rlco_trainer.policies.policy import Policy


class Untouchable:
    """An anchor of no weight: a look at more than that is a mistake."""

    beta = 0.0


@pytest.mark.parametrize("family", ["token", "flow"])
def test_it_learns_what_pays(family: str, tmp_path: Path) -> None:
    ratio: Literal["chunk", "part"] = "part" if family == "token" else "chunk"
    ppo = PpoConfig(ratio=ratio)
    config = replace(CONFIG, iterations=90, epochs=4, batch=32, ppo=ppo)
    policy = run_of(tmp_path, config, family).run()
    seen = observed(64, 7)
    right = (policy.act(seen)[:, 0, 0] - seen.state[:, 0]).abs() < 0.5
    assert right.float().mean().item() > 0.95


def test_it_solves_a_known_decision_process(tmp_path: Path) -> None:
    """See ``Corridor``: right everywhere, and what that is worth."""
    corridor = Corridor()
    config = replace(CONFIG, iterations=40, gamma=0.9, lam=0.9, batch=192, value_epochs=8)
    policy = run_of(tmp_path, config, problem=corridor).run()
    seen = corridor.seen(torch.arange(corridor.places))
    assert (policy.act(seen)[:, 0, 0] > 0.0).all()
    wanted = 0.9 ** torch.arange(corridor.places - 1.0, -1.0, -1.0)
    torch.testing.assert_close(policy.values(seen).detach(), wanted, atol=0.05, rtol=0.0)


def test_what_is_far_ahead_counts_as_much_as_the_discount_says(tmp_path: Path) -> None:
    """With 0.5 the left end is better at place 0: 0.6 at once, or 0.125."""
    corridor = Corridor()
    config = replace(CONFIG, iterations=60, gamma=0.5, lam=0.9, epochs=4, batch=96, value_epochs=8)
    policy = run_of(tmp_path, config, problem=corridor).run()
    ways = policy.act(corridor.seen(torch.arange(corridor.places)))[:, 0, 0]
    assert ways[0] < 0.0 < ways[-1]


@pytest.mark.parametrize("kind", ["imitation", "kl"])
def test_the_anchor_pulls_on_the_weights(kind: str, tmp_path: Path) -> None:
    def after(name: str, beta: float) -> Tensor:
        anchor = AnchorConfig(beta=beta, kind=kind, batch=16)  # type: ignore[arg-type]
        return weights(run_of(tmp_path / name, replace(CONFIG, anchor=anchor)).run())

    plain = after("plain", 0.0)
    assert torch.equal(after("again", 0.0), plain)
    assert not torch.equal(after("anchored", 0.5), plain)


def test_without_an_anchor_a_step_is_one_of_plain_ppo_to_the_bit(tmp_path: Path) -> None:
    """The same step, written down once more from the objective, with no word of an anchor."""
    config = replace(CONFIG, value_iterations=0, epochs=1, batch=128, average=0.0)
    run = run_of(tmp_path, config)
    run._anchor = Untouchable()  # type: ignore[assignment]
    run.one_iteration()
    torch.set_num_threads(1)  # as updates do: sums in another order differ
    policy = new_policy().requires_grad_(False)
    rollout = Signs().collect(policy, 0)
    (batch,) = run_of(tmp_path, config)._batches(Decisions.of(rollout, 0.95, 0.95), 1, 128)
    actor = [p.requires_grad_() for p in policy.reinforced_parameters()]
    objective = losses(policy.evaluate(batch.seen, batch.trace), batch.batch, config.ppo)
    objective.policy.backward()
    torch.nn.utils.clip_grad_norm_(actor, 1.0)
    torch.optim.AdamW(actor, config.learning_rate, (0.9, 0.95), weight_decay=0.0).step()
    for one, other in zip(actor, run._actor, strict=True):
        assert torch.equal(one, other)


def test_the_gradient_of_the_anchor_reaches_the_expert_and_not_the_backbone() -> None:
    policy = new_policy()
    anchor = Anchor(AnchorConfig(batch=16), Real(), np.arange(32), copy.deepcopy(policy))
    gradients = torch.autograd.grad(
        anchor.loss(policy, (0,)), policy.expert_parameters(), allow_unused=True
    )
    lengths = [0.0 if g is None else g.norm().item() for g in gradients]
    assert sum(length > 0.0 for length in lengths) > 0.9 * len(lengths)


def test_a_strong_anchor_holds_the_policy_at_the_demonstrations(tmp_path: Path) -> None:
    config = replace(CONFIG, iterations=40, batch=32, anchor=AnchorConfig(beta=20.0, batch=16))
    policy = run_of(tmp_path, config).run()
    seen = observed(64, 7)
    imitated = (policy.act(seen)[:, 0, 0] + seen.state[:, 0]).abs() < 0.5
    assert imitated.float().mean().item() > 0.95


def test_the_backbone_stays_as_it_is(tmp_path: Path) -> None:
    before = new_policy().backbone.state_dict()
    after = run_of(tmp_path, CONFIG).run().backbone.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_at_first_only_values_are_learned(tmp_path: Path) -> None:
    policy = run_of(tmp_path, replace(CONFIG, iterations=1, value_iterations=1)).run()
    seen = observed(8, 0)
    assert torch.equal(policy.act(seen), new_policy().act(seen))
    assert not torch.equal(policy.values(seen), new_policy().values(seen))


@pytest.mark.parametrize("anchor", [CONFIG.anchor, AnchorConfig(beta=0.5, batch=16, ratio=0.3)])
def test_a_run_that_was_stopped_goes_on_to_the_bit(tmp_path: Path, anchor: AnchorConfig) -> None:
    """Also where beta adapts: it is part of what a run is."""
    config = replace(CONFIG, anchor=anchor)
    whole = run_of(tmp_path / "whole", config).run()

    class Stop(Exception):
        pass

    def stop(iteration: int, policy: Policy) -> None:
        if iteration == 3:
            raise Stop

    with pytest.raises(Stop):
        run_of(tmp_path / "parts", config).run(stop)
    again = run_of(tmp_path / "parts", config)
    assert again.iteration == 2
    assert (again._anchor.beta == anchor.beta) == (anchor.ratio == 0.0)
    assert torch.equal(weights(again.run()), weights(whole))


def test_a_run_that_is_told_to_stop_finishes_its_iteration(tmp_path: Path) -> None:
    whole = run_of(tmp_path / "whole", CONFIG).run()

    def stop(iteration: int, policy: Policy) -> None:
        if iteration == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        run_of(tmp_path / "parts", CONFIG).run(stop)
    again = run_of(tmp_path / "parts", CONFIG)
    assert again.iteration == 2
    assert torch.equal(weights(again.run()), weights(whole))


def test_the_average_follows_as_slowly_as_is_said_from_the_start(tmp_path: Path) -> None:
    run = run_of(tmp_path, replace(CONFIG, average=0.999, value_iterations=0))
    before = run._average.state_dict()["places"].clone()
    run.one_iteration()
    after = run._average.state_dict()["places"]
    present = run._policy.state_dict()["places"]
    assert not torch.equal(present, before)
    torch.testing.assert_close(after, torch.lerp(before, present, 0.001), atol=0.0, rtol=1e-6)


def test_a_run_with_other_settings_is_refused(tmp_path: Path) -> None:
    run_of(tmp_path, CONFIG).run()
    with pytest.raises(ConfigError, match="other settings"):
        run_of(tmp_path, replace(CONFIG, gamma=0.9))


def test_what_is_not_finite_is_named_and_never_saved(tmp_path: Path) -> None:
    run = run_of(tmp_path, CONFIG)
    run.one_iteration()
    with torch.no_grad():
        run._policy.value.network[0].weight.fill_(torch.nan)
    with pytest.raises(ConfigError, match="the loss of PPO is nan"):
        run.run()
    assert not (tmp_path / "checkpoint.safetensors").exists()


@pytest.mark.parametrize("what", ["policy", "values"])
def test_a_gradient_that_is_not_finite_moves_nothing(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(tmp_path, replace(CONFIG, value_iterations=0))
    spoiled = run._actor if what == "policy" else run._critic

    def gradients(loss: Tensor, parameters: list[Tensor]) -> list[Tensor]:
        return [torch.full_like(p, torch.inf if p is spoiled[0] else 0.0) for p in parameters]

    monkeypatch.setattr(reinforce, "gradients", gradients)
    before = weights(run._policy)
    with pytest.raises(
        ConfigError, match=rf"the gradient of {'the policy' if what == 'policy' else what} is"
    ):
        run.run()
    assert torch.equal(weights(run._policy), before)
    assert not (tmp_path / "checkpoint.safetensors").exists()


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"beta": -0.1}, r"beta is -0\.1; it should be 0\.0 or more"),
        ({"batch": 0}, "batch is 0; it should be 1 or more"),
        ({"beta": 0.0, "ratio": 0.3}, "adapts beta, which cannot begin at 0"),
    ],
)
def test_an_anchor_that_cannot_be_is_refused(settings: dict[str, float], line: str) -> None:
    with pytest.raises(ConfigError, match=line):
        AnchorConfig(**settings)  # type: ignore[arg-type]


def test_beta_stays_in_bounds_where_the_anchor_is_where_the_policy_is(tmp_path: Path) -> None:
    anchor = AnchorConfig(beta=1.0, kind="kl", batch=16, ratio=0.3)
    run = run_of(tmp_path, replace(CONFIG, anchor=anchor))
    for _ in range(3):
        figures = run.one_iteration()
    assert 0.1 < figures["anchor/beta"] < 10.0


def test_beta_follows_the_ratio_of_gradients(tmp_path: Path) -> None:
    config = replace(CONFIG, iterations=30, anchor=AnchorConfig(beta=1.0, batch=16, ratio=0.3))
    run = run_of(tmp_path, config)
    ratios = [run.one_iteration().get("anchor/gradient_ratio", 0.0) for _ in range(30)]
    assert np.mean(ratios[-10:]) == pytest.approx(0.3, rel=0.7)


@pytest.mark.parametrize("family", ["token", "flow"])
def test_it_can_run_in_mixed_precision(family: str, tmp_path: Path) -> None:
    """What is played is then scored alike in rollout and update, so that nothing has moved."""
    anchored = replace(CONFIG, anchor=AnchorConfig(beta=0.1, batch=16))
    exact = run_of(tmp_path / "exact", anchored, family)
    mixed = run_of(
        tmp_path / "mixed", replace(anchored, bfloat16=True, epochs=1, batch=128), family
    )
    for _ in range(CONFIG.iterations):
        exact.one_iteration()
        figures = mixed.one_iteration()
    assert figures["update/kl"] < 1e-4
    trained = [run.run() for run in (exact, mixed)]
    assert not equal(*trained)
    for (name, value), other in zip(
        trained[0].state_dict().items(), trained[1].state_dict().values(), strict=True
    ):
        assert other.dtype == value.dtype, name


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"groups": 0}, "groups is 0; it should be 1 or more"),
        ({"envs": 1, "groups": 2}, "envs is 1; it should be 2 or more"),
        ({"batch": 0}, "batch is 0"),
        ({"gamma": 1.5}, r"gamma is 1.5; it should lie in \[0, 1\]"),
        ({"average": 1.0}, r"average is 1.0; it should lie in \[0, 1\)"),
    ],
)
def test_settings_that_cannot_be_are_refused_at_once(settings: dict[str, float], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        replace(CONFIG, **settings)  # type: ignore[arg-type]
