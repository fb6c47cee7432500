# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A real server in a process of its own, and clients that behave well and badly."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgpack
import numpy as np
import pytest
from serving_process import BUNDLE, PATIENCE_S, Client, ServerProcess, seen
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from rlco_core.bundle import load_bundle
from rlco_core.errors import BundleError
from rlco_core.types import ActionChunk, Observation
from rlco_policy.onnx_policy import OnnxPolicy
from rlco_policy.serving.access import Access
from rlco_policy.serving.codec import pack
from rlco_policy.serving.observing import observation_to_message
from rlco_policy.serving.served import Served
from rlco_policy.serving.service import Limits, Service


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with ServerProcess(frame_mb=1) as server:
        yield server


@pytest.fixture
def client(server: ServerProcess) -> Iterator[Client]:
    client = Client(server.url)
    yield client
    client.close()


@pytest.fixture(scope="module")
def local() -> OnnxPolicy:
    return OnnxPolicy(load_bundle(BUNDLE))


def message(number: int = 0) -> dict[str, Any]:
    return observation_to_message(seen(number))


def answers(reply: Any, chunk: ActionChunk) -> bool:
    """Whether a reply is this chunk, to the bit."""
    return bool(
        reply["actions"].tobytes() == chunk.actions.tobytes()
        and (reply["stamp_ns"], reply["dt"]) == (chunk.stamp_ns, chunk.dt)
        and reply["contract_sha256"] == chunk.contract_hash
    )


def test_a_client_is_told_the_contract(client: Client) -> None:
    bundle = load_bundle(BUNDLE)
    assert client.metadata == {
        "protocol": "rlco-policy/1",
        "name": bundle.manifest.name,
        "bundle_sha256": bundle.sha256,
        "contract": bundle.contract.to_json(),
        "contract_sha256": bundle.contract.sha256(),
    }


def test_answers_are_those_of_the_same_process_to_the_bit(
    client: Client, local: OnnxPolicy
) -> None:
    for number in range(5):
        reply = client.ask(pack(message(number)))
        assert answers(reply, local.infer(seen(number)))
        assert reply["server_timing"].keys() == {"queue_ms", "read_ms", "infer_ms", "batch"}
        assert all(0.0 <= value < 60_000.0 for value in reply["server_timing"].values())


def test_openpi_names_are_understood(client: Client, local: OnnxPolicy) -> None:
    ours = seen()
    given = {
        "observation/image": ours.images["front"],
        "observation/state": ours.proprioception.astype(np.float64),
        "prompt": ours.instruction,
    }
    reply = client.ask(pack(given))
    np.testing.assert_array_equal(reply["actions"], local.infer(ours).actions)


def test_larger_images_are_made_smaller(client: Client) -> None:
    large = {**message(), "images.front": np.full((128, 128, 3), 77, np.uint8)}
    small = {**message(), "images.front": np.full((64, 64, 3), 77, np.uint8)}
    expected = client.ask(pack(small))["actions"]
    np.testing.assert_array_equal(client.ask(pack(large))["actions"], expected)


def array_of(dtype: str, shape: list[int], data: bytes = b"") -> dict[bytes, Any]:
    return {b"__ndarray__": True, b"data": data, b"dtype": dtype, b"shape": shape}


