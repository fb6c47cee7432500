# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco engine build: a bundle's graph in another precision, kept if it still does the task.

Two gates stand before it is kept: its actions are within the bundle's tolerance of those in fp32,
and over the same episodes it does not succeed less than fp32 does by more than chance.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml
from numpy.typing import NDArray

from rlco_core.bundle import Bundle, load_bundle
from rlco_core.contract import MODEL_FILE
from rlco_core.errors import BundleError, ConfigError
from rlco_core.types import Observation
from rlco_policy.engines.built import BUILT, REPORT_FILE, BuildReport, built_folder, machine
from rlco_policy.engines.cache import published
from rlco_policy.engines.engine import Precision
from rlco_policy.engines.open import open_model
from rlco_policy.engines.settings import EngineName, EngineSettings
from rlco_policy.onnx_policy import OnnxPolicy
from rlco_policy.parity import require_parity
from rlco_policy.policy import Policy
from rlco_trainer.arguments import parse
from rlco_trainer.bundles.observations import CALIBRATION_SEED, SUCCESS_SEED, play, recorded
from rlco_trainer.bundles.quantise import quantised
from rlco_trainer.evaluation.results import wilson
from rlco_trainer.progress import progress

_RANGE_EPISODES, _RANGE_OBSERVATIONS = 16, 256


@dataclass(frozen=True)
class BuildConfig:
    """A bundle for an engine, in a precision of its own.

    Attributes:
        bundle: directory of the bundle.
        engine, precision: what is built.
        episodes: that both play; 0 to count no success.
        domain: where they are played: the one that the policy was trained in.
    """

    bundle: Path
    engine: EngineName = "onnxruntime"
    precision: Precision = "int8"
    episodes: int = 50
    domain: str = "twin"


def build(config: BuildConfig) -> Path:
    """The folder of the built engine.

    Raises:
        ConfigError: nothing needs to be built.
        BundleError: a gate refused it; nothing was kept.
    """
    if config.precision not in BUILT:
        raise ConfigError(
            f"{config.precision} needs no build: an engine that can compute in it is told to; "
            f"built is {', '.join(BUILT)}"
        )
    bundle, settings = load_bundle(config.bundle), EngineSettings(config.engine, config.precision)
    plain = OnnxPolicy(bundle)
    seen = recorded(
        plain, bundle, config.domain, CALIBRATION_SEED, _RANGE_EPISODES, _RANGE_OBSERVATIONS
    )
    model = quantised(bundle.model, [feeds_of(plain, one) for one in seen])
    engine = open_model(model, bundle.contract, settings)
    policy = OnnxPolicy(bundle, settings, plain.encoder, engine=engine)
    drift = require_parity(policy, bundle)
    assert drift is not None, "without parity a bundle runs in fp32 alone"
    found, wanted = _compared(policy, plain, bundle, config)
    report = BuildReport(
        bundle=bundle.manifest.name,
        bundle_sha256=bundle.sha256,
        engine=config.engine,
        precision=config.precision,
        machine=machine(),
        model_sha256=hashlib.sha256(model).hexdigest(),
        drift=round(drift.share, 4),
        episodes=config.episodes,
        successes=found,
        successes_fp32=wanted,
    )
    return _keep(built_folder(bundle, settings), model, report)


def feeds_of(policy: OnnxPolicy, observation: Observation) -> Mapping[str, NDArray[Any]]:
    """An observation as inputs of the graph."""
    language = policy.encoder.encode(observation.instruction)
    images = {f"image_{name}": image for name, image in observation.images.items()}
    inputs: dict[str, NDArray[Any]] = {
        **images,
        "proprioception": observation.proprioception,
        "language_tokens": language.tokens,
        "language_mask": language.mask,
    }
    return {name: value[None] for name, value in inputs.items()}


def require_success(found: int, wanted: int, episodes: int) -> None:
    """Raises `BundleError` where ``found`` successes are fewer than ``wanted`` by more than chance.

    The rule: the 95% interval of the difference of both rates (of two Wilson intervals, Newcombe
    1998) reaches 0. Where fp32 succeeds always, four of 50 episodes may be lost, and four of 200.
    """
    if not episodes:
        return
    rate, rate_fp32 = found / episodes, wanted / episodes
    above, below = wilson(found, episodes)[1] - rate, rate_fp32 - wilson(wanted, episodes)[0]
    best = rate - rate_fp32 + math.hypot(above, below)
    if best < 0.0:
        raise BundleError(
            f"the built engine succeeds in {found} of {episodes} episodes, fp32 in {wanted}: at "
            f"least {-100.0 * best:.1f} points less (95%); it is not kept"
        )


def _compared(
    policy: Policy, plain: Policy, bundle: Bundle, config: BuildConfig
) -> tuple[int, int]:
    """Successes of both in the same episodes; raises `BundleError` as `require_success` does."""
    counts = [0, 0]
    with progress("episodes", 2 * config.episodes) as advance:
        for place, player in enumerate((policy, plain)):
            for trace in play(player, bundle, config.domain, SUCCESS_SEED, config.episodes):
                counts[place] += trace.success
                advance(1)
    found, wanted = counts
    require_success(found, wanted, config.episodes)
    return found, wanted


def _keep(folder: Path, model: bytes, report: BuildReport) -> Path:
    with published(folder) as scratch:
        (scratch / MODEL_FILE).write_bytes(model)
        text = yaml.safe_dump(asdict(report), sort_keys=False)
        (scratch / REPORT_FILE).write_text(text, encoding="utf-8")
    return folder


def main(arguments: Sequence[str]) -> None:
    """rlco engine build"""
    config = parse(BuildConfig, arguments, "engine build")
    folder = build(config)
    print((folder / REPORT_FILE).read_text(encoding="utf-8") + str(folder))
