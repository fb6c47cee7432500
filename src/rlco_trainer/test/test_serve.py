# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco serve, rlco eval against it, and what a server costs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rlco_bringup.graph import RobotSettings, SimSettings, robot_graph, sim_graph
from rlco_bringup.recording import RecordSettings, record_graph
from rlco_core.bundle import load_bundle
from rlco_core.contract import Contract
from rlco_core.errors import ConfigError, ContractMismatch
from rlco_policy.shipped import shipped_bundle
from rlco_trainer import cli
from rlco_trainer.bench.policy import serving
from rlco_trainer.bench.policy.part import Options
from rlco_trainer.evaluation.config import EvalConfig
from rlco_trainer.evaluation.evaluate import evaluate

SHORT = EvalConfig(episodes=2, seed=20, max_steps=12)
_START = "from rlco_trainer.cli import main; raise SystemExit(main())"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Of the shipped bundle's server."""
    command = [sys.executable, "-c", _START, "serve", "--bundle", str(shipped_bundle())]
    server = subprocess.Popen([*command, "--port", "0"], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    line = server.stdout.readline()
    assert line.startswith(f"serving {shipped_bundle()} on ws://127.0.0.1:")
    yield line.split()[-1]
    server.terminate()
    assert server.wait(30.0) == 0


def test_episodes_are_those_of_the_bundle_in_this_process(url: str) -> None:
    there, here = evaluate(replace(SHORT, server=url)), evaluate(SHORT)
    assert there.result.episodes == here.result.episodes
    assert there.result.bundle_sha256 == load_bundle(shipped_bundle()).sha256
    for far, near in zip(there.traces, here.traces, strict=True):
        np.testing.assert_array_equal(far.commands, near.commands)


def test_a_server_whose_policy_does_not_fit_is_refused(url: str) -> None:
    with pytest.raises(ContractMismatch, match=r"tasks: bundle has \['push_cube'\].*'open_drawer'"):
        evaluate(replace(SHORT, server=url, task="open_drawer"))


@pytest.mark.parametrize(
    "more", [{"bundle": Path("b")}, {"policy": "expert"}, {"ros": True}, {"driver": True}]
)
def test_a_server_takes_the_place_of_a_bundle_in_this_process(more: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="--server takes the place of --bundle and is asked from"):
        evaluate(replace(SHORT, server="ws://127.0.0.1:1", **more))


@pytest.mark.parametrize("make", [SimSettings, RobotSettings])
def test_the_graphs_tell_the_policy_the_server_and_the_bridge_its_contract(
    url: str, make: type[SimSettings] | type[RobotSettings]
) -> None:
    settings = make(server=url)
    graph = robot_graph(settings) if isinstance(settings, RobotSettings) else sim_graph(settings)
    told = {spec.name: spec.parameters for spec in graph}
    assert told["policy_node"]["server"] == url
    assert "bundle" not in {*told["policy_node"], *told["bridge_node"]}
    contract = load_bundle(shipped_bundle()).contract
    assert Contract.from_json(told["bridge_node"]["contract"]) == contract


def test_a_system_has_a_bundle_or_a_server_and_people_take_over_from_a_bundle() -> None:
    with pytest.raises(ConfigError, match="a server takes the place of a bundle; give one of the"):
        sim_graph(SimSettings(bundle="b", server="ws://127.0.0.1:1"))
    with pytest.raises(ConfigError, match="people take over from a policy that runs here; give"):
        record_graph(RecordSettings(server="ws://127.0.0.1:1"))


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--workers", "0"], "rlco serve: workers is 0; it should be 1 or more"),
        (["--patience", "0"], "rlco serve: patience is 0.0 s; it should be positive"),
        (["--batch", "9"], "rlco serve: queue is 8; it should be 9 or more, as batch"),
        (["--host", "0.0.0.0"], "rlco serve: listening on '0.0.0.0' lets other machines ask; give"),
        (["--certificate", "c.pem"], "rlco serve: TLS needs both --certificate and --key"),
        (["--token-file", "none"], "rlco serve: token file none cannot be read"),
    ],
)
def test_what_cannot_be_served_is_one_line(
    words: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["serve", "--bundle", str(shipped_bundle()), *words]) == 1
    error = capsys.readouterr().err
    assert error.startswith(line)
    assert error.count("\n") == 1


def test_the_bench_has_a_row_for_every_kind_of_load() -> None:
    part = serving.measure(Options(seconds=0.2, threads=(1,)))
    names = [row["name"] for row in part.rows]
    assert names == [
        "served, 64 x 64, 1 at 20 per second",
        "served, 64 x 64, 4 at 20 per second",
        "served, 224 x 224, 1 at 20 per second",
        "served, 224 x 224, 4 at 20 per second",
        "served, 4 without a pause, workers of one thread, batches of 1",
        "served, 4 without a pause, workers of one thread, batches of 4",
    ]
    for row in part.rows:
        assert row["threads"] == 1
        assert 0.0 < float(str(row["p50_ms"])) <= float(str(row["p99_ms"]))
        assert int(str(row["answers"])) >= 1
