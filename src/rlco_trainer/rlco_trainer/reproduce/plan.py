# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The studies as lists of cells: which policy, trained how, is tried on what."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Literal

from rlco_core.errors import ConfigError, choices
from rlco_sim.domain import Domain
from rlco_sim.tasks import task_class
from rlco_trainer.reproduce.preset import Preset

#: What Stage I is trained on; ``none`` is the base itself, ``long`` the mix for longer.
StageOne = Literal["none", "real", "sim", "co", "long"]


@dataclass(frozen=True)
class Recipe:
    """How a policy is made. Equal recipes are one policy, whichever studies ask for it.

    Attributes:
        family, task, seed: of the policy.
        stage_one: see ``StageOne``.
        real_demos: real demonstrations it may train on.
        alpha: share of simulated samples where Stage I mixes.
        beta: weight of the anchor in Stage II; None for no Stage II.
        twin: domain of Stage II where it is not the one that was fitted.
    """

    family: str
    task: str
    seed: int
    stage_one: StageOne
    real_demos: int
    alpha: float
    beta: float | None = None
    twin: str = ""

    @property
    def key(self) -> str:
        """A name for files."""
        parts = [self.family, self.task, self.stage_one]
        if self.stage_one in ("co", "long"):
            parts.append(f"alpha{self.alpha:g}")
        if self.stage_one != "none":
            parts.append(f"real{self.real_demos}")
        if self.beta is not None:
            parts.append(f"beta{self.beta:g}")
        if self.twin:
            parts.append(Path(self.twin).stem)
        return "-".join([*parts, f"seed{self.seed}"])

    @property
    def is_base(self) -> bool:
        """Whether it is the base as it is."""
        return self.stage_one == "none" and self.beta is None

    @property
    def real_used(self) -> int:
        """Real demonstrations that either stage trains on."""
        return self.real_demos if self.stage_one not in ("none", "sim") or self.beta else 0

    @property
    def alpha_used(self) -> float | None:
        """Share of simulated samples in Stage I; None for the base, which had none."""
        return {"none": None, "real": 0.0, "sim": 1.0}.get(self.stage_one, self.alpha)

    @property
    def start(self) -> Recipe:
        """The policy that Stage II starts from."""
        return replace(self, beta=None, twin="")


@dataclass(frozen=True)
class Cell:
    """One entry of a study: a policy, and the domain and split that it is tried on."""

    study: str
    method: str
    recipe: Recipe
    domain: str
    split: str = "train"

    @property
    def key(self) -> str:
        """A name for files."""
        return f"{self.recipe.key}-{Path(self.domain).stem}-{self.split}"


def cells(preset: Preset) -> list[Cell]:
    """All cells of the studies that ``preset`` names: seed by seed, what the main study's policies
    are tried on first, and task by task.

    Raises:
        ConfigError: a study is unknown, or the preset lacks what one needs.
    """
    stages = {"Stage I (sft)": preset.sft, "Stage II (reinforce)": preset.reinforce}
    for stage, settings in stages.items():
        if unknown := set(preset.families) - set(settings):
            raise ConfigError(f"the preset says nothing of {stage} for {choices(unknown)}")
    found: list[Cell] = []
    for study in preset.studies:
        if study not in STUDIES:
            raise ConfigError(f"study '{study}' is unknown; known: {choices(STUDIES)}")
        found += STUDIES[study](preset)
    families, seeds = list(preset.families), list(preset.seeds)
    return sorted(found, key=lambda cell: (seeds.index(cell.recipe.seed),
                                           cell.study not in ("main", "untimed", "generalisation"),
                                           families.index(cell.recipe.family),
                                           cell.recipe.task))  # fmt: skip


def _methods(
    preset: Preset, family: str, task: str, seed: int, demos: int = 0
) -> dict[str, Recipe]:
    """The methods of the main table for one task, family and seed."""
    real = demos or preset.budget.real.get(task, 20)
    co = Recipe(family, task, seed, "co", real, preset.alpha)
    return {
        "base": replace(co, stage_one="none"),
        "real_only": replace(co, stage_one="real"),
        "sft_co": co,
        "sft_co_long": replace(co, stage_one="long"),
        "rl": replace(co, beta=0.0),
        "rlco": replace(co, beta=preset.reinforce[family].anchor.beta),
    }


#: Weights of the anchor that studies compare.
_BETAS = (0.0, 0.05, 0.2, 1.0)
#: Methods that studies beside the main one compare.
_COMPARED = ("real_only", "sft_co", "rlco")


