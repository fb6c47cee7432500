# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Charts of a report as inline SVG: widths in percent, heights in pixels, so text never scales."""

from __future__ import annotations

import math

from rlco_trainer.evaluation.results import Latency, Tally

PLOT_TOP, PLOT_BOTTOM, PLOT_HEIGHT = 44, 196, 224

#: Fill of an instruction colour's bar; anything else gets the neutral one.
PALETTE = {
    "red": "#d64541",
    "green": "#2e9e63",
    "blue": "#2f6fd6",
    "yellow": "#d9a413",
    "orange": "#e07b28",
    "purple": "#8457c9",
}
NEUTRAL = "#56657a"


def fill_of(colour: str) -> str:
    """The fill for an instruction colour; never the text itself, which is not ours."""
    return PALETTE.get(colour, NEUTRAL)


def interval_bar(tally: Tally, fill: str, height: int = 22) -> str:
    """A bar of the success rate on 0 to 100 %, with whiskers for its 95% interval."""
    low, high = (100 * bound for bound in tally.ci95)
    rate, middle, cap = 100 * tally.rate, height / 2, height * 0.27
    return (
        f'<svg class="bar" height="{height}" role="img" aria-label="{rate:.0f} percent, '
        f'95% interval {low:.0f} to {high:.0f}">'
        f'<rect class="track" width="100%" height="{height}" rx="4"/>'
        f'<rect width="{rate:.2f}%" height="{height}" rx="4" fill="{fill}" fill-opacity="0.6"/>'
        f"{_whisker(low, high, middle, cap)}</svg>"
    )


def histogram(latency: Latency) -> str:
    """A histogram of latencies in ms, with lines at p50 and p99."""
    if latency.p50 is None or latency.p99 is None:
        return ""
    low, high = latency.edges[0], latency.edges[-1]
    return (
        f'<svg class="histogram" height="{PLOT_HEIGHT}" role="img" aria-label="latency: '
        f'p50 {latency.p50} ms, p99 {latency.p99} ms, {latency.count} decisions">'
        f"{_gridlines(max(latency.counts))}{_bars(latency.counts)}"
        f"{_time_axis(low, high)}"
        f"{_mark(_position(latency.p50, low, high), 14, f'p50 {latency.p50:.1f} ms')}"
        f"{_mark(_position(latency.p99, low, high), 32, f'p99 {latency.p99:.1f} ms')}"
        "</svg>"
    )


def nice_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round values (1, 2 or 5 times a power of ten apart) in [low, high], ``most`` at most."""
    raw = (high - low) / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(index * step, 9) for index in range(first, last + 1)]


def _whisker(low: float, high: float, y: float, cap: float) -> str:
    top, bottom = y - cap, y + cap
    lines = ((low, y, high, y), (low, top, low, bottom), (high, top, high, bottom))
    return "".join(
        f'<line class="whisker" x1="{x1:.2f}%" y1="{y1:.1f}" x2="{x2:.2f}%" y2="{y2:.1f}"/>'
        for x1, y1, x2, y2 in lines
    )


def _bars(counts: tuple[int, ...]) -> str:
    width, unit = 100 / len(counts), (PLOT_BOTTOM - PLOT_TOP) / max(counts)
    return "".join(
        f'<rect class="bin" x="{index * width + 0.1 * width:.3f}%" width="{0.8 * width:.3f}%" '
        f'y="{PLOT_BOTTOM - count * unit:.1f}" height="{count * unit:.1f}" rx="1.5"/>'
        for index, count in enumerate(counts)
        if count
    )


def _gridlines(most: int) -> str:
    """Horizontal lines at round counts, each labelled."""
    lines = []
    for count in filter(float.is_integer, nice_ticks(0, most, 4)):
        y = PLOT_BOTTOM - (PLOT_BOTTOM - PLOT_TOP) * count / most
        lines.append(f'<line class="grid" x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>')
        if count:
            lines.append(f'<text class="tick" x="0" y="{y - 4:.1f}">{count:g}</text>')
    return "".join(lines)


def _time_axis(low: float, high: float) -> str:
    return "".join(
        f'<text class="tick" x="{_position(tick, low, high):.2f}%" y="{PLOT_BOTTOM + 18}" '
        f'text-anchor="{_anchor(_position(tick, low, high))}">{tick:g} ms</text>'
        for tick in nice_ticks(low, high, 5)
    )


def _mark(position: float, y: int, label: str) -> str:
    """A vertical line at ``position`` percent, its label at height ``y`` on the roomier side."""
    left = position > 50
    return (
        f'<line class="mark" x1="{position:.2f}%" x2="{position:.2f}%" '
        f'y1="{y - 11}" y2="{PLOT_BOTTOM}"/>'
        f'<text class="mark-label" x="{position:.2f}%" y="{y}" dx="{-7 if left else 7}" '
        f'text-anchor="{"end" if left else "start"}">{label}</text>'
    )


def _position(value: float, low: float, high: float) -> float:
    return min(100.0, 100 * (value - low) / (high - low))


def _anchor(position: float) -> str:
    """Keeps a label at either end inside the chart."""
    return "start" if position < 6 else "end" if position > 94 else "middle"
