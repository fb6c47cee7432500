# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The network of the bundles that ship, in every way there is.

A bundle has no torch file, so what is measured is the base that they were trained from: the very
same graph, which is checked, with other weights.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import onnx

from rlco_core.bundle import Bundle, load_bundle
from rlco_core.contract import PARITY_FILE
from rlco_core.errors import ConfigError
from rlco_policy.parity import read_parity
from rlco_policy.shipped import shipped_bundle
from rlco_trainer.bench.policy.part import Options, Part
from rlco_trainer.bench.policy.race import COMPILED, EAGER, race, speed_up, times_least
from rlco_trainer.bench.policy.subject import Subject
from rlco_trainer.policies.policy_file import BASES, load_policy

_NAME = "nano"


def measure(options: Options) -> Part:
    """See the module's text.

    Raises:
        ConfigError: the bundle that was asked for is of another network, or has no parity.
    """
    bundle = load_bundle(options.bundle or shipped_bundle())
    if bundle.manifest.parity is None:
        raise ConfigError(
            f"{bundle.root} has no {PARITY_FILE}; run: rlco engine calibrate --bundle {bundle.root}"
        )
    seen = read_parity(bundle).observations
    policy, _ = load_policy(BASES["flow"])
    with tempfile.TemporaryDirectory(prefix="rlco_nano_") as folder:
        subject = Subject.of(_NAME, policy, seen, Path(folder))
        _require_same_graph(bundle, subject.bundle)
        rows = list(race(subject, options, (EAGER, COMPILED)))
    ratios = {
        "nano_vs_eager": speed_up(rows, _NAME, EAGER),
        "nano_vs_compile": speed_up(rows, _NAME, COMPILED),
        "nano_times_least": times_least(rows),
    }
    return Part(tuple(rows), ratios)


def _require_same_graph(first: Bundle, second: Bundle) -> None:
    if _outline(first.model_path) != _outline(second.model_path):
        raise ConfigError(
            f"{first.root} is not of the network that ships as a base; what torch is measured "
            "with must be the same: name another bundle"
        )


def _outline(path: Path) -> tuple[Counter[str], list[tuple[int, ...]]]:
    """Kinds of operators and sizes of weights; casts depend on which weights are equal."""
    graph = onnx.load(str(path)).graph
    sizes = sorted(tuple(weight.dims) for weight in graph.initializer)
    return Counter(node.op_type for node in graph.node if node.op_type != "Cast"), sizes
