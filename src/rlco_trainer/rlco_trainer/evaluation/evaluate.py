# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco eval: a policy bundle's success rate, in process or over ROS 2."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from rich.console import Console

from rlco_bringup.graph import RobotSettings, SimSettings
from rlco_core.bundle import Bundle, load_bundle
from rlco_core.camera_sizes import Cameras, cameras_that_fit
from rlco_core.contract import compare
from rlco_core.errors import ContractMismatch
from rlco_core.robot import RobotConfig
from rlco_policy.engines.settings import EngineSettings
from rlco_policy.parity import for_cameras, open_policy
from rlco_policy.policy import Policy
from rlco_policy.serving.remote import RemotePolicy, open_remote
from rlco_policy.serving.served import Served
from rlco_policy.shipped import shipped_bundle
from rlco_sim.domain import Domain
from rlco_sim.scene import check_split
from rlco_sim.session import DT, Session
from rlco_sim.tasks import task_class
from rlco_trainer.arguments import parse, this_command
from rlco_trainer.evaluation.config import EvalConfig, check_config
from rlco_trainer.evaluation.expert_rollout import ExpertRoller
from rlco_trainer.evaluation.results import EpisodeResult, EvaluationResult, Latency
from rlco_trainer.evaluation.rollout import Roller, Trace, all_latencies
from rlco_trainer.evaluation.ros_rollout import RosRoller
from rlco_trainer.progress import progress
from rlco_trainer.report.report import print_table

_ANSWER_SECONDS = 30.0
_VERSIONS = ("rlco_trainer", "numpy", "onnxruntime", "pybullet", "pin")


@dataclass(frozen=True)
class Evaluation:
    """The result and the traces that it was made of, in the same order."""

    result: EvaluationResult
    traces: tuple[Trace, ...]


def evaluate(config: EvalConfig, log_dir: Path | None = None) -> Evaluation:
    """Runs all episodes; ``log_dir`` gets the logs of the nodes when it is over ROS.

    Raises:
        RlcoError: bundle, task, domain or robot are unsound or do not fit each other.
    """
    check_config(config)
    bundle: Bundle | None = None
    if config.policy == "bundle" and not config.server:
        task, robot = task_class(config.task).name, RobotConfig.load(config.robot).name
        bundle = load_bundle(config.bundle or shipped_bundle(task, robot))
        check_fit(bundle, config)
    with _runner(config, bundle, log_dir) as (run, sha256):
        started = time.monotonic()
        traces = tuple(_traces(config, run))
        wall = time.monotonic() - started
    decisions = sum(len(trace.latency_ms) for trace in traces)
    result = EvaluationResult(
        task=config.task,
        domain=config.domain,
        split=config.split,
        policy=config.policy,
        bundle_sha256=sha256,
        mode=_mode(config),
        robot=config.robot,
        episodes=tuple(episode_result(trace, config.task) for trace in traces),
        latency_ms=Latency.of(all_latencies(traces)),
        decisions_per_second=round(decisions / wall, 3),
        wall_seconds=round(wall, 3),
        versions={name: version(name) for name in _VERSIONS},
        command=this_command(),
    )
    return Evaluation(result, traces)


def check_fit(bundle: Bundle | Served, config: EvalConfig) -> None:
    """Raises one line if the bundle, be it on a server, does not fit task, domain and robot."""
    check_split(config.split, task_class(config.task))
    camera = Domain.load(config.domain).camera
    scene = {
        "robot": RobotConfig.load(config.robot).name,
        "tasks": [config.task],
        "cameras": [{"name": camera.name}],
        "action": {"dt": DT},
    }
    differences = compare(bundle.contract, scene)
    if differences:
        raise ContractMismatch(f"the bundle does not fit the scene: {'; '.join(differences)}")
    _cameras(bundle, config)


def _cameras(bundle: Bundle | Served, config: EvalConfig) -> Cameras:
    """The bundle's cameras as the domain has them."""
    camera = Domain.load(config.domain).camera
    return cameras_that_fit(bundle.contract, {camera.name: (camera.width, camera.height)})


