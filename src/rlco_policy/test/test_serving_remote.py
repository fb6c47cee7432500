# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A policy on a real server in the place of one that runs here."""

from __future__ import annotations

import dataclasses
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from serving_process import BUNDLE, ServerProcess, seen, until
from test_serving_access import token_file

from rlco_core.bundle import load_bundle
from rlco_core.errors import ConfigError, RlcoError
from rlco_core.proprioception import COLUMNS
from rlco_core.types import ACTION_COLUMNS, ActionChunk, Observation
from rlco_policy.onnx_policy import OnnxPolicy
from rlco_policy.serving.dialects import Own
from rlco_policy.serving.link import Endpoint, ServerError
from rlco_policy.serving.remote import RemotePolicy, open_remote
from rlco_policy.serving.served import Served
from rlco_policy.shipped import shipped_bundle

TOKEN = "0123456789abcdef"
PATIENT_S = 30.0


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with ServerProcess() as server:
        yield server


def opened(url: str, timeout_s: float = PATIENT_S, patience_s: float = PATIENT_S) -> RemotePolicy:
    return open_remote(url, "", "", timeout_s, patience_s)


def test_it_answers_as_the_policy_does_here(server: ServerProcess) -> None:
    remote, local = opened(server.url), OnnxPolicy(load_bundle(BUNDLE))
    assert remote.contract == local.contract
    assert remote.contract_hash == local.contract_hash
    assert remote.provider == server.url
    assert remote.served.sha256 == load_bundle(BUNDLE).sha256
    for number in range(3):
        there, here = remote.infer(seen(number)), local.infer(seen(number))
        assert there.actions.tobytes() == here.actions.tobytes()
        assert (there.stamp_ns, there.dt, there.contract_hash) == (
            here.stamp_ns,
            here.dt,
            here.contract_hash,
        )
    remote.close()


def test_what_was_announced_is_no_answer_to_anything(server: ServerProcess) -> None:
    remote, local = opened(server.url), OnnxPolicy(load_bundle(BUNDLE))
    remote.announce("nudge the green cube over there")
    there = remote.infer(seen(3))
    assert there.actions.tobytes() == local.infer(seen(3)).actions.tobytes()
    remote.close()


def test_what_the_server_refuses_is_told(server: ServerProcess) -> None:
    remote = opened(server.url)
    with pytest.raises(ServerError) as caught:
        remote.infer(seen(size=32))
    assert str(caught.value) == (
        f"{server.url}: image of front is 32 x 32; it should be 64 x 64, "
        "or larger with the same aspect ratio"
    )
    assert remote.infer(seen()).actions.shape == (8, 7)
    remote.close()


def test_a_late_answer_is_dropped_and_the_next_is_the_right_one(server: ServerProcess) -> None:
    hasty = opened(server.url, timeout_s=1e-5)
    with pytest.raises(ServerError, match=r"has not answered within 0 ms; the answer will be dr"):
        hasty.infer(seen(1))
    reasons = set()

    def free() -> bool:
        try:
            hasty.infer(seen(2))
        except ServerError as error:
            reasons.add(str(error).removeprefix(f"{server.url} "))
        return len(reasons) == 2

    until(free)
    assert reasons == {
        "still owes an answer to another observation; this one was not sent",
        "has not answered within 0 ms; the answer will be dropped",
    }
    hasty.close()


def test_a_server_that_was_killed_is_found_again() -> None:
    local = OnnxPolicy(load_bundle(BUNDLE))
    with ServerProcess() as first:
        remote = opened(first.url)
        assert remote.infer(seen()).actions.shape == (8, 7)
        first.end(signal.SIGKILL)
        with pytest.raises(ServerError, match=r"closed the connection|no connection to ws://127"):
            remote.infer(seen())
        with ServerProcess(port=first.port):
            until(lambda: answered(remote))
            assert remote.infer(seen(4)).actions.tobytes() == local.infer(seen(4)).actions.tobytes()
    remote.close()


def test_a_server_that_comes_back_with_another_contract_is_not_asked() -> None:
    with ServerProcess() as first:
        remote = opened(first.url)
        first.end(signal.SIGKILL)
        with ServerProcess(shipped_bundle("open_drawer", "panda"), port=first.port):
            until(lambda: "came back with another bundle, open_drawer_panda (" in refusal(remote))
    remote.close()


