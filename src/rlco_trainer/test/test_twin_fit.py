# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco twin fit: a domain that sees as a real camera does, or a line that says why not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray
from PIL import Image

from rlco_core.robot import RobotConfig
from rlco_sim.camera import extrinsics, project
from rlco_sim.domain import Domain
from rlco_sim.session import Session, resized
from rlco_sim.settings import CameraSettings
from rlco_trainer import cli
from rlco_trainer.demonstrations.collect import CollectConfig, collect

PANDA = RobotConfig.load("panda")
#: The camera whose twin is sought: the stand-in's, at the size of a real one.
REAL = resized(Domain.load("stand_in").typical().camera, 320, 240)
IDEAL = {"noise": 0.0, "blur": 0.0, "exposure": 1.0, "white_balance": (1.0, 1.0, 1.0)}

#: A domain in which nothing is drawn.
STILL = ("--base", "twin", "--spread", 0)


def run(*words: object) -> int:
    return cli.main([str(word) for word in words])


def first_image(domain: Domain, seed: int) -> NDArray[np.uint8]:
    session = Session("push_cube", domain, PANDA)
    session.reset(seed)
    image = session.image()
    session.close()
    return image


def dumped(path: Path, document: Any) -> Path:
    path.write_text(yaml.safe_dump(document))
    return path


@pytest.fixture
def info(tmp_path: Path) -> Path:
    document = {
        "image_width": 320,
        "image_height": 240,
        "camera_matrix": {"rows": 3, "cols": 3, "data": list(REAL.k)},
        "distortion_model": "plumb_bob",
        "distortion_coefficients": {"rows": 1, "cols": 5, "data": list(REAL.d)},
    }
    return dumped(tmp_path / "info.yaml", document)


@pytest.fixture
def hand_eye(tmp_path: Path) -> Path:
    pose = extrinsics(REAL)
    half = np.sqrt(1.0 + np.trace(pose[:3, :3])) / 2.0
    axis = [pose[2, 1] - pose[1, 2], pose[0, 2] - pose[2, 0], pose[1, 0] - pose[0, 1]]
    turn = [float(part / (4.0 * half)) for part in axis] + [float(half)]
    return dumped(tmp_path / "eye.yaml", {"position": list(REAL.eye), "quaternion": turn})


def point_table(camera: CameraSettings, count: int, noise: float) -> NDArray[np.float64]:
    rng = np.random.default_rng(5)
    points = rng.uniform((0.3, -0.25, 0.0), (0.7, 0.25, 0.3), (count, 3))
    pixels = project(camera, points) + rng.normal(0.0, noise, (count, 2))
    return np.column_stack([points, pixels])


