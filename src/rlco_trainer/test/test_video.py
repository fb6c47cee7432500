# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Films decode to what was written; bad frames leave no file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, ImageSequence

from rlco_trainer.video import Frame, VideoError, caption, write_gif, write_mp4

RED = (214, 40, 40)
Write = Callable[[Path, list[Frame], float], None]


def moving_square(count: int, height: int = 96, width: int = 128) -> list[Frame]:
    """A small red square that crosses a grey gradient."""
    shades = np.linspace(90, 200, width, dtype=np.uint8)
    background = np.repeat(np.tile(shades, (height, 1))[..., None], 3, axis=2)
    frames = [background.copy() for _ in range(count)]
    for index, frame in enumerate(frames):
        frame[20:32, 4 + 2 * index : 16 + 2 * index] = RED
    return frames


def decode(path: Path) -> list[Frame]:
    with av.open(str(path)) as film:
        return [
            np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in film.decode(video=0)
        ]


def test_mp4_decodes_to_the_same_frames(tmp_path: Path) -> None:
    frames = moving_square(30)
    write_mp4(tmp_path / "film.mp4", iter(frames), fps=20)
    decoded = decode(tmp_path / "film.mp4")
    assert len(decoded) == 30
    assert decoded[0].shape == (96, 128, 3)
    for before, after in zip(frames, decoded, strict=True):
        assert np.abs(before.astype(int) - after).mean() < 4


def test_mp4_is_what_browsers_play(tmp_path: Path) -> None:
    write_mp4(tmp_path / "film.mp4", moving_square(4), fps=20)
    with av.open(str(tmp_path / "film.mp4")) as film:
        stream = film.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        assert stream.average_rate == 20
    content = (tmp_path / "film.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_mp4_of_odd_size_grows_by_one_pixel(tmp_path: Path) -> None:
    write_mp4(tmp_path / "film.mp4", moving_square(3, height=65, width=71), fps=20)
    assert decode(tmp_path / "film.mp4")[0].shape == (66, 72, 3)


def test_mp4_of_one_frame(tmp_path: Path) -> None:
    write_mp4(tmp_path / "film.mp4", moving_square(1), fps=12.5)
    assert len(decode(tmp_path / "film.mp4")) == 1


@pytest.mark.parametrize("write", [write_mp4, write_gif])
@pytest.mark.parametrize(
    ("frames", "message"),
    [
        ([], "no frames"),
        ([*moving_square(2), *moving_square(1, width=64)], "frame 2 is 64x96, the first is 128x96"),
        ([np.zeros((64, 64), np.uint8)], r"frame 0 is uint8 \(64, 64\), not uint8 \(H, W, 3\)"),
        ([np.zeros((64, 64, 3))], r"frame 0 is float64 .*, not uint8"),
    ],
)
def test_bad_frames_are_named_and_leave_no_file(
    write: Write, frames: list[Frame], message: str, tmp_path: Path
) -> None:
    with pytest.raises(VideoError, match=f"^film: {message}"):
        write(tmp_path / "film", frames, 20)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("write", [write_mp4, write_gif])
@pytest.mark.parametrize("fps", [0, -5, float("nan")])
def test_bad_rate_is_named(write: Write, fps: float, tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="frames per second: must lie in"):
        write(tmp_path / "film", moving_square(2), fps)
    assert list(tmp_path.iterdir()) == []


def test_interrupted_film_keeps_the_old_one(tmp_path: Path) -> None:
    def breaks() -> Iterator[Frame]:
        yield from moving_square(3)
        raise KeyboardInterrupt

    (tmp_path / "film.mp4").write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        write_mp4(tmp_path / "film.mp4", breaks(), fps=20)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_gif_has_all_frames_their_time_and_loops(tmp_path: Path) -> None:
    write_gif(tmp_path / "film.gif", moving_square(12), fps=10)
    with Image.open(tmp_path / "film.gif") as image:
        assert (sum(1 for _ in ImageSequence.Iterator(image)), image.size) == (12, (128, 96))
        image.seek(0)
        assert (image.info["duration"], image.info["loop"]) == (100, 0)


def test_gif_keeps_the_colour_of_small_things(tmp_path: Path) -> None:
    rows, columns = np.mgrid[0:160, 0:200]
    wood = np.stack([columns, rows + 20, (rows + columns) // 2], axis=-1).astype(np.uint8)
    wood[40:44, 50:54] = (250, 0, 250)
    write_gif(tmp_path / "film.gif", [wood, wood[:, ::-1]], fps=10)
    with Image.open(tmp_path / "film.gif") as image:
        pixel = np.asarray(image.convert("RGB"))[42, 52]
    assert np.abs(pixel.astype(int) - (250, 0, 250)).max() <= 12


def test_gif_for_a_readme_stays_small(tmp_path: Path) -> None:
    frames = [
        np.asarray(Image.fromarray(frame).resize((320, 240), Image.Resampling.BICUBIC))
        for frame in moving_square(50)
    ]
    write_gif(tmp_path / "film.gif", frames + frames + frames[:20], fps=20)
    assert (tmp_path / "film.gif").stat().st_size < 2_000_000


def test_caption_writes_on_a_bar_and_nowhere_else() -> None:
    frame = np.full((240, 320, 3), 120, np.uint8)
    captioned = caption(frame, "push the red cube")
    assert captioned.shape == frame.shape
    assert (captioned[:218] == 120).all()
    bar = captioned[218:]
    assert bar[0, 0].max() < 60
    assert bar.max() > 200
    assert (frame == 120).all()


@pytest.mark.parametrize("width", [64, 320])
def test_caption_fits_the_frame(width: int) -> None:
    frame = np.zeros((240, width, 3), np.uint8)
    captioned = caption(frame, "push the red cube into the goal zone, slowly, and then stop")
    lit = np.flatnonzero(captioned.max(axis=(0, 2)) > 100)
    assert 0 < lit.min() < lit.max() < width - 1


def test_caption_without_text_is_a_bar() -> None:
    assert caption(np.full((64, 64, 3), 200, np.uint8), "")[-1].max() == 50


def test_caption_takes_read_only_frames() -> None:
    frame = np.zeros((64, 64, 3), np.uint8)
    frame.flags.writeable = False
    assert caption(frame, "red").max() > 50
