# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What training draws: the same examples from images as from contexts, in the shares asked for."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from small import SMALLEST, new

from rlco_trainer.learning import sources as drawing
from rlco_trainer.learning.batches import Demonstrations
from rlco_trainer.learning.sources import ContextSource, ImageSource, Mixture, Portion, together
from rlco_trainer.policies.policy import Examples, Policy, Seen

SOME = np.array([3, 20, 11, 20])


@pytest.fixture(scope="module")
def data() -> Demonstrations:
    rng = np.random.default_rng(0)
    return Demonstrations.build(
        rng.integers(0, 255, (21, 16, 16, 3), dtype=np.uint8),
        rng.standard_normal((21, 17)).astype(np.float32),
        rng.uniform(-0.01, 0.01, (21, 7)).astype(np.float32),
        [12, 9],
        ["push the red cube", "push the blue cube"],
    )


@pytest.fixture(scope="module")
def policy() -> Policy:
    return new("token", SMALLEST, horizon=3)


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_contexts_give_the_examples_that_images_give(data: Demonstrations, policy: Policy) -> None:
    seen, found = ImageSource(data, 3), ContextSource.build(policy, data)
    assert len(seen) == len(found) == 21
    one, other = seen.examples(policy, SOME, rng()), found.examples(policy, SOME, rng())
    # Contexts are kept in half precision.
    torch.testing.assert_close(one.seen.context, other.seen.context, atol=2e-3, rtol=0.0)
    assert torch.equal(one.seen.state, other.seen.state)
    assert torch.equal(one.actions, other.actions)
    assert torch.equal(one.weight, other.weight)
    losses = [policy.imitation_loss(examples, rng()).item() for examples in (one, other)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-2)
    assert one.weight.tolist() == [[1, 1, 1], [1, 0, 0], [1, 0, 0], [1, 0, 0]]


