# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""From demonstrations to an evaluated bundle through the commands, and on from any interruption."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import av
import pytest
import torch
import yaml
from machine import files_at_most
from small import equal
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from rlco_core.bundle import load_bundle
from rlco_core.errors import ConfigError
from rlco_trainer import checkpoint, cli, evaluate, train_pretrain, train_rlco, train_sft
from rlco_trainer.export import ExportConfig, deployment, export
from rlco_trainer.policies.policy_file import About, load_policy

SIZE = {
    "backbone": {"width": 16, "channels": [8, 8], "dilations": [1, 2]},
    "layers": 2,
    "heads": 2,
    "horizon": 4,
    "execute": 2,
}
IMITATION = {"steps": 6, "batch": 8, "warm_up": 2, "checkpoint_every": 3, "average": 0.5}
SHARE = {"held_out": 1}
REINFORCE = {
    "iterations": 2,
    "envs": 2,
    "decisions": 3,
    "groups": 1,
    "batch": 3,
    "threads": 1,
    "anchor": {"beta": 0.2, "batch": 4},
}
Train = Callable[..., Path]


class Killed(BaseException):
    """As hard as a kill: nothing in training catches it."""


@contextmanager
def killed_after(last: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A run within dies as soon as its ``last`` checkpoint is written."""
    save, done = checkpoint.save, [0]

    def save_and_die(*arguments: object) -> None:
        save(*arguments)  # type: ignore[arg-type]
        done[0] += 1
        if done[0] == last:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "save", save_and_die)
        with pytest.raises(Killed):
            yield


def written(path: Path, settings: Mapping[str, object]) -> str:
    path.write_text(yaml.safe_dump(settings))
    return str(path)


@pytest.fixture(scope="module")
def pretrain(tmp_path_factory: pytest.TempPathFactory, dataset_root: Path) -> Train:
    """Stage 0 into a fresh directory, or on in one."""

    def run(out: Path | None = None) -> Path:
        out = out or tmp_path_factory.mktemp("pretrain")
        sizes = {"token": SIZE, "flow": {**SIZE, "horizon": 5}}
        acting = dict.fromkeys(("token", "flow"), IMITATION)
        settings = {**sizes, "pointing": IMITATION, "acting": acting, "share": SHARE}
        file = written(out / "settings.yaml", settings)
        words = ["--config", file, "--out", str(out), "--datasets", str(dataset_root)]
        train_pretrain.main([*words, "--threads", "1"])
        return out

    return run


@pytest.fixture(scope="module")
def base(pretrain: Train) -> Path:
    return pretrain()


@pytest.fixture(scope="module")
def sft(tmp_path_factory: pytest.TempPathFactory, base: Path, dataset_root: Path) -> Train:
    """Stage I, likewise; ``words`` come last."""

    def run(out: Path | None = None, words: Sequence[str] = ("--imitation.expert-only",)) -> Path:
        out = out or tmp_path_factory.mktemp("sft")
        settings = {
            "out": str(out),
            "sim": str(dataset_root),
            "real": str(dataset_root),
            "policy": str(base / "token.safetensors"),
            "alpha": 0.75,
            "real_episodes": 2,
            "threads": 1,
            "share": SHARE,
            "augment": {"copies": 2},
            "imitation": IMITATION,
        }
        train_sft.main(["--config", written(out / "settings.yaml", settings), *words])
        return out

    return run


@pytest.fixture(scope="module")
def first(sft: Train) -> Path:
    return sft()


@pytest.fixture(scope="module")
def reinforce(tmp_path_factory: pytest.TempPathFactory, first: Path, dataset_root: Path) -> Train:
    """Stage II, likewise."""

    def run(out: Path | None = None, words: Sequence[str] = ()) -> Path:
        out = out or tmp_path_factory.mktemp("reinforce")
        settings = {
            "out": str(out),
            "policy": str(first / "policy.safetensors"),
            "real": str(dataset_root),
            "share": SHARE,
            "augment": {"copies": 2},
            "evaluate_every": 2,
            "evaluation_episodes": 1,
            "reinforce": REINFORCE,
        }
        train_rlco.main(["--config", written(out / "settings.yaml", settings), *words])
        return out

    return run


@pytest.fixture(scope="module")
def second(reinforce: Train) -> Path:
    return reinforce()


def known(path: Path) -> About:
    return load_policy(path)[1]


def curve(root: Path, tag: str) -> list[tuple[int, float]]:
    events = EventAccumulator(str(root))
    events.Reload()
    return [(scalar.step, scalar.value) for scalar in events.Scalars(tag)]


def test_the_way_ends_in_a_bundle_that_is_evaluated(
    base: Path, first: Path, second: Path, tmp_path: Path
) -> None:
    about = known(second / "policy.safetensors")
    assert (about["tasks"], about["robots"], about["alpha"]) == ("push_cube", "panda", 0.75)
    assert (about["real_episodes"], about["stage"], about["beta"]) == (2, "rlco", 0.2)
    assert (about["iterations"], about["rollouts"]) == (2, 4)
    assert known(base / "flow.safetensors")["episodes"] == 3
    stages = [base / "token.safetensors", *(out / "policy.safetensors" for out in (first, second))]
    policies = [load_policy(path)[0] for path in stages]
    assert not equal(policies[0], policies[1])
    assert not equal(policies[1], policies[2])
    assert equal(policies[0].backbone, policies[2].backbone), "the base goes on seeing alike"
    where = deployment(ExportConfig(stages[-1], tmp_path / "bundle"), about)
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
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It dies after its ``last`` checkpoint; the base has two while it learns to point."""
    train: Train = request.getfixturevalue(stage)
    done = {"pretrain": "base", "sft": "first", "reinforce": "second"}
    whole: Path = request.getfixturevalue(done[stage])
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


def test_curves_of_the_watch_go_on_without_doubles(
    second: Path, reinforce: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It dies with its second iteration watched and not yet in a checkpoint."""
    save, due = checkpoint.save, [0]

    def save_or_die(*arguments: object) -> None:
        due[0] += 1
        if due[0] == 2:
            raise Killed
        save(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "save", save_or_die)
        with pytest.raises(Killed):
            reinforce(tmp_path)
    assert len(curve(tmp_path / "watch", "real/held_out_loss")) == 2
    reinforce(tmp_path)
    for tag in ("real/held_out_loss", "twin/success"):
        assert curve(tmp_path / "watch", tag) == curve(second / "watch", tag)


def test_an_evaluation_leaves_a_film_of_what_the_policy_saw(second: Path) -> None:
    assert [path.name for path in (second / "videos").iterdir()] == ["iteration_0002.mp4"]
    with av.open(str(second / "videos" / "iteration_0002.mp4")) as film:
        frames = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert frames[0].shape == (282, 256, 3)
    assert len(frames) > 1


def test_a_film_that_cannot_be_written_costs_no_iteration(
    second: Path, reinforce: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "videos").write_text("in the way")
    reinforce(tmp_path)
    assert "iteration_0002.mp4 cannot be written: " in capsys.readouterr().err
    files = [(out / "policy.safetensors") for out in (second, tmp_path)]
    assert equal(*(load_policy(file)[0] for file in files))


def test_a_full_disk_is_one_line_and_the_last_checkpoint_stays(
    first: Path,
    sft: Train,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "checkpoint.safetensors"
    with killed_after(1, monkeypatch):
        sft(tmp_path)
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
    assert path.read_bytes() == (first / "checkpoint.safetensors").read_bytes()


def test_a_finished_run_is_left_as_it_is_and_no_other_goes_on_there(
    first: Path, sft: Train
) -> None:
    before = (first / "policy.safetensors").read_bytes()
    sft(first)
    assert (first / "policy.safetensors").read_bytes() == before
    with pytest.raises(ConfigError, match=r"begun with other settings \(alpha\)"):
        sft(first, ["--imitation.expert-only", "--alpha", "0.5"])


def test_the_settings_of_a_run_are_beside_it_and_can_be_used_again(second: Path) -> None:
    settings = yaml.safe_load((second / "config.yaml").read_text())
    assert settings["reinforce"]["anchor"]["beta"] == 0.2
    assert settings["reinforce"]["gamma"] == 0.95
    train_rlco.main(["--config", str(second / "config.yaml")])


def test_an_unknown_key_stops_before_anything_is_read(tmp_path: Path) -> None:
    settings = {"out": "a", "policy": "b", "real": "c", "reinforce": {"anchor": {"betta": 0.1}}}
    file = written(tmp_path / "a.yaml", settings)
    with pytest.raises(ConfigError, match=r"reinforce\.anchor\.betta: unknown key; did you mean"):
        train_rlco.main(["--config", file])


@pytest.mark.parametrize("beta", ["0.0", "0.2"])
def test_the_loss_on_real_demonstrations_is_watched_with_or_without_the_anchor(
    beta: str, second: Path, reinforce: Train
) -> None:
    out = second if beta == "0.2" else reinforce(words=["--reinforce.anchor.beta", beta])
    losses = curve(out / "watch", "real/held_out_loss")
    assert [step for step, _ in losses] == [1, 2]
    assert torch.isfinite(torch.tensor(losses)).all()
    assert [step for step, _ in curve(out / "watch", "twin/success")] == [2]
    about = known(out / "policy.safetensors")
    assert about["stage"] == ("rlco" if beta == "0.2" else "rl")
