# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Tokens, TLS, and what is refused without them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from rlco_core.errors import ConfigError
from rlco_policy.serving.access import Access, read_token, require_guarded, server_tls

TOKEN = "0123456789abcdef"


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ([f"Bearer {TOKEN}"], True),
        ([f"Api-Key {TOKEN}"], True),
        ([f"Basic {TOKEN}"], False),
        ([TOKEN], False),
        ([f"Bearer {TOKEN}x"], False),
        (["Bearer "], False),
        (["Bearer \u00e9"], False),
        ([f"Bearer {TOKEN}", f"Bearer {TOKEN}"], False),
        ([], False),
    ],
)
def test_the_token_lets_in(headers: list[str], allowed: bool) -> None:
    assert Access(TOKEN).allows(headers) is allowed
    assert Access().allows(headers)


def token_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "token"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_token_is_read_without_the_end_of_its_line(tmp_path: Path) -> None:
    assert read_token(token_file(tmp_path, f"{TOKEN}\n")) == TOKEN


def test_a_token_that_others_can_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"can be read by others; run: chmod 600 "):
        read_token(token_file(tmp_path, TOKEN, 0o640))


@pytest.mark.parametrize(
    "text", ["", "short", f"{TOKEN} {TOKEN}", f"{TOKEN}\u00e9", f"{TOKEN}\n{TOKEN}"]
)
def test_what_is_no_token_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="should hold one line of 16 printable ASCII characters"):
        read_token(token_file(tmp_path, text))


def test_a_token_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"token file {tmp_path}/none cannot be read"):
        read_token(tmp_path / "none")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.1.2.3"])
def test_this_machine_may_ask_without_a_token(host: str) -> None:
    require_guarded(host, "", False)


@pytest.mark.parametrize("host", ["0.0.0.0", "", "::", "192.168.1.5", "robot.local"])
def test_other_machines_may_not(host: str) -> None:
    require_guarded(host, TOKEN, False)
    require_guarded(host, "", True)
    with pytest.raises(ConfigError) as caught:
        require_guarded(host, "", False)
    assert str(caught.value) == (
        f"listening on '{host}' lets other machines ask; give --token-file, or say --insecure"
    )


def certificate(folder: Path) -> tuple[Path, Path]:
    """One that signs itself."""
    path, key = folder / "certificate.pem", folder / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(key), "-out", str(path)]
    subprocess.run([*command.split(), *names, *files], check=True, capture_output=True)
    return path, key


def test_tls_needs_a_certificate_and_its_key(tmp_path: Path) -> None:
    assert server_tls(None, None) is None
    path, key = certificate(tmp_path)
    assert server_tls(path, key) is not None
    with pytest.raises(ConfigError, match="TLS needs both --certificate and --key"):
        server_tls(path, None)
    with pytest.raises(ConfigError, match="are no certificate and key"):
        server_tls(path, tmp_path / "none")
