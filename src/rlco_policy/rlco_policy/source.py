# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Where the policy node's answers come from: a bundle that runs here, or a server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

from rlco_core.bundle import load_bundle
from rlco_core.camera_sizes import Cameras
from rlco_core.contract import Contract
from rlco_core.errors import ConfigError, ContractMismatch
from rlco_core.types import ActionChunk
from rlco_policy.onnx_policy import OnnxPolicy
from rlco_policy.parameters import engine_settings
from rlco_policy.parity import for_cameras, open_policy, unvouched
from rlco_policy.serving.courier import Courier
from rlco_policy.serving.remote import open_remote


@dataclass(frozen=True)
class Source:
    """A policy and what it is called.

    Attributes:
        name, sha256: of its bundle.
        policy: that is asked.
        vouched: empty, or that nothing vouches for what its engine answers.
    """

    name: str
    sha256: str
    policy: OnnxPolicy | Courier
    vouched: str = ""

    @property
    def contract(self) -> Contract:
        """What the policy expects and answers."""
        return self.policy.contract

    @property
    def ready_line(self) -> str:
        """What people are told when it is ready."""
        engine = self.engine
        on = " of ".join(engine[key] for key in ("provider", "engine") if key in engine)
        precision = f" in {engine['precision']}" if "precision" in engine else ""
        return f"bundle {self.name} ({self.sha256[:12]}) is ready on {on}{precision}{self.vouched}"

    @property
    def engine(self) -> dict[str, str]:
        """What computes, by word of diagnostics; a server says no more than where."""
        provider = {"provider": self.policy.provider}
        if isinstance(self.policy, Courier):
            return provider
        engine = self.policy.engine
        found = {"engine": engine.name, **provider, "precision": engine.precision}
        return found | ({"fallback": engine.fallback} if engine.fallback else {})

    @property
    def cameras(self) -> Cameras:
        """Those whose images the policy takes."""
        policy = self.policy
        return policy.contract.cameras if isinstance(policy, Courier) else policy.cameras

    def seeing(self, cameras: Cameras) -> Source:
        """The same for cameras as they are, its engine held against the policy's answers anew.

        Raises:
            RlcoError: its images cannot be made smaller, or it drifts.
        """
        if isinstance(self.policy, OnnxPolicy):
            return replace(self, policy=for_cameras(self.policy, cameras))
        if cameras != self.contract.cameras:
            raise ContractMismatch(
                "a server's policy takes images of its own size only: "
                + ", ".join(f"{c.name} {c.width} x {c.height}" for c in self.contract.cameras)
            )
        return self

    def answers(self) -> Iterator[Future[ActionChunk]]:
        """What a server has answered since the last look, or failed to."""
        return self.policy.collect() if isinstance(self.policy, Courier) else iter(())

    def close(self) -> None:
        """Ends the connection to a server."""
        if isinstance(self.policy, Courier):
            self.policy.close()


def open_source(get: Callable[[str], Any], wake: Callable[[], None]) -> Source:
    """The source that a node's parameters name, warm.

    Args:
        get: the value of a parameter.
        wake: see `Courier`.

    Raises:
        RlcoError: none or two are named, the bundle is unsound, or the server is not there.
    """
    if bool(get("bundle")) == bool(get("server")):
        raise ConfigError(
            "one of the parameters bundle and server should be given: "
            "a policy bundle's directory, or the URL of a policy server"
        )
    return _server(get, wake) if get("server") else _bundle(get)


def _bundle(get: Callable[[str], Any]) -> Source:
    bundle = load_bundle(get("bundle"))
    policy = open_policy(bundle, engine_settings(get))
    return Source(bundle.manifest.name, bundle.sha256, policy, unvouched(bundle))


def _server(get: Callable[[str], Any], wake: Callable[[], None]) -> Source:
    remote = open_remote(
        url=get("server"),
        token_file=get("server_token_file"),
        foreign_file=get("server_contract"),
        timeout_s=get("server_timeout"),
        patience_s=get("scene_timeout"),
    )
    return Source(remote.served.name, remote.served.sha256, Courier(remote, wake))
