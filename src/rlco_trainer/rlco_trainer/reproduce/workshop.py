# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Makes datasets and policies when they are asked for, each once; what is unfinished goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import yaml

from rlco_sim.domain import Domain
from rlco_trainer.demonstrations.collect import CollectConfig, collect
from rlco_trainer.files import write_text
from rlco_trainer.learning.anchor import AnchorConfig
from rlco_trainer.learning.datasets import Share
from rlco_trainer.learning.shelf import Shelf
from rlco_trainer.learning.sources import ImageSource, held_out_loss
from rlco_trainer.learning.watch import WatchConfig
from rlco_trainer.lerobot import Dataset
from rlco_trainer.policies.policy import Policy
from rlco_trainer.policies.policy_file import BASES
from rlco_trainer.reproduce.plan import Recipe
from rlco_trainer.reproduce.preset import Preset, keep_recipe
from rlco_trainer.stages.pretrain import PretrainConfig, pretrain
from rlco_trainer.stages.rlco import RlcoConfig, rlco
from rlco_trainer.stages.sft import SftConfig, sft
from rlco_trainer.twin.fit import FitConfig, fit

#: First seeds of what is collected; evaluation seeds are far from all of them.
_WIDE_SEED, _SIM_SEED, _REAL_SEED = 0, 1_000_000, 2_000_000
#: Share of simulated demonstrations that begin where the arm has strayed to.
_STRAY = 0.5
#: Episodes of a run's last trial in simulation.
_WATCHED = 32
_POLICY, _MINUTES = "policy.safetensors", "minutes"
#: s between two looks at the clock.
_TICK = 5.0


