# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The studies: which cells there are, which policies they share, and what a table says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rlco_core.errors import ConfigError, RlcoError
from rlco_sim.domain import Domain
from rlco_trainer.files import alone_in
from rlco_trainer.learning.imitation import ImitationConfig
from rlco_trainer.learning.reinforce import ReinforceConfig
from rlco_trainer.reproduce import workshop
from rlco_trainer.reproduce.layouts import LAYOUTS, Bars, Lines
from rlco_trainer.reproduce.ledger import Ledger
from rlco_trainer.reproduce.plan import STUDIES, cells
from rlco_trainer.reproduce.plots import plot
from rlco_trainer.reproduce.preset import load_preset
from rlco_trainer.reproduce.run import ReproduceConfig, reproduce
from rlco_trainer.reproduce.tables import table, write_report
from rlco_trainer.reproduce.workshop import Workshop
from rlco_trainer.settings import write_settings


@pytest.mark.parametrize("name", ["smoke", "laptop", "full"])
def test_every_preset_plans_the_six_methods_on_each_of_its_tasks(name: str) -> None:
    preset = load_preset(name)
    main = [cell for cell in cells(preset) if cell.study == "main"]
    methods = {"base", "base_in_twin", "real_only", "sft_co", "sft_co_long", "rl", "rlco"}
    for task in preset.tasks:
        assert {cell.method for cell in main if cell.recipe.task == task} == methods


def test_a_policy_is_trained_once_for_all_studies() -> None:
    preset = load_preset("full")
    planned = cells(preset)
    wanted = {cell.key for cell in planned}
    assert "flow-pick_place-co-alpha0.5-real50-beta0.05-seed0-stand_in-train" in wanted
    assert "token-pick_place-co-alpha0.5-real50-beta0.05-seed0-stand_in-train" in wanted
    assert {cell.study for cell in planned} == set(preset.studies)
    by_key = {cell.key: (cell.recipe, cell.domain, cell.split) for cell in planned}
    assert all(by_key[c.key] == (c.recipe, c.domain, c.split) for c in planned)


def test_an_unknown_study_is_refused() -> None:
    with pytest.raises(ConfigError, match="study 'mian' is unknown; known: 'ablation'"):
        cells(replace(load_preset("smoke"), studies=("mian",)))


def test_a_family_without_settings_is_refused_before_hours_of_training() -> None:
    preset = replace(load_preset("smoke"), families=("token", "flow"))
    with pytest.raises(ConfigError, match=r"nothing of Stage I \(sft\) for 'flow'"):
        cells(preset)
    first = {family: ImitationConfig() for family in preset.families}
    with pytest.raises(ConfigError, match=r"nothing of Stage II \(reinforce\) for 'flow'"):
        cells(replace(preset, sft=first))
    second = {family: ReinforceConfig() for family in preset.families}
    with pytest.raises(ConfigError, match="the preset's long_steps lack 'flow close_drawer'"):
        cells(replace(preset, sft=first, reinforce=second))


def test_a_table_joins_seeds_and_leaves_out_the_mean_of_unfinished_rows(tmp_path: Path) -> None:
    def entry(method: str, task: str, seed: int, successes: int) -> dict[str, object]:
        known = {"family": "token", "method": method, "task": task, "seed": seed}
        return {
            **known,
            "successes": successes,
            "episodes": 100,
            "domain": "stand_in",
            "command": "rlco reproduce",
            "held_out_real_loss": 0.5,
        }

    entries = [entry("rlco", "a", 0, 80), entry("rlco", "a", 1, 100), entry("rlco", "b", 0, 50)]
    entries.append(entry("rl", "a", 0, 10))
    text = table("main", entries)
    assert "| token | rlco | 90 [85, 93] | 50 [40, 60] | 70.0 | 0.500 |" in text
    assert "| token | rl | 10 [6, 17] |  |  |  |" in text
    assert text.endswith("Versions of the code: not noted (4 cells).\n")
    entries[0]["version"] = "abc"
    assert "Versions of the code: abc (1 cells), not noted (3 cells)." in table("main", entries)
    assert "| token | rlco - rl | 1 | +70.0 [+58.4, +78.0] | +70.0 |" in text, "where both are done"
    write_report("main", entries, tmp_path)
    assert (tmp_path / "main.png").read_bytes().startswith(b"\x89PNG")


def test_generalisation_says_what_each_split_costs_each_method_where_both_were_tried() -> None:
    def entry(method: str, task: str, split: str, successes: int) -> dict[str, object]:
        what = {"method": method, "task": task, "split": split, "domain": "stand_in"}
        rest = {"episodes": 100, "command": "rlco", "held_out_real_loss": 0.5}
        return {"family": "flow", "seed": 0, "successes": successes, **what, **rest}

    entries = [entry("rlco", "a", "train", 90), entry("rlco", "a", "unseen_states", 70)]
    entries += [entry("rlco", "b", "train", 10), entry("sft_co", "a", "unseen_states", 70)]
    lines = table("generalisation", entries).splitlines()
    (found,) = [line for line in lines if line.startswith("| stand_in | unseen_states | rlco")]
    assert found == "| stand_in | unseen_states | rlco | 1 | -20.0 [-30.6, -9.0] |", "a alone"


