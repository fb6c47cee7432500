# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What nodes are told of what people ask for."""

from __future__ import annotations

import pytest

from rlco_bringup.graph import RobotSettings, SimSettings, robot_graph, sim_graph
from rlco_bringup.recording import RecordSettings, record_graph
from rlco_core.bundle import load_bundle
from rlco_core.errors import ConfigError
from rlco_policy.shipped import shipped_bundle
from rlco_trainer.evaluation import evaluate
from rlco_trainer.evaluation.config import EvalConfig

ASKED = {"engine": "openvino", "precision": "bf16", "threads": 2}


@pytest.mark.parametrize("graph", ["sim", "robot", "record"])
def test_the_policy_alone_is_told_what_runs_it(graph: str) -> None:
    providers = "TensorrtExecutionProvider, CUDAExecutionProvider"
    root = str(shipped_bundle())
    nodes = {
        "sim": lambda: sim_graph(SimSettings(**ASKED, providers=providers)),
        "robot": lambda: robot_graph(RobotSettings(**ASKED, providers=providers)),
        "record": lambda: record_graph(RecordSettings(**ASKED, providers=providers, bundle=root)),
    }[graph]()
    told = {spec.name: dict(spec.parameters) for spec in nodes}
    found = told.pop("policy_node")
    assert ASKED.items() <= found.items()
    assert found["providers"] == ["TensorrtExecutionProvider", "CUDAExecutionProvider"]
    assert not any(set(ASKED) & set(parameters) for parameters in told.values())


@pytest.mark.parametrize("over", [{"ros": True}, {"driver": "franka"}])
def test_an_evaluation_over_ros_takes_the_engine_along(over: dict[str, object]) -> None:
    config = EvalConfig(**over, engine="openvino", precision="bf16", threads=2)
    settings = evaluate._system(config, load_bundle(shipped_bundle()))
    assert (settings.engine, settings.precision, settings.threads) == ("openvino", "bf16", 2)


def test_a_robots_camera_may_compress_and_the_simulators_does_not() -> None:
    (policy, _) = robot_graph(RobotSettings(image_transport="compressed"))
    assert policy.parameters["image_transport"] == "compressed"
    with pytest.raises(ConfigError, match="the simulator's images are raw"):
        robot_graph(RobotSettings(image_transport="compressed", use_mock_hardware=True))