class Workshop:
    """Where a reproduction's datasets and policies are made and kept.

    Args:
        preset: what is reproduced.
        folder: of everything that is made.

    Raises:
        ConfigError: what is there was made with other settings.
    """

    def __init__(self, preset: Preset, folder: Path) -> None:
        self._preset, self._folder = preset, folder
        self._shelf = Shelf()
        keep_recipe(preset, folder, (folder / "policies").exists(), preset.tasks)

    def policy(self, recipe: Recipe) -> Path:
        """The file of the policy, which is trained if it is not there."""
        if recipe.is_base:
            return self._base(recipe.family)
        path = self._file(recipe)
        if not path.exists():
            folder = path.parent
            # What it needs is made before the clock starts.
            stage = self._stage_one if recipe.beta is None else self._stage_two
            train = stage(recipe, folder)
            with _clock(folder / _MINUTES):
                train()
        return path

    @property
    def fitted_twin(self) -> Path:
        """The domain that was fitted to real demonstrations; there once it was asked for."""
        return self._folder / "twin.yaml"

    def has(self, recipe: Recipe) -> bool:
        """Whether the policy is there."""
        return self._file(recipe).exists()

    def minutes(self, recipe: Recipe) -> float:
        """How long the last stage of a policy took to train, in all calls."""
        return _minutes(self._folder / "policies" / recipe.key / _MINUTES)

    def held_out_loss(self, recipe: Recipe, policy: Policy) -> float:
        """Supervised loss on real demonstrations that the recipe holds out."""
        held_out = self._preset.budget.held_out
        count = recipe.real_demos + held_out
        data = self._shelf.dataset(self._real(recipe.task), count).data
        _, frames = data.split(held_out)
        return held_out_loss(policy, ImageSource(data, policy.horizon), frames)

    def _file(self, recipe: Recipe) -> Path:
        if recipe.is_base:
            return self._base_file(recipe.family)
        return self._folder / "policies" / recipe.key / _POLICY

    def _base_file(self, family: str) -> Path:
        shipped = self._preset.base is None
        return BASES[family] if shipped else self._folder / "base" / f"{family}.safetensors"

    def _base(self, family: str) -> Path:
        preset, path = self._preset, self._base_file(family)
        if preset.base is not None and not path.exists():
            arms = [(task, arm) for arm in preset.arms for task in preset.tasks]
            datasets = [
                self._dataset(task, preset.wide, arm, preset.budget.wide, _WIDE_SEED)
                for task, arm in arms
            ]
            share = Share(held_out=preset.budget.held_out)
            pretrain(
                PretrainConfig(
                    path.parent,
                    tuple(datasets),
                    episodes=0,  # the main study tries it
                    share=share,
                    pointing=preset.sight,
                    acting=preset.base,
                )
            )
        return path

    def _stage_one(self, recipe: Recipe, folder: Path) -> Callable[[], object]:
        preset = self._preset
        settings, held_out = (
            replace(preset.sft[recipe.family], seed=recipe.seed),
            preset.budget.held_out,
        )
        if recipe.stage_one == "long":
            settings = replace(settings, steps=preset.long_steps[recipe.family][recipe.task])
        return partial(
            sft,
            SftConfig(
                out=folder,
                sim=None if recipe.stage_one == "real" else self._sim(recipe.task),
                real=self._real(recipe.task),
                policy=str(self._base(recipe.family)),
                alpha=1.0 if recipe.stage_one == "sim" else recipe.alpha,
                domain=self._twin(),
                watch=self._watch(settings.steps),
                real_episodes=recipe.real_demos + held_out,
                share=Share(held_out=held_out),
                imitation=settings,
            ),
            self._shelf,
        )

    def _stage_two(self, recipe: Recipe, folder: Path) -> Callable[[], object]:
        preset, settings = self._preset, self._preset.reinforce[recipe.family]
        held_out = preset.budget.held_out
        anchor = AnchorConfig(0.0)
        if recipe.beta:
            anchor = replace(settings.anchor, beta=recipe.beta)
        return partial(
            rlco,
            RlcoConfig(
                out=folder,
                policy=self.policy(recipe.start),
                real=self._real(recipe.task),
                real_episodes=recipe.real_demos + held_out,
                task=recipe.task,
                domain=recipe.twin or self._twin(),
                robot=preset.robot,
                share=Share(held_out=held_out),
                watch=self._watch(settings.iterations),
                reinforce=replace(settings, seed=recipe.seed, anchor=anchor),
            ),
            self._shelf,
        )

    def _watch(self, steps: int) -> WatchConfig:
        """One look at the end, for people; studies try policies in the real world."""
        return WatchConfig(every=steps, episodes=min(self._preset.budget.evaluation, _WATCHED))

    def _twin(self) -> str:
        """The domain of simulated demonstrations and rollouts, through the real camera."""
        preset, out = self._preset, self.fitted_twin
        if not preset.calibration:
            return preset.twin
        if not out.exists():
            lens = Domain.load(preset.real).typical().camera
            info = self._folder / "camera_info.yaml"
            # What the driver of a real camera says of it.
            about = lens.model_dump(mode="json", include={"width", "height", "k", "d"})
            write_text(info, yaml.safe_dump(about))
            fit(
                FitConfig(
                    camera_info=info,
                    demonstrations=tuple(self._real(task) for task in preset.tasks),
                    episodes=preset.calibration,
                    spread=preset.spread,
                    base=preset.twin,
                    robot=preset.robot,
                    out=out,
                )
            )
        return str(out)

    def _sim(self, task: str) -> Path:
        preset = self._preset
        return self._dataset(task, self._twin(), preset.robot, preset.budget.sim, _SIM_SEED)

    def _real(self, task: str) -> Path:
        preset = self._preset
        most = max([*preset.budget.real.values(), *self._efficiency(task)])
        count = most + preset.budget.held_out
        return self._dataset(task, preset.real, preset.robot, count, _REAL_SEED)

    def _efficiency(self, task: str) -> tuple[int, ...]:
        asked = task == "open_drawer" and "data_efficiency" in self._preset.studies
        return (100,) if asked else ()

    def _dataset(self, task: str, domain: str, arm: str, episodes: int, first_seed: int) -> Path:
        """The dataset, collected as far as it is not there."""
        path = self._folder / "datasets" / f"{task}-{Path(domain).stem}-{arm}"
        if not (path / "meta").exists() or len(Dataset.open(path).episodes) < episodes:
            # People begin at home.
            stray = 0.0 if domain == self._preset.real else _STRAY
            collect(
                CollectConfig(
                    path, episodes, first_seed, task, domain, arm, stray=stray, resume=True
                )
            )
        return path


def _minutes(path: Path) -> float:
    return float(path.read_text(encoding="utf-8")) if path.exists() else 0.0


@contextmanager
def _clock(path: Path) -> Iterator[None]:
    """Adds the minutes that pass inside to those in a file, all the while: what is stopped, even
    by a kill, goes on later.
    """
    before, started, over = _minutes(path), time.monotonic(), threading.Event()

    def note() -> None:
        write_text(path, f"{before + (time.monotonic() - started) / 60.0:.2f}\n")

    def tick() -> None:
        while not over.wait(_TICK):
            note()

    ticking = threading.Thread(target=tick, daemon=True)
    ticking.start()
    try:
        yield
    finally:
        over.set()
        ticking.join()
        note()
