# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of the policy node."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rlco_core.chunks import EXECUTIONS
from rlco_core.stamps import seconds_to_ns
from rlco_policy.engines.engine import PRECISIONS
from rlco_policy.engines.settings import CPU, ENGINES, EngineSettings
from rlco_policy.health import Limits
from rlco_ros.parameters import flag, real, text, texts, whole, writable

PARAMETERS = (
    writable(text("bundle", "", "directory of the policy bundle; may be set between episodes")),
    text("server", "", "in place of a bundle: URL of a policy server, ws:// or wss://"),
    text("server_token_file", "", "file with the token that the server wants"),
    text("server_contract", "", "YAML file with the contract, of an openpi server"),
    real("server_timeout", 0.3, "age at which the server's answer is dropped, s", 0.001, 60.0),
    text("robot", "panda", "robot by name, or path of its YAML file"),
    text("tf_prefix", "", "prefix of the robot's joint and frame names"),
    text("task", "", "task of the scene; empty: any that the bundle was trained on"),
    flag(
        "lockstep",
        False,
        "true: only equal stamps make an observation, of any age; false: see the next four",
    ),
    real("image_max_age", 0.3, "realtime: largest age of the newest image, s", 0.001, 10.0),
    real("joints_max_age", 0.2, "realtime: largest age of the newest joint state, s", 0.001, 10.0),
    real("skew", 0.05, "realtime: how much older than its image a joint state may be, s", 0.0, 1.0),
    real(
        "frozen_after",
        1.0,
        "realtime: how long an image may stay the same after the joints moved, s",
        0.05,
        60.0,
    ),
    text(
        "image_transport",
        "raw",
        "how images come, as image_transport names it",
        ("raw", "compressed"),
    ),
    text("execution", "asynchronous", "realtime: as the bridge's", tuple(EXECUTIONS)),
    real("added_latency", 0.0, "by which every answer is late, s; to try slow policies", 0.0, 10.0),
    real("scene_timeout", 10.0, "how long configuring waits for cameras, s", 0.1, 600.0),
    text("engine", "onnxruntime", "what runs the bundle's graph", ENGINES),
    text(
        "precision",
        "fp32",
        "what it computes in; int8 is built before, by rlco engine build",
        PRECISIONS,
    ),
    texts("providers", [CPU], "ONNX Runtime execution providers by priority"),
    flag("allow_cpu", False, "whether the CPU may do what these providers cannot"),
    whole("threads", 1, "threads of the engine within one operator", 1, 256),
    flag("autostart", True, "configure and activate at once"),
)


def limits(get: Callable[[str], Any]) -> Limits | None:
    """What sources keep to, by the values of the parameters; None in lock-step."""
    if get("lockstep"):
        return None
    names = ("image_max_age", "joints_max_age", "skew", "frozen_after")
    return Limits(*(seconds_to_ns(get(name)) for name in names))


def engine_settings(get: Callable[[str], Any]) -> EngineSettings:
    """Which engine the parameters ask for; ``get`` gives a parameter's value.

    Raises:
        ConfigError: a value that cannot be.
    """
    return EngineSettings(
        engine=get("engine"),
        precision=get("precision"),
        providers=tuple(get("providers")),
        allow_cpu=get("allow_cpu"),
        threads=get("threads"),
    )
