# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco export: a checkpoint as a policy bundle, checked against the network it came from."""

from __future__ import annotations

import hashlib
import json
import shlex
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnxruntime
import torch
import yaml
from numpy.typing import NDArray

from rlco_core.bundle import MANIFEST_FILE
from rlco_core.contract import FORMAT, LANGUAGE_TOKENS, LANGUAGE_WIDTH, MODEL_FILE, Manifest
from rlco_core.errors import BundleError, DatasetError
from rlco_core.proprioception import LAYOUT, SIZE
from rlco_core.types import ACTION_COLUMNS
from rlco_sim.domain import Domain
from rlco_sim.session import DT
from rlco_trainer import checkpoint
from rlco_trainer.arguments import parse
from rlco_trainer.files import write_text
from rlco_trainer.lerobot import Dataset
from rlco_trainer.models.nano import NanoConfig, NanoVLA
from rlco_trainer.sft import CHECKPOINT

_OPSET = 17
_CHECKS = 64
_TOLERANCE = 1e-4
Inputs = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class Deployment:
    """What the network does not know of the place it was trained for."""

    name: str
    robot: str
    task: str
    camera: str
    dt: float
    execute: int


@dataclass(frozen=True)
class Exported:
    """A written bundle and the largest difference of ONNX to torch, action units."""

    root: Path
    manifest: Manifest
    max_error: float


def load_network(path: Path) -> NanoVLA:
    """The averaged network of a checkpoint, ready for inference."""
    tensors, metadata = checkpoint.read(path)
    settings = json.loads(metadata["config"])["model"]
    settings["image_size"] = tuple(settings["image_size"])
    network = NanoVLA(NanoConfig(**settings))
    network.load_state_dict(checkpoint.part(tensors, "average"))
    return network.eval().requires_grad_(False)


def export(
    path: Path, out: Path, deployment: Deployment, provenance: Mapping[str, str | int | float]
) -> Exported:
    """Writes the bundle ``out`` from the checkpoint at ``path``.

    Raises:
        ConfigError: no readable checkpoint there.
        BundleError: the ONNX graph does not answer as the network does, or the contract
            would be unsound; nothing was written.
    """
    network = load_network(path)
    with tempfile.TemporaryDirectory() as folder:
        graph = Path(folder) / MODEL_FILE
        write_graph(network, graph, deployment.camera)
        error = largest_error(network, graph, deployment.camera)
        if not error <= _TOLERANCE:
            raise BundleError(
                f"the ONNX graph differs from the network by {error:.2e} (action units); "
                f"{_TOLERANCE:.0e} is allowed"
            )
        content = graph.read_bytes()
    record = {**provenance, **_circumstances(path), "onnx_max_error": error}
    plain = _manifest(network, deployment, record, hashlib.sha256(content).hexdigest())
    text = yaml.safe_dump(plain, sort_keys=False, default_flow_style=None, width=100)
    manifest = Manifest.parse(yaml.safe_load(text))
    out.mkdir(parents=True, exist_ok=True)
    (out / MODEL_FILE).write_bytes(content)
    write_text(out / MANIFEST_FILE, text)
    return Exported(out, manifest, error)


def write_graph(network: NanoVLA, path: Path, camera: str) -> None:
    """Traces the network at batch size 1; normalisation is part of the graph."""
    names = [f"image_{camera}", "proprioception", "language_tokens", "language_mask"]
    # The fused attention of inference mode has no ONNX operator.
    torch.backends.mha.set_fastpath_enabled(False)
    torch.onnx.export(
        network,
        random_inputs(network, np.random.default_rng(0)),
        str(path),
        input_names=names,
        output_names=["actions"],
        opset_version=_OPSET,
        dynamo=False,
    )


