# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco export: a checkpoint as a policy bundle, checked against the network it came from."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

from rlco_core.errors import DatasetError
from rlco_sim.domain import Domain
from rlco_sim.session import DT
from rlco_trainer import checkpoint
from rlco_trainer.arguments import parse
from rlco_trainer.bundle_writer import (
    Exported,
    Inputs,
    Terms,
    checked_graph,
    input_names,
    largest_difference,
    plausible_inputs,
    write_bundle,
)
from rlco_trainer.lerobot import Dataset
from rlco_trainer.models.nano import NanoConfig, NanoVLA
from rlco_trainer.sft import CHECKPOINT

_OPSET = 17


@dataclass(frozen=True)
class Deployment:
    """What the network does not know of the place it was trained for."""

    name: str
    robot: str
    task: str
    camera: str
    dt: float
    execute: int


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
    graph, error = checked_graph(
        lambda file: write_graph(network, file, deployment.camera),
        lambda file: largest_error(network, file),
    )
    terms = Terms(
        name=deployment.name,
        robot=deployment.robot,
        tasks=(deployment.task,),
        camera=deployment.camera,
        image_size=network.config.image_size,
        dt=deployment.dt,
        horizon=network.config.horizon,
        execute=deployment.execute,
    )
    statistics = (network.state_mean, network.state_std, network.action_low, network.action_high)
    record = {**provenance, **_circumstances(path), "onnx_max_error": error}
    return Exported(out, write_bundle(out, graph, terms, statistics, record), error)


def write_graph(network: NanoVLA, path: Path, camera: str) -> None:
    """Traces the network at batch size 1; normalisation is part of the graph."""
    # The fused attention of inference mode has no ONNX operator.
    torch.backends.mha.set_fastpath_enabled(False)
    torch.onnx.export(
        network,
        random_inputs(network, np.random.default_rng(0)),
        str(path),
        input_names=input_names(camera),
        output_names=["actions"],
        opset_version=_OPSET,
        dynamo=False,
    )


def largest_error(network: NanoVLA, path: Path) -> float:
    """Largest difference between ONNX Runtime and torch over fresh inputs, action units."""
    return largest_difference(
        lambda inputs: network(*inputs), lambda rng: random_inputs(network, rng), path
    )


def random_inputs(network: NanoVLA, rng: np.random.Generator) -> Inputs:
    """One plausible set of inputs, see ``bundle_writer.plausible_inputs``."""
    mean, std = network.state_mean.numpy(), network.state_std.numpy()
    return plausible_inputs(network.config.image_size, mean, std, rng)


def _circumstances(path: Path) -> dict[str, str | int]:
    _, metadata = checkpoint.read(path)
    return {
        "steps": int(metadata["step"]),
        "settings": metadata["config"],
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "torch": version("torch"),
        "rlco": version("rlco_trainer"),
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