def opened_policy(bundle: Bundle, config: EvalConfig) -> Policy:
    """The bundle on the engine that was asked for, for the domain's camera."""
    settings = EngineSettings(config.engine, config.precision, threads=config.threads)
    return for_cameras(open_policy(bundle, settings), _cameras(bundle, config))


def new_session(config: EvalConfig) -> Session:
    """The simulation that the episodes run in."""
    robot = RobotConfig.load(config.robot)
    return Session(config.task, Domain.load(config.domain), robot, config.split)


def episode_result(trace: Trace, task: str) -> EpisodeResult:
    """The row of a trace in the evaluation's JSON."""
    return EpisodeResult(
        seed=trace.seed,
        instruction=trace.instruction,
        subject=task_class(task).subject(trace.instruction),
        success=trace.success,
        steps=trace.steps,
        stop_reason=trace.stop_reason,
    )


def _mode(config: EvalConfig) -> Literal["in_process", "ros", "driver"]:
    return "driver" if config.driver else "ros" if config.ros else "in_process"


_Run = Callable[[int, str, int], Trace]


@contextmanager
def _runner(
    config: EvalConfig, bundle: Bundle | None, log_dir: Path | None
) -> Iterator[tuple[_Run, str]]:
    """What runs episodes, and the hash of the bundle in them."""
    if config.server:
        with closing(_remote(config)) as remote:
            check_fit(remote.served, config)
            yield Roller(remote, new_session(config)).run, remote.served.sha256
    elif bundle is None:
        yield ExpertRoller(new_session(config)).run, ""
    elif config.ros or config.driver:
        with RosRoller(_system(config, bundle), log_dir) as roller:
            yield roller.run, bundle.sha256
    else:
        yield Roller(opened_policy(bundle, config), new_session(config)).run, bundle.sha256


def _remote(config: EvalConfig) -> RemotePolicy:
    """The policy on the server; episodes wait for its answers, however late."""
    return open_remote(
        url=config.server,
        token_file=str(config.token_file or ""),
        foreign_file=str(config.server_contract or ""),
        timeout_s=_ANSWER_SECONDS,
        patience_s=_ANSWER_SECONDS,
    )


def _system(config: EvalConfig, bundle: Bundle) -> SimSettings | RobotSettings:
    played: dict[str, Any] = {
        "bundle": str(bundle.root.resolve()),
        "engine": config.engine,
        "precision": config.precision,
        "threads": config.threads,
        "task": config.task,
        "domain": config.domain,
        "robot": config.robot,
    }
    if not config.driver:
        return SimSettings(**played, split=config.split)
    return RobotSettings(
        **played,
        driver=config.driver,
        use_mock_hardware=True,
        real_time_factor=config.real_time_factor,
    )


def _traces(config: EvalConfig, run: _Run) -> Iterator[Trace]:
    seeds: Sequence[int] = range(config.seed, config.seed + config.episodes)
    instructions = _instructions(config, seeds)
    successes = 0
    with progress("episodes", len(seeds)) as advance:
        for done, (seed, instruction) in enumerate(zip(seeds, instructions, strict=True), 1):
            trace = run(seed, instruction, config.max_steps)
            successes += trace.success
            advance(1, f"{successes} of {done} succeeded")
            yield trace


def _instructions(config: EvalConfig, seeds: Sequence[int]) -> list[str]:
    """What replaces each scene's own instruction; empty where nothing does."""
    if not config.swap_instruction:
        return [config.instruction] * len(seeds)
    session = new_session(config)
    swapped = task_class(config.task).swapped
    return [swapped(session.reset(seed).instruction) for seed in seeds]


@dataclass(frozen=True)
class EvalCommand(EvalConfig):
    """Success rate of a policy bundle, or of the expert.

    Attributes:
        json: file that gets the results.
        logs: directory that gets the nodes' logs, with --ros.
    """

    json: Path | None = None
    logs: Path | None = None


def main(arguments: Sequence[str]) -> None:
    """rlco eval"""
    config = parse(EvalCommand, arguments, "eval")
    evaluation = evaluate(config, config.logs)
    print_table(evaluation.result, Console())
    if config.json is not None:
        evaluation.result.write(config.json)
