# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco serve: a bundle's policy over the network, for robots of ours and clients of openpi."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from rlco_policy.serving.hosting import Hosting, host
from rlco_trainer.arguments import parse


@dataclass(frozen=True)
class ServeConfig(Hosting):
    """Serves a policy bundle to robots over WebSocket, until interrupted."""


def main(arguments: Sequence[str]) -> None:
    """rlco serve"""
    config = parse(ServeConfig, arguments, "serve")
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    # Of its own accord the library tells every connection that was refused as an error.
    logging.getLogger("websockets").setLevel(logging.CRITICAL)
    host(config, lambda url: print(f"serving {config.bundle} on {url}", flush=True))
