# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""LeRobot v3.0 datasets (parquet, mp4 and json), written and read without the lerobot library.

A file holds many episodes. One file of each kind, with the same number, is a shard::

    meta/info.json                                  features, fps, totals; the commit point
    meta/stats.json                                 statistics of every feature
    meta/tasks.parquet                              the instructions
    meta/provenance.json                            who wrote which episodes (rlco's own file)
    meta/episodes/chunk-000/file-000.parquet        one row per episode
    data/chunk-000/file-000.parquet                 one row per frame
    videos/observation.images.<camera>/chunk-000/file-000.mp4
"""

from __future__ import annotations

from rlco_trainer.lerobot.reader import Dataset, Episode, Frames
from rlco_trainer.lerobot.records import EpisodeRecord, VideoSpan
from rlco_trainer.lerobot.schema import Features, Scalar
from rlco_trainer.lerobot.writer import DatasetWriter

__all__ = [
    "Dataset",
    "DatasetWriter",
    "Episode",
    "EpisodeRecord",
    "Features",
    "Frames",
    "Scalar",
    "VideoSpan",
]
