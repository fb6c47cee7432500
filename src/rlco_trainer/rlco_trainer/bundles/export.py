# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco export: a policy as a bundle, checked against the network it came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np

from rlco_core.bundle import MANIFEST_FILE
from rlco_core.errors import ConfigError
from rlco_sim.domain import Domain
from rlco_sim.session import DT
from rlco_trainer.arguments import parse, this_command
from rlco_trainer.bundles.calibrate import calibrate
from rlco_trainer.bundles.onnx_graph import Deployed, write_graph
from rlco_trainer.bundles.writer import (
    Exported,
    Inputs,
    Terms,
    checked_graph,
    input_names,
    largest_difference,
    plausible_inputs,
    write_bundle,
)
from rlco_trainer.files import remade
from rlco_trainer.policies.policy import Policy
from rlco_trainer.policies.policy_file import About, load_policy


@dataclass(frozen=True)
class Deployment:
    """What the network does not know of the place it was trained for."""

    name: str
    robot: str
    tasks: tuple[str, ...]
    camera: str


def export(policy: Policy, out: Path, deployment: Deployment, about: About) -> Exported:
    """Writes the bundle ``out``.

    Raises:
        BundleError: the ONNX graph does not answer as the network does, or the contract
            would be unsound; nothing was written.
    """
    network = Deployed(policy.requires_grad_(False).eval())
    first, names = random_inputs(policy, np.random.default_rng(0)), input_names(deployment.camera)
    graph, error = checked_graph(
        lambda path: write_graph(network, first, names, path),
        lambda path: largest_error(policy, path),
    )
    terms = Terms(
        name=deployment.name,
        robot=deployment.robot,
        tasks=deployment.tasks,
        camera=deployment.camera,
        image_size=policy.backbone.config.image_size,
        dt=DT,
        horizon=policy.horizon,
        execute=policy.execute,
    )
    scale = policy.scale
    statistics = (scale.state_mean, scale.state_std, scale.action_low, scale.action_high)
    record = {**about, **_circumstances(), "family": policy.family, "onnx_max_error": error}
    return Exported(out, write_bundle(out, graph, terms, statistics, record), error)


def largest_error(policy: Policy, path: Path) -> float:
    """Largest difference between ONNX Runtime and torch over fresh inputs that leave a policy no
    doubt (of which token policies have some in about one in a hundred), action units.
    """

    def settled_inputs(rng: np.random.Generator) -> Inputs:
        while True:
            inputs = random_inputs(policy, rng)
            if policy.settled(policy.see(*inputs)):
                return inputs

    return largest_difference(lambda inputs: policy.act(policy.see(*inputs)), settled_inputs, path)


def random_inputs(policy: Policy, rng: np.random.Generator) -> Inputs:
    """One plausible set of inputs, see ``bundle_writer.plausible_inputs``."""
    scale = policy.scale
    mean, std = scale.state_mean.numpy(), scale.state_std.numpy()
    return plausible_inputs(policy.backbone.config.image_size, mean, std, rng)


def _circumstances() -> dict[str, str]:
    return {
        "export_command": this_command(),
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "torch": version("torch"),
        "rlco": version("rlco_trainer"),
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


def main(arguments: Sequence[str]) -> None:
    """rlco export"""
    config = parse(ExportConfig, arguments, "export")
    policy, about = load_policy(config.policy)
    with remade(config.out, MANIFEST_FILE) as scratch:
        exported = export(policy, scratch, deployment(config, about), about)
        calibrate(scratch, config.domain)
    print(f"{config.out}: ONNX differs from torch by at most {exported.max_error:.1e}")
