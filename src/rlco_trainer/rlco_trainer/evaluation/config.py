# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What is evaluated, as people say it on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rlco_core.errors import ConfigError
from rlco_policy.engines.engine import Precision
from rlco_policy.engines.settings import EngineName


@dataclass(frozen=True)
class EvalConfig:
    """What is evaluated.

    Attributes:
        policy: ``bundle``, or ``expert`` for the task's scripted expert.
        bundle: directory of the policy bundle; where there is none, the one that ships for the
            task and the robot.
        server: URL of a policy server in the place of a bundle.
        token_file: holds the token that the server wants.
        server_contract: YAML file with the contract, of an openpi server.
        task: push_cube, pick_place, open_drawer or close_drawer.
        domain: of the simulation: a name (`rlco domain list`), or a file of your own.
        robot: the arm: panda, fr3, ur5e, or a file of your own.
        split: what episodes are drawn from: train, or one of the unseen_... splits.
        episodes: how many.
        seed: of the first episode; then seed + 1 ...
        instruction: replaces the scene's own.
        swap_instruction: name another subject than the scene would.
        max_steps: control periods per episode; 0 for the task's own limit.
        ros: over ROS 2, three processes in lock-step; by default in this process.
        driver: over ROS 2 in real time, through this driver as it is simulated: ur, ur_stream,
            franka, franka_crisp, or the path of a YAML file.
        real_time_factor: how fast simulated time passes then.
        engine: what runs the bundle, here or in the policy node.
        precision: of that; what drifts from the bundle's own answers is refused.
        threads: of that.
    """

    policy: Literal["bundle", "expert"] = "bundle"
    bundle: Path | None = None
    server: str = ""
    token_file: Path | None = None
    server_contract: Path | None = None
    task: str = "push_cube"
    domain: str = "twin"
    robot: str = "panda"
    split: str = "train"
    episodes: int = 20
    seed: int = 10_000
    instruction: str = ""
    swap_instruction: bool = False
    max_steps: int = 0
    ros: bool = False
    driver: str = ""
    real_time_factor: float = 1.0
    engine: EngineName = "onnxruntime"
    precision: Precision = "fp32"
    threads: int = 1


def check_config(config: EvalConfig) -> None:
    """Raises one line if options do not go together."""
    if config.episodes < 1 or min(config.seed, config.max_steps) < 0:
        raise ConfigError("--episodes must be at least 1, --seed and --max-steps not negative")
    if config.policy == "expert" and (config.ros or config.driver):
        raise ConfigError(
            "the expert sees the simulation's state, so it cannot run with --ros or --driver"
        )
    elsewhere = config.bundle or config.policy == "expert" or config.ros or config.driver
    if config.server and elsewhere:
        raise ConfigError(
            "--server takes the place of --bundle and is asked from this process: "
            "not with --bundle, --policy expert, --ros or --driver"
        )
    by_itself = (EvalConfig.engine, EvalConfig.precision)
    if config.server and (config.engine, config.precision) != by_itself:
        raise ConfigError(
            f"the server has an engine of its own; --engine {config.engine} --precision "
            f"{config.precision} should go without --server"
        )
    if config.driver and config.split != "train":
        raise ConfigError("--driver draws its episodes from the split train")