def test_contexts_do_not_depend_on_how_many_are_made_at_once(
    data: Demonstrations, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ContextSource.build(policy, data).contexts
    monkeypatch.setattr(drawing, "_CHUNK", 4)
    pieces = ContextSource.build(policy, data).contexts
    torch.testing.assert_close(whole, pieces, atol=2e-3, rtol=0.0)


def test_gradients_reach_the_backbone_through_images_only(
    data: Demonstrations, policy: Policy
) -> None:
    assert ImageSource(data, 3).examples(policy, SOME, rng()).seen.context.requires_grad
    kept = ContextSource.build(policy, data).examples(policy, SOME, rng()).seen.context
    assert not kept.requires_grad


def test_the_first_copy_is_plain_and_the_others_are_varied(
    data: Demonstrations, policy: Policy
) -> None:
    plain = ContextSource.build(policy, data).contexts[0]
    copies = ContextSource.build(policy, data, copies=3, strength=1.0).contexts
    assert copies.shape == (3, 21, 8, 16)
    assert torch.equal(copies[0], plain)
    assert not torch.equal(copies[1], plain)
    assert not torch.equal(copies[1], copies[2])
    again = ContextSource.build(policy, data, copies=3, strength=1.0).contexts
    assert torch.equal(copies, again)
    other = ContextSource.build(policy, data, copies=3, strength=1.0, seed=1).contexts
    assert not torch.equal(copies[1], other[1])


def test_all_copies_are_drawn_alike(data: Demonstrations, policy: Policy) -> None:
    marked = torch.arange(3.0)[:, None, None, None].expand(3, 21, 8, 16).half()
    source = ContextSource(data, 3, marked)
    drawn = source.examples(policy, np.repeat(5, 3000), rng()).seen.context[:, 0, 0]
    assert [int((drawn == copy).sum()) for copy in range(3)] == pytest.approx([1000] * 3, abs=120)


def test_images_are_varied_as_strongly_as_was_asked(data: Demonstrations, policy: Policy) -> None:
    contexts = [
        ImageSource(data, 3, strength).examples(policy, SOME, rng(seed)).seen.context
        for strength, seed in ((0.0, 0), (0.0, 1), (1.0, 0), (1.0, 0), (1.0, 1))
    ]
    assert torch.equal(contexts[0], contexts[1])
    assert not torch.allclose(contexts[0], contexts[2], atol=1e-3)
    assert torch.equal(contexts[2], contexts[3])
    assert not torch.equal(contexts[2], contexts[4])


@dataclass
class Marked:
    """Its examples carry its mark, and the frames they are of."""

    mark: float
    asked: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return 100

    def examples(
        self, policy: Policy, frames: NDArray[np.int64], generator: torch.Generator
    ) -> Examples:
        self.asked += frames.tolist()
        count = len(frames)
        state = torch.rand((count, 17), generator=generator)
        actions = torch.from_numpy(frames)[:, None, None].float().expand(count, 1, 7)
        seen = Seen(torch.full((count, 1, 1), self.mark), state)
        return Examples(seen, actions, torch.ones(count, 1))


@pytest.mark.parametrize("alpha", [0.0, 0.05, 0.5, 0.75, 1.0])
def test_a_mixture_has_the_shares_that_were_asked_for(policy: Policy, alpha: float) -> None:
    sim, real = Marked(1.0), Marked(0.0)
    simulated_part = Portion("sim", sim, np.arange(50), alpha)
    mixture = Mixture([simulated_part, Portion("real", real, np.arange(50, 60), 1.0 - alpha)])
    drawn = [mixture.draw(policy, 64, (0, step)) for step in range(200)]
    simulated = torch.cat([together(parts).seen.context.flatten() for parts, _ in drawn])
    assert len(simulated) == 64 * 200
    assert simulated.mean().item() == pytest.approx(alpha, abs=0.015)
    if 0.0 < alpha < 1.0:
        told = np.mean([shares["sim"] for _, shares in drawn])
        assert told == pytest.approx(simulated.mean().item(), abs=1e-6)
    assert set(sim.asked) == (set(range(50)) if alpha else set())
    assert set(real.asked) == (set(range(50, 60)) if alpha < 1.0 else set())


def test_shares_need_not_sum_to_one(policy: Policy) -> None:
    weights = {"a": 3.0, "b": 3.0, "c": 6.0}
    some = [Portion(kind, Marked(0.0), np.arange(9), weight) for kind, weight in weights.items()]
    again = Portion("a", Marked(0.0), np.arange(9), 12.0)
    for portions, wanted in ((some, [0.25, 0.25, 0.5]), ([*some, again], [0.625, 0.125, 0.25])):
        shares = [Mixture(portions).draw(policy, 100, (step,))[1] for step in range(200)]
        told = [[one[kind] for kind in weights] for one in shares]
        assert np.mean(told, axis=0) == pytest.approx(wanted, abs=0.02)


def test_what_is_drawn_is_a_function_of_the_key(policy: Policy) -> None:
    def drawn(*keys: tuple[int, ...]) -> Examples:
        marks = {"sim": 1.0, "real": 0.0}
        some = [Portion(k, Marked(mark), np.arange(50), 0.5) for k, mark in marks.items()]
        mixture = Mixture(some)
        found = [together(mixture.draw(policy, 16, key)[0]) for key in keys]
        return found[-1]

    wanted, after_others = drawn((3, 7)), drawn((3, 5), (3, 6), (3, 7))
    assert torch.equal(wanted.actions, after_others.actions)
    assert torch.equal(wanted.seen.state, after_others.seen.state)
    for other in (drawn((3, 8)), drawn((4, 7))):
        assert not torch.equal(wanted.actions, other.actions)
        assert not torch.equal(wanted.seen.state, other.seen.state)


def test_batches_are_put_together_in_their_order(policy: Policy) -> None:
    parts = [Marked(k).examples(policy, np.array([int(k), 9]), rng()) for k in (1.0, 2.0)]
    whole = together(parts)
    assert whole.seen.context.flatten().tolist() == [1.0, 1.0, 2.0, 2.0]
    assert whole.actions[:, 0, 0].tolist() == [1.0, 9.0, 2.0, 9.0]
    assert torch.equal(whole.seen.state[2:], parts[1].seen.state)
    assert whole.weight.shape == (4, 1)
