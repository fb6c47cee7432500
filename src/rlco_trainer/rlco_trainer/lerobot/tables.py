# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Arrow tables of the format: frames, tasks, episodes; and their parquet files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from rlco_core.errors import DatasetError
from rlco_trainer.files import replacing
from rlco_trainer.lerobot.schema import ACTION, ENVIRONMENT, INTERVENTION, STATE, TASKS, Scalar

ARROW_TYPES: Mapping[type[Scalar], pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
}
#: Tells pandas that the instruction is the index: lerobot looks tasks up by it.
TASK_INDEX = {
    "index_columns": ["task"],
    "column_indexes": [],
    "columns": [
        {
            "name": name,
            "field_name": name,
            "pandas_type": pandas_type,
            "numpy_type": numpy_type,
            "metadata": None,
        }
        for name, pandas_type, numpy_type in (
            ("task_index", "int64", "int64"),
            ("task", "unicode", "object"),
        )
    ],
    "pandas_version": "2.0.0",
}


def frame_table(
    states: NDArray[np.float32],
    actions: NDArray[np.float32],
    environment: NDArray[np.float32],
    intervention: NDArray[np.bool_] | None,
    *,
    fps: int,
    episode: int,
    first_frame: int,
    task: int,
) -> pa.Table:
    """Rows of one episode: ``states`` (T, S), ``actions`` (T, A), ``environment`` (T, E), which
    has no column where E is 0, ``intervention`` (T,), where there is one, and the format's own.
    """
    steps = np.arange(len(states), dtype=np.int64)
    return pa.table(
        {
            STATE: _vectors(states),
            ACTION: _vectors(actions),
            **({ENVIRONMENT: _vectors(environment)} if environment.shape[1] else {}),
            **({} if intervention is None else {INTERVENTION: intervention.astype(np.int64)}),
            "timestamp": (steps / fps).astype(np.float32),
            "frame_index": steps,
            "episode_index": np.full_like(steps, episode),
            "index": steps + first_frame,
            "task_index": np.full_like(steps, task),
        }
    )


def episode_table(
    rows: Sequence[Mapping[str, Any]], metadata: Mapping[str, type[Scalar]]
) -> pa.Table:
    """Rows of ``meta/episodes``; ``metadata`` fixes the types of its own columns."""
    types = {name: ARROW_TYPES[kind] for name, kind in metadata.items()}
    return pa.table(
        {key: pa.array([row[key] for row in rows], type=types.get(key)) for key in rows[0]}
    )


def metadata_types(schema: pa.Schema, names: Sequence[str]) -> dict[str, type[Scalar]]:
    """Python types of those columns among ``names`` that hold one scalar per episode."""
    kinds = {str(arrow): kind for kind, arrow in ARROW_TYPES.items()}
    found = {name: kinds.get(str(schema.field(name).type)) for name in names}
    return {name: kind for name, kind in found.items() if kind is not None}


def matrix(column: pa.ChunkedArray) -> NDArray[Any]:
    """A column as a new (N, D) array; D is 1 for scalars."""
    array = pa.concat_arrays(column.chunks)
    values = array.flatten() if pa.types.is_nested(array.type) else array
    return np.array(values).reshape(len(array), -1)


def write_table(path: Path, table: pa.Table) -> None:
    """Writes a parquet file in one piece; an existing file is replaced."""
    with replacing(path) as scratch:
        pq.write_table(table, scratch, compression="snappy")


def read_table(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Reads a parquet file, or some of its columns.

    Raises:
        DatasetError: missing, not parquet, or without one of ``columns``.
    """
    absent = set(columns or ()) - set(read_schema(path).names)
    if absent:
        raise DatasetError(f"{path}: has no column '{min(absent)}'")
    try:
        return pq.read_table(path, columns=None if columns is None else list(columns))
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from error


def read_schema(path: Path) -> pa.Schema:
    """The columns of a parquet file; a DatasetError names a missing or broken one."""
    if not path.is_file():
        raise DatasetError(f"{path} is missing: the dataset is incomplete")
    try:
        return pq.read_schema(path)
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from error


def write_tasks(root: Path, tasks: Mapping[str, int]) -> None:
    """Writes the instructions with their indices, 0 to n - 1 in order."""
    table = pa.table({"task_index": list(tasks.values()), "task": list(tasks)})
    metadata = {b"pandas": json.dumps(TASK_INDEX).encode()}
    write_table(root / TASKS, table.replace_schema_metadata(metadata))


def read_tasks(root: Path) -> dict[str, int]:
    """The instructions and their indices; a DatasetError if the file is missing or malformed."""
    table = read_table(root / TASKS)
    # The instruction is the pandas index, which has no name in files of some lerobot versions.
    text = next((name for name in table.column_names if name != "task_index"), None)
    if text is None or "task_index" not in table.column_names:
        raise DatasetError(f"{root / TASKS}: must have the columns 'task_index' and 'task'")
    indices = table["task_index"].to_pylist()
    return dict(zip(table[text].to_pylist(), indices, strict=True))


def _vectors(values: NDArray[np.float32]) -> pa.Array:
    """(N, D) as a column of fixed-size lists; of plain floats for D = 1, as lerobot wants it."""
    flat = pa.array(np.ascontiguousarray(values).reshape(-1))
    width = values.shape[1]
    return flat if width == 1 else pa.FixedSizeListArray.from_arrays(flat, width)


def _unreadable(path: Path, error: Exception) -> DatasetError:
    return DatasetError(f"{path}: not a readable parquet file: {' '.join(str(error).split())}")