def test_a_fitted_domain_renders_what_the_real_camera_would(
    tmp_path: Path, info: Path, hand_eye: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "mine.yaml"
    words = ("--camera-info", info, "--hand-eye", hand_eye, "--out", out)
    assert run("twin", "fit", *words, *STILL) == 0
    assert "320x240 is not shaped like 64x64" in capsys.readouterr().out
    twin, mine = Domain.load("twin"), Domain.load(out)
    true = {**twin.values, "name": "true"}
    true["camera"] = {**resized(REAL, 64, 64).model_dump(mode="json"), **IDEAL, "jpeg_quality": 100}
    assert first_image(mine, 3) == pytest.approx(first_image(Domain.of(true), 3), abs=1)
    assert (first_image(mine, 3) != first_image(twin, 3)).any()
    assert mine.draw(0).looks == twin.draw(0).looks


def test_points_give_the_pose_and_slips_are_named(
    tmp_path: Path, info: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = point_table(REAL, 14, 0.2)
    table[4, 3] += 40.0
    csv, listed = tmp_path / "points.csv", tmp_path / "points.yaml"
    np.savetxt(csv, table, delimiter=",", header="x,y,z,u,v", comments="")
    dumped(listed, {"points": [dict(zip("xyzuv", row, strict=True)) for row in table.tolist()]})
    for path in (csv, listed):
        out = tmp_path / f"{path.suffix[1:]}_twin.yaml"
        words = ("--camera-info", info, "--points", path, "--out", out, "--size", 80, 60)
        assert run("twin", "fit", *words, *STILL) == 0
        shown = capsys.readouterr().out
        assert "13 of 14 points fit to 0." in shown
        assert "point 5 (" in shown
        assert "is not shaped like" not in shown
        camera = Domain.load(out).draw(0).camera
        assert (camera.width, camera.height) == (80, 60)
        assert camera.eye == pytest.approx(REAL.eye, abs=5e-3)
        assert camera.roll == pytest.approx(REAL.roll, abs=5e-3)


def test_demonstrations_alone_tell_where_the_camera_stands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    real = Domain.load("stand_in").typical().camera
    lens = {"width": real.width, "height": real.height, "k": list(real.k), "d": list(real.d)}
    info, out = dumped(tmp_path / "info.yaml", lens), tmp_path / "mine.yaml"
    demonstrations = tmp_path / "demonstrations"
    collect(CollectConfig(demonstrations, 3, task="open_drawer", domain="stand_in"))
    words = ("--demonstrations", demonstrations, "--spread", 0.03, "--base", "twin_randomised")
    assert run("twin", "fit", "--camera-info", info, *words, "--out", out) == 0
    domain = Domain.load(out)
    table = np.array([[x, y, 0.02] for x in (0.4, 0.6) for y in (-0.2, 0.2)])
    seen = project(real, table)
    # What it was sought from, and what it is drawn around.
    assert np.abs(project(Domain.load("twin").typical().camera, table) - seen).max() > 2.5
    assert np.abs(project(domain.typical().camera, table) - seen).max() < 1.5
    eyes = np.array([domain.draw(seed).camera.eye for seed in range(30)])
    assert np.ptp(eyes, axis=0).max() == pytest.approx(0.06, abs=0.01)
    other = ("--robot", "ur5e", "--out", tmp_path / "other.yaml")
    assert run("twin", "fit", "--camera-info", info, *words, *other) == 1
    assert "was recorded with panda, not with ur5e" in capsys.readouterr().err


def test_the_base_may_be_a_file_elsewhere(tmp_path: Path, info: Path, hand_eye: Path) -> None:
    base = dumped(
        tmp_path / "base.yaml", {"extends": "twin", "name": "heavy", "objects": {"mass": 0.3}}
    )
    out = tmp_path / "deep" / "mine.yaml"
    words = ("--camera-info", info, "--hand-eye", hand_eye, "--base", base, "--out", out)
    assert run("twin", "fit", *words) == 0
    assert Domain.load(out).draw(0).objects.mass == 0.3


def test_the_overlay_lies_on_the_real_picture(tmp_path: Path, info: Path, hand_eye: Path) -> None:
    picture = tmp_path / "real.png"
    Image.fromarray(np.full((240, 320, 3), 10, np.uint8)).save(picture)
    out = tmp_path / "mine.yaml"
    words = ("--camera-info", info, "--hand-eye", hand_eye, "--out", out, "--image", picture)
    assert run("twin", "fit", *words, *STILL) == 0
    overlay = np.array(Image.open(tmp_path / "mine_overlay.png"))
    assert overlay.shape == (240, 320, 3)
    # The far edge of the table is drawn where the true camera sees it.
    u, v = np.rint(project(REAL, np.array([[0.05, 0.1, 0.0]]))[0]).astype(int)
    near = overlay[v - 1 : v + 2, u - 1 : u + 2].reshape(-1, 3).astype(int)
    assert (np.abs(near - (255, 210, 0)).max(axis=1) < 60).any()
    # Half of it is the dark picture.
    assert overlay.mean() < 0.75 * first_image(Domain.load(out), 0).mean()


def test_what_twin_fit_refuses(
    tmp_path: Path, info: Path, hand_eye: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = dumped(tmp_path / "there.yaml", {"keep": "me"})
    named = {"header": {"frame_id": "world"}, **yaml.safe_load(hand_eye.read_text())}
    elsewhere = dumped(tmp_path / "elsewhere.yaml", named)
    folded = {**yaml.safe_load(info.read_text()), "distortion_coefficients": {"data": [-3.0] * 5}}
    mad, noisy = dumped(tmp_path / "mad.yaml", folded), tmp_path / "noisy.csv"
    np.savetxt(noisy, point_table(REAL, 20, 1.5), delimiter=",")
    picture = tmp_path / "small.png"
    Image.fromarray(np.zeros((24, 32, 3), np.uint8)).save(picture)
    eye, out = ("--hand-eye", hand_eye), tmp_path / "new.yaml"
    for lens, words, line in (
        (info, (), "give one of --hand-eye, --points and --demonstrations"),
        (info, (*eye, "--points", noisy), "give one of --hand-eye, --points and"),
        (info, (*eye, "--spread", -0.1), "--spread -0.1 is negative"),
        (info, (*eye, "--out", there), "there.yaml exists; say --force to replace it"),
        (info, (*eye, "--out", "mine.txt"), "mine.txt must end in .yaml"),
        (info, (*eye, "--size", 0, 64), "--size 0 64 must be positive"),
        (info, ("--hand-eye", elsewhere), "elsewhere.yaml: the pose is given in frame 'world'"),
        (info, ("--points", noisy, "--max-error", 1), "px rms, more than 1"),
        (info, ("--points", info), "needs a list of points"),
        (info, (*eye, "--image", picture), "32x24, but the camera was calibrated at 320x240"),
        (info, (*eye, "--image", noisy), "noisy.csv: no picture that can be read"),
        (hand_eye, eye, "eye.yaml: width: missing"),
        (mad, (*eye, "--out", there, "--force"), "camera: Value error, d folds the picture"),
        (tmp_path / "none.yaml", eye, "No such file"),
    ):
        target = () if "--out" in words else ("--out", out)
        assert run("twin", "fit", "--camera-info", lens, *words, *target) == 1, line
        error = capsys.readouterr().err
        assert line in error
        assert error.count("\n") == 1
    assert not out.exists()
    assert yaml.safe_load(there.read_text()) == {"keep": "me"}
    words = ("--camera-info", info, *eye, "--out", there, "--force")
    assert run("twin", "fit", *words) == 0
