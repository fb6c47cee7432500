# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Writes policy bundles: a graph that was held against its network, and the manifest beside it."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import torch
import yaml
from numpy.typing import NDArray

from rlco_core.bundle import MANIFEST_FILE
from rlco_core.contract import FORMAT, LANGUAGE_TOKENS, LANGUAGE_WIDTH, MODEL_FILE, Manifest
from rlco_core.errors import BundleError
from rlco_core.proprioception import LAYOUT, SIZE
from rlco_core.types import ACTION_COLUMNS
from rlco_trainer.files import write_text

_CHECKS = 64
_TOLERANCE = 1e-4
Inputs = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]
#: Mean and standard deviation of proprioception, low and high bound of actions.
Statistics = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class Exported:
    """A written bundle and the largest difference of ONNX to torch, action units."""

    root: Path
    manifest: Manifest
    max_error: float


@dataclass(frozen=True)
class Terms:
    """What of a contract differs from bundle to bundle.

    Attributes:
        name: of the bundle.
        robot, tasks: what it is for.
        camera: topic namespace of the one camera.
        image_size: (height, width) px.
        dt: control period, s.
        horizon, execute: rows of a chunk, and those that are played.
    """

    name: str
    robot: str
    tasks: tuple[str, ...]
    camera: str
    image_size: tuple[int, int]
    dt: float
    horizon: int
    execute: int


def input_names(camera: str) -> list[str]:
    """Names of a graph's inputs, in the order of ``Inputs``."""
    return [f"image_{camera}", "proprioception", "language_tokens", "language_mask"]


def checked_graph(
    write: Callable[[Path], None], error: Callable[[Path], float]
) -> tuple[bytes, float]:
    """The graph that ``write`` writes, and its ``error``, action units.

    Raises:
        BundleError: the error is too large.
    """
    with tempfile.TemporaryDirectory() as folder:
        graph = Path(folder) / MODEL_FILE
        write(graph)
        found = error(graph)
        if not found <= _TOLERANCE:
            raise BundleError(
                f"the ONNX graph differs from the network by {found:.2e} (action units); "
                f"{_TOLERANCE:.0e} is allowed"
            )
        return graph.read_bytes(), found


def largest_difference(
    answer: Callable[[Inputs], torch.Tensor],
    draw: Callable[[np.random.Generator], Inputs],
    path: Path,
) -> float:
    """Largest difference between ONNX Runtime and torch over fresh inputs, action units."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [node.name for node in session.get_inputs()]
    rng = np.random.default_rng(1)
    worst = 0.0
    for _ in range(_CHECKS):
        inputs = draw(rng)
        with torch.inference_mode():
            expected = answer(inputs).numpy()
        feeds = {name: tensor.numpy() for name, tensor in zip(names, inputs, strict=True)}
        (found,) = session.run(None, feeds)
        worst = max(worst, float(np.abs(found - expected).max()))
    return worst


def plausible_inputs(
    image_size: tuple[int, int],
    mean: NDArray[np.float32],
    std: NDArray[np.float32],
    rng: np.random.Generator,
) -> Inputs:
    """One plausible set of inputs: any image, states of the training range, words of any length."""
    height, width = image_size
    image = rng.integers(0, 256, (1, height, width, 3), dtype=np.uint8)
    state = (mean + std * rng.standard_normal((1, SIZE))).astype(np.float32)
    words = rng.standard_normal((1, LANGUAGE_TOKENS, LANGUAGE_WIDTH)).astype(np.float32)
    mask = (np.arange(LANGUAGE_TOKENS) < rng.integers(3, LANGUAGE_TOKENS + 1)).astype(np.float32)
    arrays: tuple[NDArray[np.generic], ...] = (image, state, words, mask[None])
    first, second, third, fourth = (torch.from_numpy(array) for array in arrays)
    return first, second, third, fourth


def write_bundle(
    out: Path,
    graph: bytes,
    terms: Terms,
    statistics: Statistics,
    provenance: Mapping[str, str | int | float],
) -> Manifest:
    """Writes graph and manifest.

    Raises:
        BundleError: the contract would be unsound; nothing was written.
    """
    plain = _manifest(terms, statistics, provenance, hashlib.sha256(graph).hexdigest())
    text = dump_manifest(plain)
    manifest = Manifest.parse(yaml.safe_load(text))
    out.mkdir(parents=True, exist_ok=True)
    (out / MODEL_FILE).write_bytes(graph)
    write_text(out / MANIFEST_FILE, text)
    return manifest


def dump_manifest(plain: Mapping[str, object]) -> str:
    """The text of a manifest."""
    return yaml.safe_dump(dict(plain), sort_keys=False, default_flow_style=None, width=100)


def _manifest(
    terms: Terms,
    statistics: Statistics,
    provenance: Mapping[str, str | int | float],
    digest: str,
) -> dict[str, object]:
    height, width = terms.image_size
    camera = {"name": terms.camera, "width": width, "height": height, "encoding": "rgb8"}
    action = {
        "semantics": "delta_commanded_ee_pose_base",
        "columns": list(ACTION_COLUMNS),
        "dt": terms.dt,
        "horizon": terms.horizon,
        "execute": terms.execute,
    }
    language = {"encoder": "all-MiniLM-L6-v2", "tokens": LANGUAGE_TOKENS, "width": LANGUAGE_WIDTH}
    contract = {
        "robot": terms.robot,
        "tasks": list(terms.tasks),
        "cameras": [camera],
        "proprioception": {"layout": LAYOUT, "size": SIZE},
        "action": action,
        "language": language,
    }
    mean, std, low, high = (part.tolist() for part in statistics)
    return {
        "format": FORMAT,
        "name": terms.name,
        "contract": contract,
        "statistics": {
            "proprioception": {"mean": mean, "std": std},
            "action": {"low": low, "high": high},
        },
        "provenance": dict(provenance),
        "files": {MODEL_FILE: digest},
    }