def _main(preset: Preset) -> Iterator[Cell]:
    wanted, known = product(preset.families, preset.tasks), preset.long_steps
    missing = [f"{family} {task}" for family, task in wanted if task not in known.get(family, {})]
    if missing:
        raise ConfigError(f"the preset's long_steps lack {choices(missing)}; the main study asks")
    for seed, family, task in product(preset.seeds, preset.families, preset.tasks):
        methods = _methods(preset, family, task, seed)
        base = methods.pop("base")
        if seed == preset.seeds[0]:  # it has but one
            yield Cell("main", "base", base, preset.real)
            yield Cell("main", "base_in_twin", base, preset.twin)
        for method, recipe in methods.items():
            yield Cell("main", method, recipe, preset.real)


def _untimed(preset: Preset) -> Iterator[Cell]:
    """The first seed of the main study with all the time that tasks allow."""
    timed = _timed(preset)
    for cell in _main(replace(preset, seeds=preset.seeds[:1])):
        if cell.domain == preset.real:
            domain = preset.untimed if cell.recipe.task in timed else preset.real
            yield replace(cell, study="untimed", domain=domain)


def _timed(preset: Preset) -> Collection[str]:
    """The tasks that have a takt to keep in the real world."""
    return Domain.load(preset.real).typical().timing.takt


def _generalisation(preset: Preset) -> Iterator[Cell]:
    """With the takt and without: one that is just right may be too short from farther away."""
    family, timed = preset.families[0], _timed(preset)
    for seed, task in product(preset.seeds, preset.tasks):
        methods = _methods(preset, family, task, seed)
        domains = (preset.real, preset.untimed) if task in timed else (preset.real,)
        tried = product(_COMPARED, domains, task_class(task).splits)
        for method, domain, split in tried:
            yield Cell("generalisation", method, methods[method], domain, split)


def _ablation(preset: Preset) -> Iterator[Cell]:
    """Real data in Stage I, in Stage II; and Stage I without simulated demonstrations."""
    family = preset.families[0]
    beta = preset.reinforce[family].anchor.beta
    for seed, task in product(preset.seeds, ("pick_place",)):
        co = _methods(preset, family, task, seed)["sft_co"]
        sim, real = replace(co, stage_one="sim"), replace(co, stage_one="real")
        for first, one in (("no", sim), ("yes", co)):
            for second, weight in (("no", 0.0), ("yes", beta)):
                name = f"stage_one_{first}_stage_two_{second}"
                yield Cell("ablation", name, replace(one, beta=weight), preset.real)
        yield Cell("ablation", "real_only_then_rlco", replace(real, beta=beta), preset.real)
        yield Cell("ablation", "real_only_then_rl", replace(real, beta=0.0), preset.real)


def _data_efficiency(preset: Preset) -> Iterator[Cell]:
    family = preset.families[0]
    for seed, demos in product(preset.seeds, (5, 10, 20, 50, 100)):
        methods = _methods(preset, family, "open_drawer", seed, demos)
        for method in _COMPARED:
            yield Cell("data_efficiency", method, methods[method], preset.real)


def _sensitivity(preset: Preset) -> Iterator[Cell]:
    family = preset.families[0]
    for seed, task in product(preset.seeds, ("pick_place", "open_drawer")):
        co = _methods(preset, family, task, seed)["sft_co"]
        for alpha in (0.0, 0.25, 0.5, 0.75, 0.95):
            mixed = replace(co, stage_one="real") if alpha == 0.0 else replace(co, alpha=alpha)
            yield Cell("sensitivity", "sft_co", mixed, preset.real)
        for beta in _BETAS:
            yield Cell("sensitivity", "rlco", replace(co, beta=beta), preset.real)


def _forgetting(preset: Preset) -> Iterator[Cell]:
    """What reward unlearns of the real world where the twin is unlike it, and what an anchor
    keeps; beside it the same in the twin that was fitted.
    """
    for seed in preset.seeds:
        co = _methods(preset, preset.families[0], "open_drawer", seed)["sft_co"]
        yield Cell("forgetting", "sft_co", co, preset.real)
        for beta, twin in product(_BETAS, ("", preset.unfitted)):
            name = "rlco_unfitted_twin" if twin else "rlco"
            yield Cell("forgetting", name, replace(co, beta=beta, twin=twin), preset.real)


STUDIES: Mapping[str, Callable[[Preset], Iterator[Cell]]] = {
    "main": _main,
    "untimed": _untimed,
    "generalisation": _generalisation,
    "ablation": _ablation,
    "data_efficiency": _data_efficiency,
    "sensitivity": _sensitivity,
    "forgetting": _forgetting,
}
