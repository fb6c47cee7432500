# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco engine calibrate: gives a bundle what every engine is held against before it may act."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from rlco_core.bundle import MANIFEST_FILE, Bundle, load_bundle
from rlco_core.contract import PARITY_FILE, ActionStatistics, ParityTerms
from rlco_core.errors import ConfigError
from rlco_core.types import Observation
from rlco_policy.onnx_policy import OnnxPolicy
from rlco_policy.parity import Parity, write_parity
from rlco_trainer.arguments import parse
from rlco_trainer.bundles.observations import PARITY_SEED, recorded
from rlco_trainer.bundles.writer import dump_manifest
from rlco_trainer.files import remade, replacing, write_text

#: Of a column's range. Policies were trained with noise of two to four times as much (standard
#: deviation) on every motion, and succeeded with it.
SHARE_OF_RANGE = 0.02
#: A hand's opening is told anew in every row, so that nothing of it adds up, and it is steep: where
#: a hand closes, the last bit of an image decides how far it is in one row. Two standard deviations
#: of the same noise.
SHARE_OF_OPENING = 0.15
_EPISODES = 8


@dataclass(frozen=True)
class CalibrateConfig:
    """Observations of a bundle's own episodes and its answers in fp32, written into the bundle.

    Attributes:
        bundle: directory of the bundle.
        domain: where the episodes are played: the one that the policy was trained in.
        observations: how many are kept.
    """

    bundle: Path
    domain: str = "twin"
    observations: int = 32


def calibrate(root: Path, domain: str = "twin", observations: int = 32) -> Bundle:
    """Writes `PARITY_FILE` into the bundle ``root`` and a tolerance into its manifest; what was
    there of either is replaced.

    Raises:
        RlcoError: the bundle is unsound, or does not fit the domain.
    """
    if observations < 1:
        raise ConfigError(f"--observations is {observations}; it should be at least 1")
    bundle = load_bundle(root)
    policy = OnnxPolicy(bundle)
    seen = recorded(policy, bundle, domain, PARITY_SEED, _EPISODES, observations)
    return keep_parity(bundle, policy, seen)


def keep_parity(bundle: Bundle, policy: OnnxPolicy, seen: Sequence[Observation]) -> Bundle:
    """The bundle with ``seen`` and what ``policy`` answers to it."""
    answers = np.stack([policy.infer(observation).actions for observation in seen])
    path = bundle.root / PARITY_FILE
    with replacing(path) as scratch, scratch.open("wb") as file:
        write_parity(file, Parity(tuple(seen), answers))
    manifest = bundle.root / MANIFEST_FILE
    plain = yaml.safe_load(manifest.read_text(encoding="utf-8"))
    files = plain.pop("files") | {PARITY_FILE: hashlib.sha256(path.read_bytes()).hexdigest()}
    terms = {"tolerance": list(tolerance(bundle.manifest.statistics.action).tolerance)}
    write_text(manifest, dump_manifest({**plain, "parity": terms, "files": files}))
    return load_bundle(bundle.root)


def tolerance(statistics: ActionStatistics) -> ParityTerms:
    """Shares of every column's range."""
    ranges = [high - low for low, high in zip(statistics.low, statistics.high, strict=True)]
    shares = [SHARE_OF_RANGE] * (len(ranges) - 1) + [SHARE_OF_OPENING]
    return ParityTerms(tolerance=tuple(a * b for a, b in zip(shares, ranges, strict=True)))


def main(arguments: Sequence[str]) -> None:
    """rlco engine calibrate"""
    config = parse(CalibrateConfig, arguments, "engine calibrate")
    with remade(config.bundle, MANIFEST_FILE) as scratch:
        calibrate(scratch, config.domain, config.observations)
    bundle = load_bundle(config.bundle)
    size = (bundle.root / PARITY_FILE).stat().st_size
    print(f"{bundle.root / PARITY_FILE}: {size / 1024:.0f} kB")
