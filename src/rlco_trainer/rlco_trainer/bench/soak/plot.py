# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Memory over episodes, process by process, as a diagram."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt

from rlco_trainer.bench.soak.trend import Process
from rlco_trainer.files import replacing

_MB = 1024.0
_SIZE = (7.2, 2.0)  # inches, of one process


def write_plot(looks: Sequence[int], processes: Mapping[str, Process], path: Path) -> None:
    """A PNG with one diagram per process, one below the other: memory against episodes."""
    figure, axes = plt.subplots(
        len(processes), 1, figsize=(_SIZE[0], _SIZE[1] * len(processes)), sharex=True, squeeze=False
    )
    for ax, (name, one) in zip(axes[:, 0], processes.items(), strict=True):
        for label, values in (("resident", one.rss_kb), ("its part of it", one.pss_kb)):
            ax.plot(looks, [kb / _MB for kb in values], label=label, linewidth=1.0)
        ax.axvline(looks[len(looks) // 2], color="black", linewidth=0.6, linestyle=":")
        ax.set_title(f"{name}: {one.handles[1]} handles", fontsize=10, loc="left")
        ax.set_ylabel("MB")
        ax.set_ylim(bottom=0.0)
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(axis="y", alpha=0.3)
    axes[0, 0].legend(fontsize=8, frameon=False, ncols=2, loc="lower right")
    axes[-1, 0].set_xlabel("episodes (dotted: from where on growth is judged)")
    figure.tight_layout()
    with replacing(path) as scratch:
        figure.savefig(scratch, format="png", dpi=110)
    plt.close(figure)
