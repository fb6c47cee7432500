# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""From demonstrations to an evaluated bundle through the commands, and on from any interruption."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from machine import files_at_most, killed_after
from small import equal
from stages import Stages, written

from rlco_core.bundle import load_bundle
from rlco_core.errors import ConfigError
from rlco_trainer import cli
from rlco_trainer.bundles.export import ExportConfig, deployment, export
from rlco_trainer.evaluation import evaluate
from rlco_trainer.policies.policy_file import About, load_policy
from rlco_trainer.stages import pretrain as train_pretrain
from rlco_trainer.stages import rlco as train_rlco


def known(path: Path) -> About:
    return load_policy(path)[1]


def test_the_way_ends_in_a_bundle_that_is_evaluated(stages: Stages, tmp_path: Path) -> None:
    about = known(stages.second / "policy.safetensors")
    assert (about["tasks"], about["robots"], about["alpha"]) == ("push_cube", "panda", 0.75)
    assert (about["stage"], about["beta"]) == ("rlco", 0.2)
    assert (about["iterations"], about["rollouts"]) == (2, 4)
    assert known(stages.base / "flow.safetensors")["episodes"] == 3
    files = [
        stages.base / "token.safetensors",
        *(out / "policy.safetensors" for out in (stages.first, stages.second)),
    ]
    policies = [load_policy(path)[0] for path in files]
    assert not equal(policies[0], policies[1])
    assert not equal(policies[1], policies[2])
    assert equal(policies[0].backbone, policies[2].backbone), "the base goes on seeing alike"
    where = deployment(ExportConfig(files[-1], tmp_path / "bundle"), about)
    export(policies[2], tmp_path / "bundle", where, about)
    words = ["--bundle", str(tmp_path / "bundle"), "--episodes", "1", "--max-steps", "6"]
    evaluate.main([*words, "--json", str(tmp_path / "result.json")])
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["bundle_sha256"] == load_bundle(tmp_path / "bundle").sha256
    assert result["episodes"][0]["steps"] == 6


@pytest.mark.parametrize(
    ("stage", "last"), [("pretrain", 1), ("pretrain", 3), ("sft", 1), ("reinforce", 1)]
)
def test_a_stage_that_was_interrupted_ends_as_one_that_was_not(
    stage: str,
    last: int,
    stages: Stages,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It dies after its ``last`` checkpoint; the base has two while it learns to point."""
    train = getattr(stages, stage)
    done = {"pretrain": "base", "sft": "first", "reinforce": "second"}
    whole: Path = getattr(stages, done[stage])
    with killed_after(last, monkeypatch):
        train(tmp_path)
    assert {file.stem for file in tmp_path.rglob("*.safetensors")} == {"checkpoint"}
    train(tmp_path)
    for name in ["token", "flow"] if stage == "pretrain" else ["policy"]:
        one, other = (load_policy(out / f"{name}.safetensors")[0] for out in (whole, tmp_path))
        assert equal(one, other)
    files = list(whole.rglob("checkpoint.safetensors"))
    assert len(files) == (3 if stage == "pretrain" else 1)
    for file in files:
        assert file.read_bytes() == (tmp_path / file.relative_to(whole)).read_bytes()


def test_a_full_disk_is_one_line_and_the_last_checkpoint_stays(
    stages: Stages,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "checkpoint.safetensors"
    with killed_after(1, monkeypatch):
        stages.sft(tmp_path)
    before = path.read_bytes()
    words = ["train", "sft", "--config", str(tmp_path / "config.yaml")]
    with files_at_most(len(before) // 2):
        assert cli.main(words) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"rlco train sft: {path} cannot be written: ")
    assert "File too large" in line
    assert line.endswith("; the one before is kept")
    assert path.read_bytes() == before
    assert cli.main(words) == 0
    assert path.read_bytes() == (stages.first / "checkpoint.safetensors").read_bytes()


def test_a_finished_run_is_left_as_it_is_and_no_other_goes_on_there(stages: Stages) -> None:
    before = (stages.first / "policy.safetensors").read_bytes()
    stages.sft(stages.first)
    assert (stages.first / "policy.safetensors").read_bytes() == before
    with pytest.raises(ConfigError, match=r"begun with other settings \(alpha\)"):
        stages.sft(stages.first, ["--imitation.expert-only", "--alpha", "0.5"])


def test_the_settings_of_a_run_are_beside_it_and_can_be_used_again(stages: Stages) -> None:
    settings = yaml.safe_load((stages.second / "config.yaml").read_text())
    assert settings["reinforce"]["anchor"]["beta"] == 0.2
    assert settings["reinforce"]["gamma"] == 0.95
    train_rlco.main(["--config", str(stages.second / "config.yaml")])


def test_an_unknown_key_stops_before_anything_is_read(tmp_path: Path) -> None:
    settings = {"out": "a", "policy": "b", "real": "c", "reinforce": {"anchor": {"betta": 0.1}}}
    file = written(tmp_path / "a.yaml", settings)
    with pytest.raises(ConfigError, match=r"reinforce\.anchor\.betta: unknown key; did you mean"):
        train_rlco.main(["--config", file])


def test_a_family_that_there_is_not_stops_stage_0_before_anything_is_read(tmp_path: Path) -> None:
    file = written(tmp_path / "a.yaml", {"acting": {"flown": {"steps": 1}}})
    with pytest.raises(ConfigError, match="no family is 'flown', but "):
        train_pretrain.main(["--config", file, "--out", str(tmp_path), "--datasets", "nowhere"])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--task", "open_drawer"], "--task is open_drawer, but the demonstrations are of push_cu"),
        (["--robot", "ur5e"], "--robot is ur5e, but the demonstrations are of panda"),
    ],
)
def test_stage_two_is_of_the_task_and_arm_of_its_demonstrations(
    words: list[str], told: str, stages: Stages, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=told):
        stages.reinforce(tmp_path, words)
    assert not (tmp_path / "policy.safetensors").exists()


def test_a_policy_says_what_it_was_trained_on(stages: Stages) -> None:
    about = known(stages.second / "policy.safetensors")
    assert (about["real_episodes"], about["anchor_episodes"]) == (1, 2), "none that is held out"
    assert (about["tasks"], about["robots"]) == ("push_cube", "panda")
    assert about["rollout_domain"] == "twin"
