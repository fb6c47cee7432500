# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco reproduce: trains and tries every cell of the studies, and goes on where it was."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from rlco_core.bundle import MANIFEST_FILE, load_bundle
from rlco_trainer.arguments import parse, this_command
from rlco_trainer.bundles.export import ExportConfig, deployment, export
from rlco_trainer.code_version import code_version
from rlco_trainer.evaluation.results import wilson
from rlco_trainer.files import alone_in, remade, write_text
from rlco_trainer.inputs import of_file
from rlco_trainer.learning.trial import Trial
from rlco_trainer.policies.policy_file import load_policy
from rlco_trainer.reproduce.entries import kept_as
from rlco_trainer.reproduce.ledger import Ledger
from rlco_trainer.reproduce.plan import Cell, cells
from rlco_trainer.reproduce.preset import Preset, load_preset
from rlco_trainer.reproduce.workshop import Workshop

#: Far from every seed of training; a seed of training tries its own episodes.
_EVALUATION_SEED, _SEEDS_APART = 10_000, 1_000
_SIDE_BY_SIDE = 50
#: What a bundle says of the policy that it was made of.
_MADE_OF = "policy_digest"


@dataclass(frozen=True)
class ReproduceConfig:
    """The paper's studies at nano scale, with the stand-in as the real world.

    Attributes:
        preset: smoke (minutes), laptop (3 hours), full (days), or a YAML file of your own.
        work: directory of datasets and policies; a second call goes on there; runs/ and the
            preset's name if none is given.
        results: directory that gets one JSON file, a table and a plot for each study, and the twin
            that was fitted; cells that are in it are not done again, be it on another machine;
            the work's results/ if none is given.
        bundles: directory that gets the bundles of the main study's first seed, but for those
            of Stage I that went on for longer; none for none.
        cells: how many cells to finish in this call; 0 for all.
    """

    preset: str = "laptop"
    work: Path | None = None
    results: Path | None = None
    bundles: Path | None = None
    cells: int = 0


def reproduce(config: ReproduceConfig) -> None:
    """Finishes cells one by one; after each, results are as complete as they can be.

    Raises:
        RlcoError: the preset does not fit, or a training failed.
    """
    preset = load_preset(config.preset)
    work = config.work or Path("runs") / Path(config.preset).stem
    results = config.results or work / "results"
    with ExitStack() as alone:
        for folder in {work.resolve(), results.resolve()}:
            alone.enter_context(alone_in(folder))
        workshop, planned = Workshop(preset, work), cells(preset)
        ledger, console = Ledger(results, preset), Console()
        missing = ledger.missing(planned)
        _publish(config.bundles, results, preset, planned, workshop)
        for number, cell in enumerate(missing[: config.cells or None], 1):
            console.print(
                f"cell {number} of {len(missing)}: {cell.study}, {cell.method}, {cell.key}"
            )
            ledger.add(cell, try_out(cell, preset, workshop), planned)
            _publish(config.bundles, results, preset, planned, workshop)


def try_out(cell: Cell, preset: Preset, workshop: Workshop) -> dict[str, Any]:
    """The entry of a cell: its policy is trained if need be, and tried in the real domain."""
    recipe = cell.recipe
    policy, _ = load_policy(workshop.policy(recipe))
    policy.requires_grad_(False)
    torch.set_num_threads(1)
    first = _EVALUATION_SEED + _SEEDS_APART * recipe.seed
    seeds = range(first, first + preset.budget.evaluation)
    env = {"task": recipe.task, "domain": cell.domain, "robot": preset.robot}
    env |= {"split": cell.split}
    with Trial({**env, "execute": policy.execute}, min(_SIDE_BY_SIDE, len(seeds))) as trial:
        outcomes = trial.run(policy, seeds)
    successes = sum(outcome.success for outcome in outcomes)
    return {
        "family": recipe.family,
        "method": cell.method,
        "task": recipe.task,
        "domain": cell.domain,
        "split": cell.split,
        "seed": recipe.seed,
        "real_demos": recipe.real_used,
        "alpha": recipe.alpha_used,
        "beta": recipe.beta,
        "episodes": len(outcomes),
        "successes": successes,
        "ci95": list(wilson(successes, len(outcomes))),
        "held_out_real_loss": round(workshop.held_out_loss(recipe, policy), 4),
        "minutes": workshop.minutes(recipe),
        "command": this_command(),
        "version": code_version(),
    }


def _publish(
    bundles: Path | None,
    results: Path,
    preset: Preset,
    planned: Sequence[Cell],
    workshop: Workshop,
) -> None:
    """What goes beside the tables, as far as it is made: the fitted twin, and bundles of the main
    study's first seed; those that went on for longer would be too much for a repository.
    """
    if workshop.fitted_twin.exists():
        write_text(results / "twin.yaml", workshop.fitted_twin.read_text(encoding="utf-8"))
    if bundles is None:
        return
    for cell in planned:
        recipe = cell.recipe
        first = (cell.study, cell.domain, recipe.seed) == ("main", preset.real, preset.seeds[0])
        if not first or recipe.stage_one == "long":
            continue
        out = bundles / kept_as(recipe.family, cell.method, recipe.task)
        if workshop.has(recipe) and not _is_of(out, path := workshop.policy(recipe)):
            policy, about = load_policy(path)
            tasks = () if cell.method == "base" else (recipe.task,)
            where = deployment(ExportConfig(path, out, preset.robot, tasks, preset.twin), about)
            with remade(out, MANIFEST_FILE) as scratch:
                export(policy, scratch, where, {**about, _MADE_OF: of_file(path)})


def _is_of(bundle: Path, policy: Path) -> bool:
    """Whether there is a bundle of that policy; one that does not say is taken to be."""
    if not (bundle / MANIFEST_FILE).exists():
        return False
    return load_bundle(bundle).manifest.provenance.get(_MADE_OF) in (None, of_file(policy))


def main(arguments: Sequence[str]) -> None:
    """rlco reproduce"""
    reproduce(parse(ReproduceConfig, arguments, "reproduce"))
