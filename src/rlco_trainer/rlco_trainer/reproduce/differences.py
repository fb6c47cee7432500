# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What studies are about: how much one method adds to another, how much new things cost each."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rlco_trainer.reproduce.entries import Entry, distinct, together

#: Differences that the main study is about: the later method and the one before it.
_STEPS = (
    ("sft_co", "real_only"),
    ("rlco", "base"),
    ("rlco", "sft_co"),
    ("rlco", "sft_co_long"),
    ("rlco", "rl"),
)
_Pairs = Sequence[tuple[Entry, Entry]]


def gains(entries: Sequence[Entry]) -> list[str]:
    """What each stage adds, family by family, over the cells that both methods have."""
    lines = ["| family | difference, points | tasks | all seeds | seed by seed |", "|---" * 5 + "|"]
    for family in distinct(entries, "family"):
        some = [e for e in entries if e["family"] == family]
        for better, worse in _STEPS:
            pairs = _pairs(
                [e for e in some if e["method"] == better],
                [e for e in some if e["method"] == worse],
            )
            if pairs:
                seeds = sorted({one["seed"] for one, _ in pairs})
                each = [_difference([p for p in pairs if p[0]["seed"] == s])[0] for s in seeds]
                by_seed = ", ".join(f"{points:+.1f}" for points in each)
                tasks = len({one["task"] for one, _ in pairs})
                whole = _text(pairs)
                lines.append(f"| {family} | {better} - {worse} | {tasks} | {whole} | {by_seed} |")
    return [*lines, ""] if len(lines) > 2 else []


def losses(entries: Sequence[Entry]) -> list[str]:
    """What each split costs against training's, method by method, over all tasks that have it."""
    lines = ["| domain | split | method | tasks | difference to train, points |", "|---" * 5 + "|"]
    for domain in distinct(entries, "domain"):
        here = [e for e in entries if e["domain"] == domain]
        for split in [name for name in distinct(here, "split") if name != "train"]:
            for method in distinct(here, "method"):
                some = [e for e in here if e["method"] == method]
                pairs = _pairs(
                    [e for e in some if e["split"] == split],
                    [e for e in some if e["split"] == "train"],
                )
                if pairs:
                    tasks = len({one["task"] for one, _ in pairs})
                    lines.append(f"| {domain} | {split} | {method} | {tasks} | {_text(pairs)} |")
    return [*lines, ""] if len(lines) > 2 else []


def _pairs(ones: Sequence[Entry], others: Sequence[Entry]) -> _Pairs:
    """Entries of either that are of the same task and seed."""
    at = {(other["task"], other["seed"]): other for other in others}
    return [(one, at[one["task"], one["seed"]]) for one in ones if (one["task"], one["seed"]) in at]


def _text(pairs: _Pairs) -> str:
    found, low, high = _difference(pairs)
    return f"{found:+.1f} [{low:+.1f}, {high:+.1f}]"


def _difference(pairs: _Pairs) -> tuple[float, float, float]:
    """Difference of two rates in points, with Newcombe's 95% interval (1998, method 10)."""
    (a, (a_low, a_high)), (b, (b_low, b_high)) = (
        (whole.rate, whole.ci95) for whole in map(together, zip(*pairs, strict=True))
    )
    below, above = math.hypot(a - a_low, b_high - b), math.hypot(a_high - a, b - b_low)
    return 100.0 * (a - b), 100.0 * (a - b - below), 100.0 * (a - b + above)