def largest_error(network: NanoVLA, path: Path, camera: str) -> float:
    """Largest difference between ONNX Runtime and torch over fresh inputs, action units."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [node.name for node in session.get_inputs()]
    rng = np.random.default_rng(1)
    worst = 0.0
    for _ in range(_CHECKS):
        inputs = random_inputs(network, rng)
        with torch.inference_mode():
            expected = network(*inputs).numpy()
        feeds = {name: tensor.numpy() for name, tensor in zip(names, inputs, strict=True)}
        (found,) = session.run(None, feeds)
        worst = max(worst, float(np.abs(found - expected).max()))
    return worst


def random_inputs(network: NanoVLA, rng: np.random.Generator) -> Inputs:
    """One plausible set of inputs: any image, states of the training range, words of any length."""
    height, width = network.config.image_size
    image = rng.integers(0, 256, (1, height, width, 3), dtype=np.uint8)
    mean, std = network.state_mean.numpy(), network.state_std.numpy()
    state = (mean + std * rng.standard_normal((1, SIZE))).astype(np.float32)
    words = rng.standard_normal((1, LANGUAGE_TOKENS, LANGUAGE_WIDTH)).astype(np.float32)
    mask = (np.arange(LANGUAGE_TOKENS) < rng.integers(3, LANGUAGE_TOKENS + 1)).astype(np.float32)
    arrays: tuple[NDArray[np.generic], ...] = (image, state, words, mask[None])
    first, second, third, fourth = (torch.from_numpy(array) for array in arrays)
    return first, second, third, fourth


def _circumstances(path: Path) -> dict[str, str | int]:
    _, metadata = checkpoint.read(path)
    return {
        "steps": int(metadata["step"]),
        "settings": metadata["config"],
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "torch": version("torch"),
        "rlco": version("rlco_trainer"),
    }


def _manifest(
    network: NanoVLA,
    deployment: Deployment,
    provenance: Mapping[str, str | int | float],
    digest: str,
) -> dict[str, object]:
    height, width = network.config.image_size
    camera = {"name": deployment.camera, "width": width, "height": height, "encoding": "rgb8"}
    action = {
        "semantics": "delta_commanded_ee_pose_base",
        "columns": list(ACTION_COLUMNS),
        "dt": deployment.dt,
        "horizon": network.config.horizon,
        "execute": deployment.execute,
    }
    contract = {
        "robot": deployment.robot,
        "tasks": [deployment.task],
        "cameras": [camera],
        "proprioception": {"layout": LAYOUT, "size": SIZE},
        "action": action,
        "language": {
            "encoder": "all-MiniLM-L6-v2",
            "tokens": LANGUAGE_TOKENS,
            "width": LANGUAGE_WIDTH,
        },
    }
    return {
        "format": FORMAT,
        "name": deployment.name,
        "contract": contract,
        "statistics": {
            "proprioception": {
                "mean": network.state_mean.tolist(),
                "std": network.state_std.tolist(),
            },
            "action": {
                "low": network.action_low.tolist(),
                "high": network.action_high.tolist(),
            },
        },
        "provenance": dict(provenance),
        "files": {MODEL_FILE: digest},
    }


@dataclass(frozen=True)
class ExportConfig:
    """A checkpoint as a policy bundle.

    Attributes:
        checkpoint: directory of the training run.
        dataset: what it was trained on; robot, camera, task and provenance come from there.
        out: directory of the bundle.
        execute: actions played per decision.
    """

    checkpoint: Path
    dataset: Path
    out: Path
    execute: int = 4


def main(arguments: Sequence[str]) -> None:
    """rlco export"""
    config = parse(ExportConfig, arguments, "export")
    dataset = Dataset.open(config.dataset)
    if not dataset.episodes or "task_name" not in dataset.features.metadata:
        raise DatasetError(f"{dataset.root} has no episodes that `rlco collect` made")
    first = dataset.episodes[0].metadata
    robot = dataset.robot_type or "unknown"
    deployment = Deployment(
        name=f"{first['task_name']}_{robot}",
        robot=robot,
        task=str(first["task_name"]),
        camera=Domain.load(str(first["domain"])).camera.name,
        dt=DT,
        execute=config.execute,
    )
    provenance: dict[str, str | int | float] = {
        "method": "sft",
        "command": shlex.join(["rlco", *sys.argv[1:]]),
        "domain": str(first["domain"]),
        "demonstrations": len(dataset.episodes),
        "frames": dataset.num_frames,
        "first_seed": int(first["seed"]),
        "last_seed": int(dataset.episodes[-1].metadata["seed"]),
    }
    exported = export(config.checkpoint / CHECKPOINT, config.out, deployment, provenance)
    print(f"{exported.root}: ONNX differs from torch by at most {exported.max_error:.1e}")
