# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What a policy sees where it acts: observations of episodes that it plays in its twin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rlco_core.bundle import Bundle
from rlco_core.types import ActionChunk, Observation
from rlco_policy.policy import Policy
from rlco_trainer.evaluation.config import EvalConfig
from rlco_trainer.evaluation.evaluate import check_fit, new_session
from rlco_trainer.evaluation.rollout import Roller, Trace

#: First seeds, far from each other and from those of datasets and evaluations: of what engines are
#: held against, of what ranges are taken from, and of what success is counted in.
PARITY_SEED, CALIBRATION_SEED, SUCCESS_SEED = 30_000, 31_000, 32_000


class Recorder:
    """A `Policy` that answers as another one does and keeps what it was shown."""

    def __init__(self, policy: Policy) -> None:
        self.contract, self.contract_hash = policy.contract, policy.contract_hash
        self.seen: list[Observation] = []
        self._policy = policy

    def infer(self, observation: Observation) -> ActionChunk:
        """See `Policy.infer`."""
        # A simulation draws its next image where this one is.
        images = {name: image.copy() for name, image in observation.images.items()}
        self.seen.append(replace(observation, images=images))
        return self._policy.infer(observation)


def play(policy: Policy, bundle: Bundle, domain: str, seed: int, episodes: int) -> Iterator[Trace]:
    """Episodes of the bundle's tasks, as many of each as it goes.

    Raises:
        ContractMismatch: the domain has another camera.
    """
    tasks = bundle.contract.tasks
    for number, task in enumerate(tasks):
        config = EvalConfig(task=task, domain=domain, robot=bundle.contract.robot)
        check_fit(bundle, config)
        roller = Roller(policy, new_session(config))
        for place in range(number, episodes, len(tasks)):
            yield roller.run(seed + place)


def recorded(
    policy: Policy, bundle: Bundle, domain: str, seed: int, episodes: int, count: int
) -> list[Observation]:
    """``count`` observations, or all if there are fewer, evenly from all that it saw."""
    recorder = Recorder(policy)
    for _ in play(recorder, bundle, domain, seed, episodes):
        pass
    return _spread(recorder.seen, count)


def _spread(seen: Sequence[Observation], count: int) -> list[Observation]:
    kept = min(count, len(seen))
    return [seen[number * len(seen) // kept] for number in range(kept)]