def test_a_server_that_comes_back_with_other_weights_is_not_asked(tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(BUNDLE, other)
    manifest = yaml.safe_load((other / "manifest.yaml").read_text())
    manifest["provenance"]["seed"] = 7
    (other / "manifest.yaml").write_text(yaml.safe_dump(manifest))
    ours, theirs = load_bundle(BUNDLE), load_bundle(other)
    assert ours.contract == theirs.contract
    line = (
        f"the server came back with another bundle, {ours.manifest.name} ({theirs.sha256[:12]}); "
        f"it should be {ours.manifest.name} ({ours.sha256[:12]}): start anew to accept it"
    )
    with ServerProcess() as first:
        remote = opened(first.url)
        first.end(signal.SIGKILL)
        with ServerProcess(other, port=first.port):
            until(lambda: line in refusal(remote))
    assert remote.served.sha256 == ours.sha256
    remote.close()


class _Careless(Own):
    """Fails at an answer as nobody foresaw."""

    def actions(self, answer: object, observation: Observation, served: Served) -> ActionChunk:
        raise ValueError("The truth value of an array\nis ambiguous")


def test_an_answer_whose_like_was_not_foreseen_is_one_line(server: ServerProcess) -> None:
    remote = RemotePolicy(Endpoint(server.url, timeout_s=PATIENT_S), _Careless(), PATIENT_S)
    with pytest.raises(ServerError) as caught:
        remote.infer(seen())
    assert str(caught.value) == (
        f"{server.url}: its answer cannot be used: ValueError: The truth value of an array is "
        "ambiguous"
    )
    remote.close()


def test_an_endless_instruction_is_not_sent(server: ServerProcess) -> None:
    remote, long = opened(server.url), "push " * 1_000
    with pytest.raises(ConfigError, match="the instruction has 5000 characters; it should have at"):
        remote.infer(dataclasses.replace(seen(), instruction=long))
    with pytest.raises(ConfigError, match="the instruction has 5000 characters; it should have at"):
        remote.announce(long)
    remote.close()


def answered(remote: RemotePolicy) -> bool:
    return not refusal(remote)


def refusal(remote: RemotePolicy) -> str:
    try:
        remote.infer(seen())
    except RlcoError as error:
        return str(error)
    return ""


def test_the_token_is_sent(tmp_path: Path) -> None:
    path = str(token_file(tmp_path, TOKEN))
    with ServerProcess(token_file=path) as server:
        remote = open_remote(server.url, path, "", PATIENT_S, PATIENT_S)
        assert remote.infer(seen()).actions.shape == (8, 7)
        remote.close()
        with pytest.raises(ServerError) as caught:
            opened(server.url)
    assert str(caught.value) == (
        f"{server.url}: refused with HTTP 401: the server wants its token: "
        "'Authorization: Bearer TOKEN'"
    )


def test_where_nobody_listens_is_told() -> None:
    with pytest.raises(ServerError, match=r"no connection to ws://127.0.0.1:1 within 0.5 s: .*111"):
        opened("ws://127.0.0.1:1", patience_s=0.5)


@pytest.mark.parametrize("url", ["", "127.0.0.1:8000", "http://127.0.0.1:8000", "ws://"])
def test_what_is_no_server_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match=r"it should be ws://HOST:PORT or wss://"):
        Endpoint(url)


def foreign(folder: Path, columns: tuple[str, ...] = ACTION_COLUMNS) -> str:
    """How an openpi server with the contract of the shipped policy would be described."""
    contract = load_bundle(BUNDLE).contract
    action = {**contract.action.model_dump(), "columns": list(columns)}
    keys = {
        "images": {"front": "observation/image"},
        "state": "observation/state",
        "instruction": "prompt",
    }
    description = {
        "robot": contract.robot,
        "tasks": list(contract.tasks),
        "cameras": [camera.model_dump() for camera in contract.cameras],
        "action": action,
        "keys": keys,
        "state": list(COLUMNS),
    }
    path = folder / "openpi.yaml"
    path.write_text(yaml.safe_dump(description))
    return str(path)


def test_as_a_client_of_openpi_would_it_reads_the_contract_from_a_file(
    server: ServerProcess, tmp_path: Path
) -> None:
    remote = open_remote(server.url, "", foreign(tmp_path), PATIENT_S, PATIENT_S)
    local = OnnxPolicy(load_bundle(BUNDLE))
    assert (remote.served.name, remote.contract) == ("openpi", local.contract)
    np.testing.assert_array_equal(remote.infer(seen()).actions, local.infer(seen()).actions)
    remote.close()


def test_columns_come_in_the_order_of_the_server(server: ServerProcess, tmp_path: Path) -> None:
    path = foreign(tmp_path, (*ACTION_COLUMNS[3:], *ACTION_COLUMNS[:3]))
    remote = open_remote(server.url, "", path, PATIENT_S, PATIENT_S)
    expected = OnnxPolicy(load_bundle(BUNDLE)).infer(seen()).actions
    np.testing.assert_array_equal(remote.infer(seen()).actions, expected[:, [4, 5, 6, 0, 1, 2, 3]])
    remote.close()


def test_another_number_of_columns_is_refused(server: ServerProcess, tmp_path: Path) -> None:
    path = foreign(tmp_path, (*ACTION_COLUMNS, "unused"))
    remote = open_remote(server.url, "", path, PATIENT_S, PATIENT_S)
    with pytest.raises(RlcoError, match=r"actions have shape \[8, 7\]; it should be \[8, 8\]"):
        remote.infer(seen())
    remote.close()