HOSTILE: dict[str, tuple[bytes | str, str]] = {
    "garbage": (b"\xc1garbage", "not a msgpack message: "),
    "nothing": (b"", "not a msgpack message: "),
    "text": ("hello", "observations come in binary frames of msgpack; this one is text"),
    "truncated": (pack(message())[:-7], "not a msgpack message: "),
    "more": (pack(message()) + b"x", "not a msgpack message: "),
    "huge array": (msgpack.packb({"images.front": array_of("|u1", [2**40] * 3)}), "has 0 bytes"),
    "objects": (msgpack.packb({"images.front": array_of("|O", [1], b"12345678")}), "are refused"),
    "deep": (msgpack.packb([[[[[[1]]]]]]), "the message is nested deeper than 4 levels"),
    "very deep": (b"\x91" * 100_000 + b"\x01", "not a msgpack message: "),
    "wide": (msgpack.packb([[0] * 4000] * 200), "has more than 4096 entries"),
    "no map": (pack([1, 2]), "an observation should be a map with names as keys"),
    "nan": (pack({**message(), "proprioception": [np.nan] * 17}), "'proprioception' [0] is nan"),
    "novel": (pack({**message(), "instruction": "x" * 10_240}), "has 10240 characters; it should"),
    "shape": (
        pack({**message(), "images.front": np.zeros((48, 64, 3), np.uint8)}),
        "image of front is 64 x 48; it should be 64 x 64, or larger with the same aspect ratio",
    ),
    "float image": (
        pack({**message(), "images.front": np.zeros((64, 64, 3), np.float32)}),
        "image of front is float32 [64, 64, 3]; it should be uint8 [64, 64, 3], RGB",
    ),
    "wordless": (pack({**message(), "instruction": "\u0001"}), "it should say what to do"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_every_nonsense_gets_one_line_and_the_server_lives_on(
    client: Client, local: OnnxPolicy, name: str
) -> None:
    frame, line = HOSTILE[name]
    reply = client.ask(frame)
    assert isinstance(reply, str)
    assert line in reply
    assert "\n" not in reply
    assert len(reply) < 400
    assert answers(client.ask(pack(message(3))), local.infer(seen(3)))


def test_a_frame_that_is_too_large_ends_only_its_own_connection(
    server: ServerProcess, client: Client
) -> None:
    other = Client(server.url)
    with pytest.raises(ConnectionClosed, match="1009"):
        other.ask(b"x" * (2**20 + 1))
    assert "actions" in client.ask(pack(message()))


def test_a_client_that_leaves_without_its_answer_harms_nobody(
    server: ServerProcess, client: Client
) -> None:
    other = Client(server.url)
    other.connection.send(pack(message()))
    other.connection.socket.close()
    assert "actions" in client.ask(pack(message()))


def asked(url: str, count: int) -> list[Any]:
    """What one client got for as many observations, one after the other."""
    client = Client(url)
    replies = [client.ask(pack(message(number))) for number in range(count)]
    client.close()
    return replies


def test_four_clients_at_once_get_their_own_answers_and_fair_shares(local: OnnxPolicy) -> None:
    with ServerProcess(workers=2, patience=60.0) as server, ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(asked, [server.url] * 4, [25] * 4))
    expected = [local.infer(seen(number)) for number in range(25)]
    for mine in replies:
        assert all(map(answers, mine, expected))
    waits = [np.median([one["server_timing"]["queue_ms"] for one in mine]) for mine in replies]
    assert max(waits) < 4.0 * min(waits) + 20.0


def test_clients_at_once_are_answered_in_batches(local: OnnxPolicy) -> None:
    settings = {"batch": 4, "window": 0.5, "patience": 60.0}
    with ServerProcess(**settings) as server, ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(asked, [server.url] * 4, [10] * 4))
    sizes = Counter(one["server_timing"]["batch"] for mine in replies for one in mine)
    assert sizes[4] > sizes[1]
    for mine in replies:
        for number, reply in enumerate(mine):
            expected = local.infer(seen(number))
            np.testing.assert_allclose(reply["actions"], expected.actions, rtol=0, atol=1e-5)
            assert reply["stamp_ns"] == expected.stamp_ns


def test_an_overloaded_server_drops_the_oldest_and_says_so() -> None:
    with ServerProcess(queue=1) as server:
        with ThreadPoolExecutor(6) as pool:
            replies = list(pool.map(asked, [server.url] * 6, [40] * 6))
        kinds = Counter(type(one) for mine in replies for one in mine)
        assert kinds[str] > 0
        assert kinds[dict] > 0
        lines = [one for mine in replies for one in mine if isinstance(one, str)]
        assert all(
            one.startswith("overloaded: this observation was dropped after ") for one in lines
        )
        assert "actions" in Client(server.url).ask(pack(message()))
        _, logged = server.end(signal.SIGTERM)
    assert "dropped: 1 newer observations wait" in logged


class Stuck:
    """An engine that does not come back before the test lets it."""

    def __init__(self) -> None:
        self.contract = load_bundle(BUNDLE).contract
        self.free = threading.Event()

    def infer_all(self, observations: Sequence[Observation]) -> list[ActionChunk]:
        self.free.wait(PATIENCE_S)
        raise BundleError("too late")

    def truncates(self, instruction: str) -> bool:
        return False


async def asked_of(engine: Stuck, limits: Limits) -> str | bytes:
    """What a client is told by a server with this engine, in this very process."""
    served = Served("stuck", "", engine.contract)
    service = Service([engine], served, Access(), limits)
    port = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(service.run("127.0.0.1", 0, None, port.set_result))
    async with connect(f"ws://127.0.0.1:{await port}", proxy=None) as connection:
        await connection.recv()
        await connection.send(pack(message()))
        reply = await connection.recv()
    engine.free.set()
    task.cancel()
    await asyncio.wait({task})
    return reply


def test_an_engine_that_hangs_is_told() -> None:
    reply = asyncio.run(asked_of(Stuck(), Limits(answer_s=0.05)))
    assert reply == "the engine has not answered within 0.05 s"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_in_order_with_clients_connected(number: signal.Signals) -> None:
    with ServerProcess() as server:
        client = Client(server.url)
        code, logged = server.end(number)
        assert code == 0
        assert "Traceback" not in logged
        with pytest.raises(ConnectionClosed):
            client.ask(pack(message()))
