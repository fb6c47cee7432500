# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Who may connect to a server: tokens, TLS, and what is refused without them."""

from __future__ import annotations

import hmac
import ipaddress
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rlco_core.errors import ConfigError

MIN_TOKEN = 16
_SCHEMES = ("bearer", "api-key")
_OTHERS = 0o077


@dataclass(frozen=True)
class Access:
    """Lets those in who know the token; without one, everybody."""

    token: str = ""

    def allows(self, headers: Sequence[str]) -> bool:
        """Whether the Authorization headers of a request have the token, once and well-formed."""
        if not self.token:
            return True
        scheme, _, given = headers[0].partition(" ") if len(headers) == 1 else ("", "", "")
        same = hmac.compare_digest(given.encode(), self.token.encode())
        return same and scheme.lower() in _SCHEMES


def read_token(path: Path) -> str:
    """The token in a file that its owner alone can read.

    Raises:
        ConfigError: others can read the file, or what it holds is no token.
    """
    try:
        mode, token = path.stat().st_mode, path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"token file {path} cannot be read: {error}") from error
    if mode & _OTHERS:
        raise ConfigError(f"token file {path} can be read by others; run: chmod 600 {path}")
    if len(token) < MIN_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigError(
            f"token file {path} should hold one line of {MIN_TOKEN} printable ASCII characters or "
            "more without blanks, such as: openssl rand -hex 32"
        )
    return token


def require_guarded(host: str, token: str, insecure: bool) -> None:
    """Raises `ConfigError` where others than this machine could ask without a token."""
    if not token and not insecure and not is_local(host):
        raise ConfigError(
            f"listening on '{host}' lets other machines ask; give --token-file, or say --insecure"
        )


def server_tls(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """TLS by a certificate (chain) and its key, PEM; None where neither is given.

    Raises:
        ConfigError: one of them is missing or cannot be read.
    """
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise ConfigError("TLS needs both --certificate and --key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"{certificate} and {key} are no certificate and key: {error}") from error
    return context


def is_local(host: str) -> bool:
    """Whether only this machine can reach what listens there."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
