# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A policy as a bundle, checked against the network it came from."""

from __future__ import annotations

import hashlib
import shlex
import sys
import tempfile
from collections.abc import Mapping
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
from rlco_core.errors import BundleError, ConfigError
from rlco_core.proprioception import LAYOUT, SIZE
from rlco_core.types import ACTION_COLUMNS
from rlco_sim.domain import Domain
from rlco_sim.session import DT
from rlco_trainer.files import write_text
from rlco_trainer.onnx_graph import Deployed, Inputs, write_graph
from rlco_trainer.policies.policy import Policy
from rlco_trainer.policies.policy_file import About

_CHECKS = 64
_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Deployment:
    """What the network does not know of the place it was trained for."""

    name: str
    robot: str
    tasks: tuple[str, ...]
    camera: str


@dataclass(frozen=True)
class Exported:
    """A written bundle and the largest difference of ONNX to torch, action units."""

    root: Path
    manifest: Manifest
    max_error: float


def export(policy: Policy, out: Path, deployment: Deployment, about: About) -> Exported:
    """Writes the bundle ``out``.

    Raises:
        BundleError: the ONNX graph does not answer as the network does, or the contract
            would be unsound; nothing was written.
    """
    network = Deployed(policy.requires_grad_(False).eval())
    names = [f"image_{deployment.camera}", "proprioception", "language_tokens", "language_mask"]
    with tempfile.TemporaryDirectory() as folder:
        graph = Path(folder) / MODEL_FILE
        write_graph(network, random_inputs(policy, np.random.default_rng(0)), names, graph)
        error = largest_error(policy, graph)
        if not error <= _TOLERANCE:
            raise BundleError(
                f"the ONNX graph differs from the network by {error:.2e} (action units); "
                f"{_TOLERANCE:.0e} is allowed"
            )
        content = graph.read_bytes()
    record = {**about, **_circumstances(), "family": policy.family, "onnx_max_error": error}
    plain = _manifest(policy, deployment, record, hashlib.sha256(content).hexdigest())
    text = yaml.safe_dump(plain, sort_keys=False, default_flow_style=None, width=100)
    manifest = Manifest.parse(yaml.safe_load(text))
    out.mkdir(parents=True, exist_ok=True)
    (out / MODEL_FILE).write_bytes(content)
    write_text(out / MANIFEST_FILE, text)
    return Exported(out, manifest, error)


def largest_error(policy: Policy, path: Path) -> float:
    """Largest difference between ONNX Runtime and torch over fresh inputs, action units."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [node.name for node in session.get_inputs()]
    rng = np.random.default_rng(1)
    worst = 0.0
    for _ in range(_CHECKS):
        inputs = random_inputs(policy, rng)
        with torch.inference_mode():
            expected = policy.act(policy.see(*inputs)).numpy()
        feeds = {name: tensor.numpy() for name, tensor in zip(names, inputs, strict=True)}
        (found,) = session.run(None, feeds)
        worst = max(worst, float(np.abs(found - expected).max()))
    return worst


def random_inputs(policy: Policy, rng: np.random.Generator) -> Inputs:
    """One plausible set of inputs: any image, states of the training range, words of any length."""
    height, width = policy.backbone.config.image_size
    image = rng.integers(0, 256, (1, height, width, 3), dtype=np.uint8)
    mean, std = policy.scale.state_mean.numpy(), policy.scale.state_std.numpy()
    state = (mean + std * rng.standard_normal((1, SIZE))).astype(np.float32)
    words = rng.standard_normal((1, LANGUAGE_TOKENS, LANGUAGE_WIDTH)).astype(np.float32)
    mask = (np.arange(LANGUAGE_TOKENS) < rng.integers(3, LANGUAGE_TOKENS + 1)).astype(np.float32)
    arrays: tuple[NDArray[np.generic], ...] = (image, state, words, mask[None])
    first, second, third, fourth = (torch.from_numpy(array) for array in arrays)
    return first, second, third, fourth


def _circumstances() -> dict[str, str]:
    return {
        "export_command": shlex.join(["rlco", *sys.argv[1:]]),
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "torch": version("torch"),
        "rlco": version("rlco_trainer"),
    }


def _manifest(
    policy: Policy,
    deployment: Deployment,
    provenance: Mapping[str, str | int | float],
    digest: str,
) -> dict[str, object]:
    height, width = policy.backbone.config.image_size
    camera = {"name": deployment.camera, "width": width, "height": height, "encoding": "rgb8"}
    action = {
        "semantics": "delta_commanded_ee_pose_base",
        "columns": list(ACTION_COLUMNS),
        "dt": DT,
        "horizon": policy.horizon,
        "execute": policy.execute,
    }
    language = {"encoder": "all-MiniLM-L6-v2", "tokens": LANGUAGE_TOKENS, "width": LANGUAGE_WIDTH}
    contract = {
        "robot": deployment.robot,
        "tasks": list(deployment.tasks),
        "cameras": [camera],
        "proprioception": {"layout": LAYOUT, "size": SIZE},
        "action": action,
        "language": language,
    }
    scale = policy.scale
    statistics = {
        "proprioception": {"mean": scale.state_mean.tolist(), "std": scale.state_std.tolist()},
        "action": {"low": scale.action_low.tolist(), "high": scale.action_high.tolist()},
    }
    return {
        "format": FORMAT,
        "name": deployment.name,
        "contract": contract,
        "statistics": statistics,
        "provenance": dict(provenance),
        "files": {MODEL_FILE: digest},
    }


@dataclass(frozen=True)
class ExportConfig:
    """A policy as a bundle.

    Attributes:
        policy: file of the policy.
        out: directory of the bundle.
        robot: the arm it is for, where the policy knows several.
        tasks: what it is for; all that the policy knows where there are none.
        domain: whose camera it sees through.
    """

    policy: Path
    out: Path
    robot: str = ""
    tasks: tuple[str, ...] = ()
    domain: str = "twin"


def deployment(config: ExportConfig, about: About) -> Deployment:
    """Where the policy goes.

    Raises:
        ConfigError: it was not trained for that robot or one of the tasks.
    """
    robots, known = str(about["robots"]).split(), str(about["tasks"]).split()
    robot, tasks = config.robot or robots[0], config.tasks or tuple(known)
    if robot not in robots or not set(tasks) <= set(known):
        raise ConfigError(
            f"{config.policy} was trained for {', '.join(robots)} and {', '.join(known)}, "
            f"not for {robot} and {', '.join(tasks)}"
        )
    camera = Domain.load(config.domain).camera.name
    return Deployment(f"{'_'.join(tasks)}_{robot}", robot, tasks, camera)
