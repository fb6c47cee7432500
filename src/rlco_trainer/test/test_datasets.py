# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Datasets as training takes them: whole, in order, with scales that the robot can keep."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from small import new

from rlco_core.errors import ConfigError, DatasetError
from rlco_core.proprioception import COLUMNS
from rlco_core.robot import RobotConfig
from rlco_core.types import ACTION_COLUMNS
from rlco_sim.session import DT
from rlco_trainer.demonstrations.demonstrate import Demonstration
from rlco_trainer.learning.datasets import Loaded, Share, fit, load, portions
from rlco_trainer.learning.sources import ImageSource, Mixture, together
from rlco_trainer.lerobot import DatasetWriter, Features


def test_frames_are_loaded_as_they_were_recorded(
    loaded: Loaded, demonstration: Demonstration
) -> None:
    data, length = loaded.data, len(demonstration.actions)
    ends = np.repeat([length, 2 * length, 3 * length], length)
    assert data.episode_ends.tolist() == ends.tolist()
    assert (data.actions[length : 2 * length] == demonstration.actions).all()
    assert (data.states[:length] == demonstration.states).all()
    # Images went through a lossy video.
    error = np.abs(data.images[:length].astype(int) - demonstration.images).mean()
    assert error < 4.0


def test_a_dataset_says_what_it_is_of(loaded: Loaded) -> None:
    assert (loaded.robot, loaded.task, loaded.domain) == ("panda", "push_cube", "twin")


def test_the_first_episodes_can_be_asked_for(dataset_root: Path, loaded: Loaded) -> None:
    two = load(dataset_root, 2).data
    count = 2 * len(loaded.data.actions) // 3
    assert len(two.actions) == len(two.images) == len(two.states) == count
    assert (two.actions == loaded.data.actions[:count]).all()
    assert len(np.unique(two.episode_ends)) == 2
    assert len(load(dataset_root, 3).data.actions) == len(loaded.data.actions)


def test_more_episodes_than_there_are_are_refused(dataset_root: Path) -> None:
    with pytest.raises(DatasetError, match="has 3 episodes; 4 needed"):
        load(dataset_root, 4)
    with pytest.raises(DatasetError, match=r"-5 episodes of .* make no sense; 0 is for all"):
        load(dataset_root, -5)


def write_views(root: Path, cameras: int, episodes: int = 1) -> None:
    names = [f"camera_{index}" for index in range(cameras)]
    features = Features(dict.fromkeys(names, (8, 8)), ("x",), ("dx",), {})
    row, image = np.zeros((1, 1), np.float32), np.zeros((1, 8, 8, 3), np.uint8)
    with DatasetWriter(root, robot_type="panda", fps=20, features=features) as writer:
        for _ in range(episodes):
            writer.add_episode(dict.fromkeys(names, image), row, row, "push", {})


def test_a_dataset_with_two_cameras_is_refused(tmp_path: Path) -> None:
    write_views(tmp_path, 2)
    with pytest.raises(DatasetError, match="has 2 cameras; policies see exactly one"):
        load(tmp_path)


def test_a_dataset_of_another_proprioception_is_refused(tmp_path: Path) -> None:
    write_views(tmp_path, 1)
    with pytest.raises(DatasetError, match="has states of 1 numbers; policies see 17: x, y, z"):
        load(tmp_path)


def test_a_dataset_of_another_rate_or_of_no_task_is_refused(
    dataset_root: Path, tmp_path: Path
) -> None:
    slow = tmp_path / "slow"
    shutil.copytree(dataset_root, slow)
    info = json.loads((slow / "meta" / "info.json").read_text())
    (slow / "meta" / "info.json").write_text(json.dumps({**info, "fps": 10}))
    with pytest.raises(DatasetError, match="slow has 10 Hz; policies act at 20 Hz"):
        load(slow)
    features = Features({"front": (8, 8)}, COLUMNS, ACTION_COLUMNS, {})
    with DatasetWriter(tmp_path / "no", robot_type="panda", fps=20, features=features) as writer:
        image, state = np.zeros((1, 8, 8, 3), np.uint8), np.zeros((1, 17), np.float32)
        writer.add_episode({"front": image}, state, state[:, :7], "push", {})
    with pytest.raises(DatasetError, match="does not say its task; episodes need task_name"):
        load(tmp_path / "no")


def test_an_empty_or_a_missing_dataset_is_refused(tmp_path: Path) -> None:
    write_views(tmp_path / "empty", 1, episodes=0)
    with pytest.raises(DatasetError, match="has 0 episodes; 1 needed"):
        load(tmp_path / "empty")
    with pytest.raises(DatasetError, match="nowhere"):
        load(tmp_path / "nowhere")


