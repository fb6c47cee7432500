# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco eval with policies of our own: which episodes run, what they are told, what fits."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from stub_policies import ScriptedPolicy

from rlco_core.bundle import Bundle, load_bundle
from rlco_core.contract import Contract
from rlco_core.errors import ConfigError, ContractMismatch, RlcoError
from rlco_policy.shipped import shipped_bundle
from rlco_sim.tasks.push_cube import named_colour
from rlco_trainer.demonstrations.demonstrate import Demonstration
from rlco_trainer.evaluation import evaluate as evaluating
from rlco_trainer.evaluation.config import EvalConfig
from rlco_trainer.evaluation.evaluate import check_fit, evaluate, main
from rlco_trainer.evaluation.results import EvaluationResult

Use = Callable[[ScriptedPolicy], ScriptedPolicy]
SHORT = EvalConfig(episodes=3, seed=20, max_steps=3)


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Use:
    """Puts a policy in the place of ONNX Runtime."""

    def use(policy: ScriptedPolicy) -> ScriptedPolicy:
        monkeypatch.setattr(evaluating, "opened_policy", lambda bundle, config: policy)
        return policy

    return use


def test_seeds_count_up_and_every_episode_has_its_row(use: Use, contract: Contract) -> None:
    use(ScriptedPolicy(contract))
    evaluation = evaluate(SHORT)
    result = evaluation.result
    assert [episode.seed for episode in result.episodes] == [20, 21, 22]
    assert [trace.seed for trace in evaluation.traces] == [20, 21, 22]
    assert {(e.steps, e.stop_reason, e.success) for e in result.episodes} == {
        (3, "step_limit", False)
    }
    assert [e.subject for e in result.episodes] == [
        named_colour(e.instruction) for e in result.episodes
    ]
    assert (result.overall.successes, result.latency_ms.count) == (0, 3)
    assert result.decisions_per_second > 0.0


def test_a_success_is_counted(use: Use, contract: Contract, demonstration: Demonstration) -> None:
    use(ScriptedPolicy(contract, demonstration.actions))
    result = evaluate(EvalConfig(episodes=1, seed=demonstration.seed)).result
    assert (result.overall.successes, result.episodes[0].stop_reason) == (1, "success")
    assert result.by_instruction.keys() == {demonstration.subject}
    assert result.by_instruction[demonstration.subject].successes == 1


def test_the_result_says_what_was_run(use: Use, contract: Contract) -> None:
    use(ScriptedPolicy(contract))
    result = evaluate(SHORT).result
    assert (result.task, result.domain, result.robot) == ("push_cube", "twin", "panda")
    assert (result.split, result.policy) == ("train", "bundle")
    assert result.mode == "in_process"
    assert result.bundle_sha256 == load_bundle(shipped_bundle()).sha256
    assert result.versions.keys() >= {"rlco_trainer", "onnxruntime", "pybullet"}
    assert result.command.startswith("rlco")


def test_an_instruction_of_ones_own_is_what_all_episodes_are_told(
    use: Use, contract: Contract
) -> None:
    policy = use(ScriptedPolicy(contract))
    result = evaluate(replace(SHORT, instruction="shove the BLUE one")).result
    assert {episode.instruction for episode in result.episodes} == {"shove the BLUE one"}
    assert {episode.subject for episode in result.episodes} == {"blue"}
    assert {observation.instruction for observation in policy.seen} == {"shove the BLUE one"}


def test_swapped_instructions_differ_by_one_colour_in_the_same_scene(
    use: Use, contract: Contract
) -> None:
    policy = use(ScriptedPolicy(contract))
    plain = evaluate(SHORT).result.episodes
    pictures = [observation.images["front"] for observation in policy.seen]
    policy.seen.clear()
    swapped = evaluate(replace(SHORT, swap_instruction=True)).result.episodes
    following = {"red": "green", "green": "blue", "blue": "red"}
    for before, after, picture, seen in zip(plain, swapped, pictures, policy.seen, strict=True):
        assert after.subject == following[before.subject]
        assert after.instruction == before.instruction.replace(before.subject, after.subject)
        assert seen.instruction == after.instruction
        assert (seen.images["front"] == picture).all()


