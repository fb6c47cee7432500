# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The mp4 files of a dataset: frame k is shown at exactly k / fps seconds."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from av.video.frame import PictureType
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from rlco_core.errors import DatasetError

# Lossless RGB. yuv420p halves the colour resolution, and at 64x64 that is most of a cube
# (19 dB on saturated pixels of a rendered scene); lossless yuv444p is right to 2 levels of 255,
# half as large, but no faster. "fastdecode" drops the entropy coder that is slow to read, and
# without B-frames packets stay in order. torchcodec and PyAV decode it to the bit.
CODEC = "libx264rgb"
OPTIONS = {"qp": "0", "preset": "superfast", "tune": "fastdecode", "bf": "0", "g": "10"}
#: The format that the decoder gives for RGB: three planes, no conversion needed.
PLANAR_RGB = "gbrp"


def video_info(fps: int) -> dict[str, Any]:
    """What ``meta/info.json`` says of every video, besides its size."""
    return {
        "video.codec": "h264",
        "video.pix_fmt": PLANAR_RGB,
        "video.is_depth_map": False,
        "video.fps": fps,
        "video.channels": 3,
        "has_audio": False,
    }


class VideoWriter:
    """Encodes episodes one after another; the file appears at ``path`` on ``close``."""

    def __init__(self, path: Path, height: int, width: int, fps: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._part = path, path.with_name(f".{path.name}.part")
        self._container = av.open(str(self._part), "w", format="mp4")
        self._stream = cast(av.VideoStream, self._container.add_stream(CODEC, fps, OPTIONS))
        self._stream.height, self._stream.width, self._stream.pix_fmt = height, width, "rgb24"
        # One thread: the same frames give the same bytes.
        self._stream.codec_context.thread_count = 1
        self._time_base = Fraction(1, fps)
        self.frames = 0

    def append(self, images: NDArray[np.uint8]) -> None:
        """Adds an episode, (T, H, W, 3); its first image can be decoded without those before."""
        for step, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            frame.pts, frame.time_base = self.frames, self._time_base
            frame.pict_type = PictureType.NONE if step else PictureType.I
            self._container.mux(self._stream.encode(frame))
            self.frames += 1

    def close(self) -> None:
        """Ends the file and moves it to its place."""
        self._container.mux(self._stream.encode())
        self._container.close()
        self._part.replace(self._path)

    def discard(self) -> None:
        """Gives up the file."""
        self._container.close()
        self._part.unlink(missing_ok=True)


def read_video(path: Path, fps: int, start: int = 0) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Yields (frame number, (H, W, 3) image) from frame ``start`` on.

    Raises:
        DatasetError: missing or not decodable.
    """
    if not path.is_file():
        raise DatasetError(f"{path} is missing: the dataset is incomplete")
    try:
        yield from _decode(path, fps, start)
    except (av.FFmpegError, IndexError) as error:
        raise DatasetError(f"{path}: not a readable video: {error}") from error


def _decode(path: Path, fps: int, start: int) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    reformatter = VideoReformatter()
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        if start:
            container.seek(start * av.time_base // fps)
        for frame in container.decode(stream):
            number = round((frame.time or 0.0) * fps)
            if number >= start:
                yield number, _rgb(frame, reformatter)


def _rgb(frame: av.VideoFrame, reformatter: VideoReformatter) -> NDArray[np.uint8]:
    if frame.format.name != PLANAR_RGB:
        frame = reformatter.reformat(frame, format="rgb24")
    return cast(NDArray[np.uint8], frame.to_ndarray())