def test_early_frames_have_their_share_and_held_out_ones_none(loaded: Loaded) -> None:
    data = loaded.data
    length = len(data.actions) // 3
    source = ImageSource(data, 8)
    share = Share(early=0.25, early_frames=5, held_out=1)
    (every, early), held_out = portions("sim", source, data, share, 0.6)
    assert every.source is early.source is source
    assert every.kind == early.kind == "sim"
    assert (every.share, early.share) == pytest.approx((0.45, 0.15))
    assert every.frames.tolist() == list(range(2 * length))
    assert early.frames.tolist() == [*range(5), *range(length, length + 5)]
    assert held_out.tolist() == list(range(2 * length, 3 * length))


@pytest.mark.parametrize(("early", "frames"), [(0.25, 0), (1.5, 5), (-0.1, 5)])
def test_a_share_of_what_there_is_not_is_refused(loaded: Loaded, early: float, frames: int) -> None:
    source, share = ImageSource(loaded.data, 8), Share(early, frames, held_out=1)
    line = f"share.early {early} of the samples from the first {frames} frames of episodes: it must"
    with pytest.raises(ConfigError, match=line):
        portions("sim", source, loaded.data, share, 1.0)


@pytest.mark.parametrize("settings", [{"early_frames": -3}, {"held_out": -1}])
def test_counts_below_nothing_are_refused(settings: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="it should be 0 or more"):
        Share(**settings)  # type: ignore[arg-type]


def test_without_a_share_no_frame_need_be_early(loaded: Loaded) -> None:
    source, share = ImageSource(loaded.data, 8), Share(0.0, 0, held_out=1)
    drawn, _ = portions("sim", source, loaded.data, share, 1.0)
    examples, _ = Mixture(drawn).draw(new("token"), 4, (0,))
    assert len(together(examples).actions) == 4


def test_holding_all_episodes_out_is_refused(loaded: Loaded) -> None:
    with pytest.raises(ConfigError, match="3 held-out episodes of 3 leave none to train on"):
        portions("sim", ImageSource(loaded.data, 8), loaded.data, Share(held_out=3), 1.0)


def test_a_fitted_policy_can_show_what_was_demonstrated(loaded: Loaded) -> None:
    """Of the actions within the quantiles, nothing is lost on the way through its scale."""
    policy = new("token")
    fit(policy, [loaded])
    actions = torch.tensor(loaded.data.actions)
    back = policy.scale.denormalise(policy.scale.normalise(actions))
    low, high = policy.scale.action_low - 1e-6, policy.scale.action_high + 1e-6
    inside = ((actions >= low) & (actions <= high)).all(-1)
    assert inside.float().mean() > 0.8
    torch.testing.assert_close(back[inside], actions[inside], atol=1e-4, rtol=0.02)
    standard = policy.scale.state(torch.tensor(loaded.data.states))
    assert standard.mean(0).abs().max() < 1e-3
    spoken = (loaded.data.spoken() - policy.backbone.words_mean.numpy()).mean(axis=0)
    assert np.abs(spoken).max() < 1e-4


@pytest.mark.parametrize("robots", [("panda",), ("slow",), ("panda", "slow"), ("slow", "panda")])
def test_whatever_it_says_no_robot_of_its_data_is_told_to_go_too_fast(
    loaded: Loaded, robots: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    panda = RobotConfig.load("panda")
    limits = panda.limits.model_copy(update={"linear_speed": 0.1, "angular_speed": 0.2})
    known = {"panda": panda, "slow": panda.model_copy(update={"limits": limits})}
    monkeypatch.setattr(RobotConfig, "load", known.__getitem__)
    policy = new("token")
    fit(policy, [replace(loaded, robot=robot) for robot in robots])
    policy.scale.action_low.fill_(-1.0)
    policy.scale.action_high.fill_(1.0)
    values = torch.randn((500, 7), generator=torch.Generator().manual_seed(0))
    told, slowest = policy.scale.denormalise(values), known[max(robots)].limits
    for part, speed in (
        (slice(0, 3), slowest.linear_speed),
        (slice(3, 6), slowest.angular_speed),
    ):
        fastest = told[:, part].norm(dim=-1).max().item()
        assert 0.97 * DT * speed < fastest < 0.99 * DT * speed


def test_an_unknown_robot_or_no_data_is_refused(loaded: Loaded) -> None:
    with pytest.raises(ConfigError, match="r2d2"):
        fit(new("token"), [replace(loaded, robot="r2d2")])
    with pytest.raises(ConfigError, match="nothing to train on; name at least one dataset"):
        fit(new("token"), [])