def test_studies_over_a_quantity_are_drawn_as_lines_beside_what_has_none() -> None:
    def entry(method: str, beta: float | None, successes: int) -> dict[str, object]:
        return {"method": method, "beta": beta, "successes": successes, "episodes": 100}

    found = [entry("rlco", 1.0, 20), entry("rlco", 0.0, 50), entry("rlco", 0.0, 70)]
    figure = plot([*found, entry("sft_co", None, 40)], LAYOUTS["forgetting"].drawn)
    (axes,) = figure.axes
    rlco, level = axes.get_lines()
    assert list(rlco.get_ydata()) == [60.0, 20.0]
    assert list(level.get_ydata()) == [40.0, 40.0]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["0", "1"]
    others = Lines("beta", (), {"method": "rl"})
    (bars,) = plot(found, (others, Bars("beta", ("method",)))).axes
    assert [bar.get_height() for bar in bars.patches] == [20.0, 60.0]


def test_every_study_has_a_layout() -> None:
    assert LAYOUTS.keys() == STUDIES.keys()


def test_finished_cells_are_known_to_a_later_call_and_shared_by_studies(tmp_path: Path) -> None:
    preset = replace(load_preset("full"), seeds=(0,), families=("token",))
    planned, entry = cells(preset), {"family": "token", "task": "pick_place", "split": "train"}
    entry |= {"seed": 0, "successes": 9, "episodes": 10, "domain": "stand_in", "command": "rlco"}
    entry["held_out_real_loss"] = 1.0
    ledger = Ledger(tmp_path, preset)
    first = ledger.missing(planned)
    assert len({cell.key for cell in first}) == len(first)
    cell = next(c for c in first if c.method == "sft_co" and c.recipe.task == "pick_place")
    full = {**entry, "method": "sft_co", "alpha": 0.5, "beta": None, "real_demos": 50}
    ledger.add(cell, full, planned)
    later = Ledger(tmp_path, preset).missing(planned)
    assert [c.key for c in later] == [c.key for c in first if c.key != cell.key]
    for study in ("main", "generalisation", "sensitivity"):
        assert cell.key in (tmp_path / f"{study}.json").read_text()
    assert not (tmp_path / "data_efficiency.json").exists()


def test_results_of_other_settings_are_not_gone_on_with(tmp_path: Path) -> None:
    preset = load_preset("smoke")
    known = ("cell", "family", "method", "task", "domain", "split", "command")
    entry = {**dict.fromkeys(known, "x"), "seed": 0, "episodes": 1, "successes": 1}
    (tmp_path / "main.json").write_text(json.dumps([entry]))
    Ledger(tmp_path, preset)
    with pytest.raises(ConfigError, match=r"other settings \(alpha\)"):
        Ledger(tmp_path, replace(preset, alpha=0.25))
    for broken in ("{}}", "{}", "[1]", '[{"cell": "x"}]'):
        (tmp_path / "main.json").write_text(broken)
        with pytest.raises(ConfigError, match=r"main\.json is not a file of results"):
            Ledger(tmp_path, preset)


def test_things_of_other_domains_or_tasks_are_not_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    smoke = load_preset("smoke")
    (tmp_path / "policies").mkdir()
    Workshop(smoke, tmp_path)
    Workshop(replace(smoke, seeds=(5,)), tmp_path)
    with pytest.raises(ConfigError, match=r"begun with other inputs \(tasks\)"):
        Workshop(replace(smoke, tasks=("close_drawer", "open_drawer")), tmp_path)
    stand_in = Domain.load("stand_in")
    edited = replace(stand_in, values={**stand_in.values, "physics": {"table_friction": 0.9}})
    load = Domain.load
    monkeypatch.setattr(Domain, "load", lambda name: edited if name == "stand_in" else load(name))
    with pytest.raises(ConfigError, match=r"other inputs \(domain stand_in\)"):
        Workshop(smoke, tmp_path)


def test_two_reproductions_do_not_share_a_folder(tmp_path: Path) -> None:
    config = ReproduceConfig("smoke", work=tmp_path / "work", cells=1)
    with alone_in(tmp_path / "work" / "results"), pytest.raises(RlcoError, match="is in use by"):
        reproduce(config)
    assert not (tmp_path / "work" / "policies").exists()


def test_results_may_be_where_the_work_is(tmp_path: Path) -> None:
    smoke = load_preset("smoke")
    write_settings(replace(smoke, studies=()), tmp_path / "nothing.yaml")
    work = tmp_path / "work"
    reproduce(ReproduceConfig(str(tmp_path / "nothing.yaml"), work=work, results=work))
    assert (work / "preset.yaml").exists()


def test_an_error_of_ones_own_is_not_taken_for_a_folder_in_use(tmp_path: Path) -> None:
    with pytest.raises(BlockingIOError), alone_in(tmp_path):
        raise BlockingIOError
    with alone_in(tmp_path):
        pass


def test_minutes_of_training_add_up_over_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = iter([0.0, 90.0, 1000.0, 1030.0])
    monkeypatch.setattr(workshop.time, "monotonic", lambda: next(readings))
    with pytest.raises(KeyboardInterrupt), workshop._clock(tmp_path / "minutes"):
        raise KeyboardInterrupt
    assert (tmp_path / "minutes").read_text() == "1.50\n"
    with workshop._clock(tmp_path / "minutes"):
        pass
    assert (tmp_path / "minutes").read_text() == "2.00\n"
