# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What one sees of a run from outside: success in simulation, films of it, further measures."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rlco_core.errors import RlcoError
from rlco_trainer.learning.curves import Curves
from rlco_trainer.learning.film import Film
from rlco_trainer.learning.trial import Trial
from rlco_trainer.policies.policy import Policy
from rlco_trainer.settings import require_least

_SEED = 5_000_000
_SIDE_BY_SIDE, _FILMED = 64, 4


@dataclass(frozen=True)
class WatchConfig:
    """How often a run tries its policy in simulation.

    Attributes:
        every: iterations, or steps of Stage I, between trials; the last is tried in any case. 0
            for no trials at all.
        episodes: of each trial; the first four of them are filmed.
    """

    every: int
    episodes: int

    def __post_init__(self) -> None:
        require_least(self, 0, "every")
        require_least(self, 1 if self.every else 0, "episodes")


class Watch:
    """Watches a run; a context manager.

    Args:
        out: directory of the run; curves go to watch/, films to videos/.
        env: arguments of ``RlcoEnv`` for trials.
        config: how often.
        total, done: iterations or steps of the run, and those of them that are done.
        measures: by the names of their curves, what is measured every time.
    """

    def __init__(
        self,
        out: Path,
        env: Mapping[str, object],
        config: WatchConfig,
        total: int,
        done: int,
        measures: Mapping[str, Callable[[Policy], float]] | None = None,
    ) -> None:
        self._out, self._config, self._total = out, config, total
        self._measures = measures or {}
        self._curves = Curves(out / "watch", done)
        self._trial: Trial | None = None
        if config.every and done < total:
            self._trial = Trial(env, min(config.episodes, _SIDE_BY_SIDE))

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        if self._trial is not None:
            self._trial.close()

    def __call__(self, step: int, policy: Policy) -> None:
        """Called when ``step`` iterations or steps are done, with the averaged policy."""
        for name, measure in self._measures.items():
            self._curves.add(name, measure(policy), step)
        due = step == self._total or (self._config.every and step % self._config.every == 0)
        if self._trial is not None and due:
            film = self._out / "videos" / f"{step:06d}.mp4"
            rate = filmed_trial(self._trial, policy, self._config.episodes, film)
            self._curves.add("simulation/success", rate, step)
        self._curves.flush()


def filmed_trial(trial: Trial, policy: Policy, episodes: int, path: Path) -> float:
    """The success rate over ``episodes``; the first of them are filmed."""
    film = Film(_FILMED)
    outcomes = trial.run(policy, range(_SEED, _SEED + episodes), film)
    try:
        film.write(path, outcomes, policy.execute)
    except RlcoError as error:  # no reason to lose the run
        print(error, file=sys.stderr)
    return sum(outcome.success for outcome in outcomes) / len(outcomes)
