# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What nodes are told of what people ask for."""

from __future__ import annotations

from typing import Any

import pytest

from rlco_bringup.graph import RobotSettings, SimSettings, robot_graph, sim_graph
from rlco_bringup.recording import RecordSettings, record_graph
from rlco_bringup.words import text_of, value_of
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


def test_launch_arguments_are_of_the_kind_of_their_defaults() -> None:
    assert [text_of(value) for value in (True, False, 2, "x")] == ["true", "false", "2", "x"]
    assert [value_of("flag", text, False) for text in ("true", "Yes", "1", "no")] == [True] * 3 + [
        False
    ]
    assert (value_of("n", "2", 0), value_of("x", "0.5", 1.0), value_of("s", "a", "")) == (
        2,
        0.5,
        "a",
    )


@pytest.mark.parametrize(
    ("text", "default", "line"),
    [
        ("on", False, "one:=on: it is a flag; write true or false"),
        ("ture", True, "one:=ture: it is a flag"),
        ("2.5", 1, "one:=2.5: it should be a whole number"),
        ("fast", 1.0, "one:=fast: it should be a number"),
    ],
)
def test_a_launch_argument_of_another_kind_is_refused(text: str, default: Any, line: str) -> None:
    with pytest.raises(ConfigError, match=line):
        value_of("one", text, default)
