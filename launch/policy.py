# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Which policy a system plays and what runs it, as arguments and as parameters of its node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rlco_core.errors import ConfigError
from rlco_core.robot import RobotConfig
from rlco_policy.engines.settings import CPU
from rlco_policy.serving.remote import open_remote
from rlco_policy.shipped import shipped_bundle


@dataclass(frozen=True)
class PolicySettings:
    """Which policy is played, and what runs it.

    Attributes:
        bundle: directory of the policy bundle; where there is none, the one that ships for the
            task and the robot.
        server: URL of a policy server that is asked in place of a bundle.
        server_token_file, server_contract: files that the server asks for, see docs/serving.md.
        task: push_cube, pick_place, open_drawer or close_drawer.
        robot: the arm: panda, fr3, ur5e, or a file of your own.
        engine: what runs a bundle's graph: onnxruntime or openvino, see docs/inference.md.
        precision: of that: fp32, fp16, bf16 or int8.
        threads: of that.
        providers: ONNX Runtime's execution providers by priority, with commas between them.
    """

    bundle: str = ""
    server: str = ""
    server_token_file: str = ""
    server_contract: str = ""
    task: str = "push_cube"
    robot: str = "panda"
    engine: str = "onnxruntime"
    precision: str = "fp32"
    threads: int = 1
    providers: str = CPU


def sources(settings: PolicySettings) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the policy node is told of its policy, and what the bridge is: the bundle, or the
    server and the contract that the server tells.

    Raises:
        BundleError: no bundle was named, and none ships that would fit.
        ConfigError: bundle and server are both named.
        ServerError: the server does not answer.
    """
    if not settings.server:
        robot = RobotConfig.load(settings.robot).name
        root = settings.bundle or str(shipped_bundle(settings.task, robot))
        return {"bundle": root, **_engine(settings)}, {"bundle": root}
    if settings.bundle:
        raise ConfigError("a server takes the place of a bundle; give one of the two")
    files = {
        "server_token_file": settings.server_token_file,
        "server_contract": settings.server_contract,
    }
    remote = open_remote(settings.server, settings.server_token_file, settings.server_contract)
    remote.close()
    return {"server": settings.server, **files}, {"contract": remote.contract.to_json()}


def _engine(settings: PolicySettings) -> dict[str, Any]:
    return {
        "engine": settings.engine,
        "precision": settings.precision,
        "threads": settings.threads,
        "providers": [name.strip() for name in settings.providers.split(",")],
    }
