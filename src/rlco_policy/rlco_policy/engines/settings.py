# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Which engine runs a bundle, and how."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from rlco_core.errors import ConfigError, choices
from rlco_policy.engines.cache import default_cache
from rlco_policy.engines.engine import PRECISIONS, Precision

EngineName: TypeAlias = Literal["onnxruntime", "openvino"]
ENGINES: tuple[EngineName, ...] = get_args(EngineName)
CPU = "CPUExecutionProvider"


@dataclass(frozen=True)
class EngineSettings:
    """Which engine runs a bundle, and how.

    Attributes:
        engine: ``onnxruntime`` or ``openvino``.
        precision: ``fp32``, ``fp16``, ``bf16`` or ``int8``; the last is built beforehand.
        providers: ONNX Runtime's execution providers by priority; where the CPU is among them, it
            may do single nodes of a graph.
        allow_cpu: whether a later provider, and the CPU in the end, may take the place of one that
            cannot be had, and the CPU do single nodes; else it is an error.
        threads: threads within one operator.
        cache: where built engines are kept.

    Raises:
        ConfigError: a setting that cannot run.
    """

    engine: EngineName = "onnxruntime"
    precision: Precision = "fp32"
    providers: tuple[str, ...] = (CPU,)
    allow_cpu: bool = False
    threads: int = 1
    cache: Path = field(default_factory=default_cache)

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise ConfigError(f"engine '{self.engine}' is unknown; known: {choices(ENGINES)}")
        if self.precision not in PRECISIONS:
            raise ConfigError(
                f"precision '{self.precision}' is unknown; known: {choices(PRECISIONS)}"
            )
        if not self.providers or self.threads < 1:
            raise ConfigError(
                f"providers {list(self.providers)} with {self.threads} threads cannot run; "
                "it should be at least one provider and one thread"
            )