def edited(change: Callable[[dict[str, Any]], None]) -> Bundle:
    """The shipped bundle with another contract."""
    bundle = load_bundle(shipped_bundle())
    plain = bundle.contract.model_dump(mode="json")
    change(plain)
    manifest = bundle.manifest.model_copy(update={"contract": Contract.parse(plain)})
    return replace(bundle, manifest=manifest)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda c: c.update(robot="ur5e"), "robot: bundle has 'ur5e', scene has 'panda'"),
        (lambda c: c.update(tasks=["stack"]), "tasks: bundle has ['stack'], scene has ['push_c"),
        (
            lambda c: c["cameras"][0].update(name="wrist"),
            "cameras[0].name: bundle has 'wrist', scene has 'front'",
        ),
        (
            lambda c: c["cameras"][0].update(height=96),
            "camera front: bundle has 64 x 96, scene has 64 x 64",
        ),
        (lambda c: c["cameras"].append({**c["cameras"][0], "name": "wrist"}), "cameras: bundle "),
        (lambda c: c["action"].update(dt=0.1), "action.dt: bundle has 0.1, scene has 0.05"),
    ],
    ids=["robot", "task", "camera", "size", "cameras", "dt"],
)
def test_a_bundle_that_does_not_fit_is_refused_by_the_line_that_differs(
    change: Callable[[dict[str, Any]], None], line: str
) -> None:
    with pytest.raises(ContractMismatch) as caught:
        check_fit(edited(change), EvalConfig())
    text = str(caught.value)
    assert text.startswith(f"the bundle does not fit the scene: {line}")
    assert text.count("bundle has") == 1
    assert "\n" not in text


def test_all_that_differs_is_named_at_once() -> None:
    def change(contract: dict[str, Any]) -> None:
        contract["robot"] = "ur5e"
        contract["action"]["dt"] = 0.1

    with pytest.raises(ContractMismatch, match=r"robot: .*; action\.dt: "):
        check_fit(edited(change), EvalConfig())


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ({"task": "juggle"}, "unknown task 'juggle'"),
        ({"domain": "mars"}, "domain 'mars' is neither"),
        ({"robot": "r2d2"}, "robot 'r2d2' is neither"),
        ({"split": "test"}, "task 'push_cube' has no split 'test'"),
        ({"episodes": 0}, "--episodes must be at least 1"),
        ({"seed": -1}, "--seed and --max-steps not negative"),
        ({"max_steps": -1}, "--seed and --max-steps not negative"),
        ({"bundle": Path("/nowhere")}, "/nowhere: no such bundle"),
    ],
)
def test_foul_settings_are_refused_before_a_policy_is_loaded(
    monkeypatch: pytest.MonkeyPatch, setting: dict[str, Any], line: str
) -> None:
    monkeypatch.delattr(evaluating, "opened_policy")
    with pytest.raises(RlcoError, match=line):
        evaluate(EvalConfig(**setting))


def test_an_instruction_that_cannot_be_judged_is_refused(use: Use, contract: Contract) -> None:
    use(ScriptedPolicy(contract))
    with pytest.raises(ConfigError, match="must name exactly one of"):
        evaluate(replace(SHORT, instruction="push the pink cube"))


def test_a_domain_of_ones_own_is_taken_by_its_path(
    use: Use, contract: Contract, tmp_path: Path
) -> None:
    policy = use(ScriptedPolicy(contract))
    path = tmp_path / "night.yaml"
    path.write_text("extends: twin\nname: night\nlooks: {table: {colour: [0.0, 0.0, 0.0]}}\n")
    for domain in ("twin", str(path)):
        assert evaluate(replace(SHORT, episodes=1, domain=domain)).result.domain == domain
    twin, night = (observation.images["front"] for observation in policy.seen)
    assert night.mean() < twin.mean() - 10.0


def test_the_command_shows_a_table_and_writes_json(
    use: Use, contract: Contract, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    use(ScriptedPolicy(contract))
    path = tmp_path / "new" / "result.json"
    main(["--episodes", "2", "--seed", "20", "--max-steps", "4", "--json", str(path)])
    shown = capsys.readouterr().out
    assert "push_cube" in shown
    assert "95% interval" in shown
    result = EvaluationResult.from_json(json.loads(path.read_text()))
    assert [episode.seed for episode in result.episodes] == [20, 21]
