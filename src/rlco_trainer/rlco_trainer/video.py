# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Films of episodes: mp4 for viewers, gif for a README, and captions drawn on frames.

A frame is a (height, width, 3) uint8 RGB array.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TypeAlias

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rlco_core.errors import RlcoError
from rlco_trainer.files import replacing

Frame: TypeAlias = NDArray[np.uint8]

X264_OPTIONS = {"crf": "18", "preset": "medium"}
PALETTE_SAMPLES = 16
FONT = cv2.FONT_HERSHEY_DUPLEX


class VideoError(RlcoError):
    """Frames cannot be made into a film or a captioned picture."""


def write_mp4(path: Path, frames: Iterable[Frame], fps: float) -> None:
    """Writes an H.264 film that browsers play; an odd height or width grows by one pixel.

    The file appears when it is complete: an interrupted run leaves none.
    """
    checked = _of_one_size(path, frames)
    first = next(checked)
    height, width = _even(first).shape[:2]
    with replacing(path) as partial, _mp4(partial) as film:
        stream = film.add_stream("libx264", rate=_rate(path, fps), options=X264_OPTIONS)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for frame in chain([first], checked):
            film.mux(stream.encode(av.VideoFrame.from_ndarray(_even(frame), format="rgb24")))
        film.mux(stream.encode())


def write_gif(path: Path, frames: Iterable[Frame], fps: float, colours: int = 256) -> None:
    """Writes a looping gif with one palette of ``colours`` for all frames; loads all frames.

    Dithering is off: its noise changes from frame to frame and triples the size.
    """
    stills = list(_of_one_size(path, frames))
    # Median cut would blend small saturated objects, such as cubes, into the background.
    palette = _samples(stills).quantize(colours, method=Image.Quantize.MAXCOVERAGE)
    images = [
        Image.fromarray(still).quantize(palette=palette, dither=Image.Dither.NONE)
        for still in stills
    ]
    with replacing(path) as partial:
        images[0].save(
            partial,
            format="gif",
            save_all=True,
            append_images=images[1:],
            duration=round(1000 / _rate(path, fps)),
            loop=0,
            optimize=True,
            disposal=1,
        )


def caption(frame: Frame, text: str) -> Frame:
    """A copy of ``frame`` with ``text`` in white on a dark bar along its lower edge."""
    height, width = frame.shape[:2]
    bar = max(9, round(height * 0.09))
    pad = max(2, bar // 4)
    scale = _text_scale(text, width - 2 * pad, bar - 2 * pad)
    captioned = np.ascontiguousarray(frame).copy()
    captioned[-bar:] = captioned[-bar:] // 4
    baseline = (pad, height - pad - 1)
    cv2.putText(captioned, text, baseline, FONT, scale, (255, 255, 255), 1, cv2.LINE_AA)
    return captioned


def _text_scale(text: str, width: int, height: int) -> float:
    """The font scale at which ``text`` fits ``width`` x ``height`` pixels."""
    (natural_width, natural_height), _ = cv2.getTextSize(text, FONT, 1.0, 1)
    return min(width / max(natural_width, 1), height / max(natural_height, 1))


def _of_one_size(path: Path, frames: Iterable[Frame]) -> Iterator[Frame]:
    """Passes frames on; raises if there are none, or one is no picture or of another size."""
    shape: tuple[int, ...] = ()
    for index, frame in enumerate(frames):
        shape = shape or frame.shape
        if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3:
            raise VideoError(
                f"{path.name}: frame {index} is {frame.dtype} {frame.shape}, not uint8 (H, W, 3)"
            )
        if frame.shape != shape:
            raise VideoError(
                f"{path.name}: frame {index} is {frame.shape[1]}x{frame.shape[0]}, "
                f"the first is {shape[1]}x{shape[0]}: all must have one size"
            )
        yield frame
    if not shape:
        raise VideoError(f"{path.name}: no frames: a film needs at least one")


def _even(frame: Frame) -> Frame:
    """Repeats the last row or column where needed: yuv420p halves both sides."""
    height, width = frame.shape[:2]
    if height % 2 == 0 and width % 2 == 0:
        return np.ascontiguousarray(frame)
    return np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")


def _rate(path: Path, fps: float) -> Fraction:
    if not 0 < fps <= 1000:
        raise VideoError(f"{path.name}: {fps} frames per second: must lie in (0, 1000]")
    return Fraction(fps).limit_denominator(1000)


def _samples(stills: list[Frame]) -> Image.Image:
    """A few frames side by side, spread over the film, to find colours for all of it."""
    indices = np.linspace(0, len(stills) - 1, min(PALETTE_SAMPLES, len(stills)))
    return Image.fromarray(np.concatenate([stills[int(i)] for i in indices], axis=1))


def _mp4(path: Path) -> av.container.OutputContainer:
    return av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
