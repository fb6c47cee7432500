# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Who may connect to a real server, and who is sent away."""

from __future__ import annotations

import signal
import ssl
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from serving_process import PATIENCE_S, Client, ServerProcess, seen
from test_serving_access import certificate, token_file
from websockets.exceptions import InvalidStatus

from rlco_policy.serving.codec import pack
from rlco_policy.serving.observing import observation_to_message

TOKEN = "0123456789abcdef"
OBSERVED = pack(observation_to_message(seen()))


def fetched(url: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    """Status and text of plain HTTP."""
    request = urllib.request.Request(url.replace("ws", "http", 1), headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_the_health_check_is_where_openpi_has_it_and_web_pages_may_not_ask() -> None:
    with ServerProcess() as server:
        assert fetched(f"{server.url}/healthz") == (200, "OK\n")
        with pytest.raises(InvalidStatus, match="403"):
            Client(server.url, origin="http://example.com")


def test_only_the_token_lets_in(tmp_path: Path) -> None:
    with ServerProcess(token_file=str(token_file(tmp_path, TOKEN))) as server:
        for wrong in ("", "wrong", TOKEN[:-1]):
            with pytest.raises(InvalidStatus) as caught:
                Client(server.url, wrong)
            assert caught.value.response.status_code == 401
            line = bytes(caught.value.response.body).decode()
            assert line == "the server wants its token: 'Authorization: Bearer TOKEN'\n"
        assert "actions" in Client(server.url, TOKEN).ask(OBSERVED)
        assert fetched(f"{server.url}/healthz")[0] == 200
        code, logged = server.end(signal.SIGTERM)
    assert code == 0
    assert "refused: no or another token" in logged
    assert TOKEN not in logged


def test_over_tls(tmp_path: Path) -> None:
    path, key = certificate(tmp_path)
    trusting = ssl.create_default_context(cafile=path)
    with ServerProcess(host="localhost", certificate=str(path), key=str(key)) as server:
        assert server.url.startswith("wss://localhost:")
        assert "actions" in Client(server.url, ssl=trusting).ask(OBSERVED)
        with pytest.raises(ssl.SSLCertVerificationError):
            Client(server.url)


def test_more_clients_than_allowed_are_sent_away() -> None:
    with ServerProcess(clients=1) as server:
        first = Client(server.url)
        with pytest.raises(InvalidStatus) as caught:
            Client(server.url)
        assert caught.value.response.status_code == 503
        assert "actions" in first.ask(OBSERVED)


def test_what_would_be_unguarded_does_not_start() -> None:
    server = ServerProcess(host="0.0.0.0")
    _, logged = server.process.communicate(timeout=PATIENCE_S)
    assert "listening on '0.0.0.0' lets other machines ask; give --token-file" in logged
