# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Graphs in a precision of their own, which ``rlco engine build`` made of a bundle for an engine
on this machine. A folder of them is there when all checks of the build were passed.
"""

from __future__ import annotations

import hashlib
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError

from rlco_core.bundle import Bundle
from rlco_core.contract import MODEL_FILE
from rlco_core.errors import BundleError, ConfigError, in_short
from rlco_policy.engines.cache import cache_key
from rlco_policy.engines.engine import Precision
from rlco_policy.engines.settings import EngineName, EngineSettings

REPORT_FILE = "build.yaml"
#: What is computed by a graph of its own; the others by telling the engine.
BUILT: tuple[Precision, ...] = ("int8",)


@dataclass(frozen=True)
class BuildReport:
    """What was built, and what it was held against.

    Attributes:
        bundle, bundle_sha256: what it was made of.
        engine, precision, machine: for what.
        model_sha256: of the graph beside the report.
        drift: largest share of a tolerance by which an action differed, see ``parity``.
        episodes, successes, successes_fp32: in the twin, of this graph and of the bundle's own.
    """

    bundle: str
    bundle_sha256: str
    engine: EngineName
    precision: Precision
    machine: str
    model_sha256: str
    drift: float
    episodes: int
    successes: int
    successes_fp32: int


def built_model(bundle: Bundle, settings: EngineSettings) -> bytes:
    """The graph that ``settings`` ask for: the bundle's own, or the one that was built of it.

    Raises:
        ConfigError: it was not built; the line has the command that does it.
        BundleError: it was tampered with.
    """
    if settings.precision not in BUILT:
        return bundle.model
    folder = built_folder(bundle, settings)
    if not folder.is_dir():
        raise ConfigError(
            f"{bundle.manifest.name} was not built in {settings.precision} for {settings.engine} "
            f"on this machine; run: {build_command(bundle, settings)}"
        )
    model = (folder / MODEL_FILE).read_bytes()
    if hashlib.sha256(model).hexdigest() != read_report(folder).model_sha256:
        raise BundleError(
            f"{folder}: its graph is not the one that was built; remove the folder and run: "
            f"{build_command(bundle, settings)}"
        )
    return model


def build_command(bundle: Bundle, settings: EngineSettings) -> str:
    """What a person must run."""
    return (
        f"rlco engine build --bundle {bundle.root} --precision {settings.precision} "
        f"--engine {settings.engine}"
    )


def built_folder(bundle: Bundle, settings: EngineSettings) -> Path:
    """Where the graph is, or would be; another bundle, library or machine has another folder."""
    key = cache_key(
        model=bundle.manifest.files[MODEL_FILE],
        engine=settings.engine,
        version=_version(settings.engine),
        quantiser=_version("onnxruntime"),
        precision=settings.precision,
        machine=machine(),
    )
    return settings.cache / f"{bundle.manifest.name}-{settings.precision}-{key}"


def read_report(folder: Path) -> BuildReport:
    """The report of a built folder.

    Raises:
        BundleError: there is none, or it is not one.
    """
    try:
        text = (folder / REPORT_FILE).read_text(encoding="utf-8")
        return TypeAdapter(BuildReport).validate_python(yaml.safe_load(text))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise BundleError(
            f"{folder} is no built engine: {in_short(error)}; remove the folder"
        ) from error


def machine() -> str:
    """The processor's name: another one may round otherwise, and was not measured."""
    for line in _cpuinfo().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _cpuinfo() -> str:
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return ""


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"
