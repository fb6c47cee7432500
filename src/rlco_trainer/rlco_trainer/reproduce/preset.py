# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What a reproduction runs, and with which settings: one YAML file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from rlco_core.config import locate
from rlco_trainer.inputs import keep_inputs, of_domain, of_file, of_robot
from rlco_trainer.learning.imitation import ImitationConfig
from rlco_trainer.learning.reinforce import ReinforceConfig
from rlco_trainer.policies.policy_file import BASES
from rlco_trainer.settings import keep_settings, read_settings
from rlco_trainer.stages.pretrain import POINTING

PRESETS = Path(__file__).parent / "presets"


@dataclass(frozen=True)
class Budget:
    """How much of everything there is; the same for every method.

    Attributes:
        wide, sim: episodes of each task in the wide domain (per arm) and in the twin.
        real: episodes of each task in the real world.
        held_out: more real episodes after those, which no method of the same budget trains on.
        evaluation: episodes per cell and seed.
    """

    wide: int = 300
    sim: int = 1_000
    real: Mapping[str, int] = field(default_factory=dict)
    held_out: int = 10
    evaluation: int = 100


@dataclass(frozen=True)
class Preset:
    """A reproduction.

    Attributes:
        studies: main, untimed, generalisation, ablation, data_efficiency, sensitivity, forgetting.
        tasks, families, seeds: of the main study.
        robot, arms: the arm of the studies; those of the base.
        twin, real, wide: domains; ``untimed``: the real one without its takt; ``unfitted``: a
            twin of which nothing is drawn or fitted.
        calibration: real demonstrations of each task, the first ones, from which the place of the
            twin's camera is found, as a lab would before anything else; 0 to leave it as it is.
        spread: how far off that may be, m, see ``FitConfig.spread``.
        budget: of data and episodes.
        alpha: share of simulated samples in Stage I.
        base: settings of Stage 0's experts, by family; none to start from the base that ships.
        sight: settings of its backbone.
        sft: settings of Stage I, by family.
        long_steps: of Stage I when it goes on for as long as Stage II takes, by family and task.
        reinforce: settings of Stage II, by family.
    """

    studies: tuple[str, ...] = ("main",)
    tasks: tuple[str, ...] = ("pick_place", "push_cube", "open_drawer", "close_drawer")
    families: tuple[str, ...] = ("token", "flow")
    seeds: tuple[int, ...] = (0, 1, 2)
    robot: str = "panda"
    arms: tuple[str, ...] = ("panda", "ur5e")
    twin: str = "twin_randomised"
    real: str = "stand_in"
    untimed: str = "stand_in_untimed"
    unfitted: str = "twin_timed"
    wide: str = "wide"
    calibration: int = 5
    spread: float = 0.01
    budget: Budget = field(default_factory=Budget)
    alpha: float = 0.5
    base: Mapping[str, ImitationConfig] | None = None
    sight: ImitationConfig = POINTING
    sft: Mapping[str, ImitationConfig] = field(default_factory=dict)
    long_steps: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    reinforce: Mapping[str, ReinforceConfig] = field(default_factory=dict)


def load_preset(name_or_path: str) -> Preset:
    """A shipped preset by its name, or any YAML file.

    Raises:
        ConfigError: it is neither, or a key or value does not fit.
    """
    return read_settings(Preset, locate("preset", name_or_path, PRESETS))


def keep_recipe(preset: Preset, folder: Path, begun: bool, tasks: Sequence[str] = ()) -> None:
    """Keeps how things in ``folder`` are made, and of what; which of them are made may change.

    Args:
        tasks: those that base and twin are made from.

    Raises:
        ConfigError: the folder was ``begun`` with other settings, domains, bases or tasks.
    """
    recipe = replace(preset, studies=(), tasks=(), families=(), seeds=())
    keep_settings(recipe, folder / "preset.yaml", begun)
    keep_inputs(folder, begun, _inputs(preset, tasks))


def _inputs(preset: Preset, tasks: Sequence[str]) -> dict[str, str]:
    """Digests of what results depend on beside settings, as domains and bases may be edited."""
    names = (preset.twin, preset.real, preset.untimed, preset.unfitted, preset.wide)
    found = {f"domain {name}": of_domain(name) for name in names}
    # Other arms than that of the studies are in the base alone.
    arms = {preset.robot, *(preset.arms if preset.base is not None else ())}
    found |= {f"robot {name}": of_robot(name) for name in sorted(arms)}
    if preset.base is None:
        found |= {f"base {family}": of_file(path) for family, path in BASES.items()}
    return {**found, **({"tasks": " ".join(sorted(tasks))} if tasks else {})}
