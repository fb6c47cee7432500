# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Statistics per feature in lerobot's layout: min, max, mean, std, count and five quantiles.

Vectors give arrays of shape (D,); images one value per colour channel, (3, 1, 1), pixels
scaled to [0, 1]. ``count`` is the number of frames, shape (1,). All are exact: image
quantiles come from histograms of the 256 levels over every pixel.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rlco_core.errors import DatasetError
from rlco_trainer.files import write_text
from rlco_trainer.lerobot.schema import STATS
from rlco_trainer.lerobot.tables import matrix

#: Name of the statistic -> values.
Statistics: TypeAlias = dict[str, NDArray[Any]]

QUANTILES = {"q01": 0.01, "q10": 0.10, "q50": 0.50, "q90": 0.90, "q99": 0.99}


def of_table(table: pa.Table) -> dict[str, Statistics]:
    """Statistics of every column of a table of frames."""
    return {name: of_rows(matrix(table[name])) for name in table.column_names}


def of_rows(values: NDArray[Any]) -> Statistics:
    """Statistics of (N, D) numbers, N > 0, over the rows."""
    quantiles = np.quantile(values, list(QUANTILES.values()), axis=0)
    return {
        "min": values.min(axis=0),
        "max": values.max(axis=0),
        "mean": values.mean(axis=0, dtype=np.float64),
        "std": values.std(axis=0, dtype=np.float64),
        "count": np.array([len(values)]),
        **dict(zip(QUANTILES, quantiles, strict=True)),
    }


def histogram(images: NDArray[np.uint8]) -> NDArray[np.int64]:
    """How often each level occurs: (T, H, W, 3) -> (3, 256)."""
    return np.stack([np.bincount(images[..., c].ravel(), minlength=256) for c in range(3)])


def of_histogram(counts: NDArray[np.int64], frames: int) -> Statistics:
    """Statistics of the pixels that ``counts`` (3, 256) counts in ``frames`` images."""
    levels = np.arange(256) / 255.0
    total = counts.sum(axis=1)
    mean = counts @ levels / total
    variance = counts @ levels**2 / total - mean**2
    present = counts > 0
    per_channel = {
        "min": levels[present.argmax(axis=1)],
        "max": levels[255 - present[:, ::-1].argmax(axis=1)],
        "mean": mean,
        "std": np.sqrt(variance.clip(min=0.0)),
        **{name: levels[_level(counts, share)] for name, share in QUANTILES.items()},
    }
    shaped = {name: value.reshape(3, 1, 1) for name, value in per_channel.items()}
    return {**shaped, "count": np.array([frames])}


def columns(statistics: Mapping[str, Statistics]) -> dict[str, Any]:
    """Columns ``stats/<feature>/<name>`` of ``meta/episodes``, as plain lists."""
    return {
        f"stats/{feature}/{name}": value.tolist()
        for feature, values in statistics.items()
        for name, value in values.items()
    }


def write_statistics(root: Path, statistics: Mapping[str, Statistics]) -> None:
    """Writes ``meta/stats.json``."""
    lists = {
        feature: {name: value.tolist() for name, value in values.items()}
        for feature, values in statistics.items()
    }
    write_text(root / STATS, json.dumps(lists, indent=4) + "\n")


def read_statistics(root: Path) -> dict[str, Statistics]:
    """Reads ``meta/stats.json``; a DatasetError if it is missing or malformed."""
    path = root / STATS
    try:
        lists = json.loads(path.read_text(encoding="utf-8"))
        return {
            feature: {name: np.asarray(value, dtype=np.float64) for name, value in values.items()}
            for feature, values in lists.items()
        }
    except FileNotFoundError as error:
        raise DatasetError(f"{path} is missing: the dataset is incomplete") from error
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise DatasetError(f"{path}: not a table of statistics: {error}") from error


def _level(counts: NDArray[np.int64], share: float) -> NDArray[np.int64]:
    """The level, per channel, that ``share`` of the pixels do not exceed."""
    cumulative = counts.cumsum(axis=1)
    level: NDArray[np.int64] = (cumulative >= share * cumulative[:, -1:]).argmax(axis=1)
    return level
