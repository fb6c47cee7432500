# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco domain diff: how far two domains are apart, in numbers and in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from rich.console import Console
from rich.table import Table
from rich.text import Text
from tyro.conf import Positional

from rlco_core.errors import ConfigError
from rlco_core.robot import RobotConfig
from rlco_sim.domain import Domain
from rlco_sim.domain_gap import Difference, Group, PictureGap, differences, picture_gap
from rlco_sim.spec import drawn_by
from rlco_trainer.arguments import parse
from rlco_trainer.domains.show import DomainName
from rlco_trainer.files import write_text

_GROUPS: tuple[Group, ...] = get_args(Group)
_NAMED = 5


@dataclass(frozen=True)
class DiffConfig:
    """The gap between two domains: what their files say, and what is seen of it.

    Attributes:
        first, second: shipped domains' names, or paths of domains' YAMLs.
        task: whose first pictures are compared.
        robot: the arm.
        episodes, seed: seeds are seed, seed + 1 ...
        json: file that gets the numbers.
    """

    first: Positional[DomainName] = "twin"
    second: Positional[DomainName] = "stand_in"
    task: str = "push_cube"
    robot: str = "panda"
    episodes: int = 16
    seed: int = 0
    json: Path | None = None


@dataclass(frozen=True)
class DomainGap:
    """What differs between two domains, and what is seen of it."""

    first: Domain
    second: Domain
    differences: list[Difference]
    seen: PictureGap


def compare(config: DiffConfig) -> DomainGap:
    """Both kinds of gap.

    Raises:
        RlcoError: a number is out of range, or domains, task or robot are unsound.
    """
    if config.episodes < 1 or config.seed < 0:
        raise ConfigError("--episodes must be at least 1, --seed not negative")
    first, second = Domain.load(config.first), Domain.load(config.second)
    seeds = range(config.seed, config.seed + config.episodes)
    robot = RobotConfig.load(config.robot)
    seen = picture_gap(first, second, config.task, robot, seeds)
    return DomainGap(first, second, differences(first, second), seen)


def document(gap: DomainGap) -> dict[str, Any]:
    """The gap as JSON can hold it."""
    return {
        "first": gap.first.name,
        "second": gap.second.name,
        "differences": [asdict(difference) for difference in gap.differences],
        "seen": asdict(gap.seen),
        "summary": sentences(gap),
    }


def values_table(gap: DomainGap) -> Table:
    """A row per key that differs, by what they are about."""
    first, second = gap.first.name, gap.second.name
    table = Table(title=Text(f"{first} and {second}: values"), title_justify="left")
    table.add_column("key", no_wrap=True)
    for heading in (first, second, f"{second} less {first}"):
        table.add_column(Text(heading), overflow="fold")
    for group in _GROUPS:
        rows = [row for row in gap.differences if row.group == group]
        if rows:
            table.add_section()
            table.add_row(Text(group, "bold"))
        for row in rows:
            cells = (row.key, worded(row.first), worded(row.second), gap_worded(row))
            table.add_row(*map(Text, cells))
    return table


def seen_table(gap: DomainGap) -> Table:
    """What is measured in pictures."""
    seen = gap.seen
    shift = "no point of the table is in both pictures"
    if seen.shift is not None and seen.largest_shift is not None:
        shift = f"{seen.shift:.2f} px, at most {seen.largest_shift:.2f} px"
    table = Table(title="pictures of the same seeds", title_justify="left", show_header=False)
    for name, value in (
        ("mean absolute difference", f"{seen.difference:.1f} of 255"),
        ("structural similarity", f"{seen.similarity:.3f} of 1"),
        ("red, green, blue", ", ".join(f"{part:+.1f}" for part in seen.colour)),
        ("shift of the table's points", shift),
        ("between the cameras", f"{100.0 * seen.apart:.1f} cm, {seen.turned:.2f} degrees"),
    ):
        table.add_row(name, value)
    return table


def worded(value: Any) -> str:
    """A value as in a domain file, but shorter."""
    word = drawn_by(value)
    if value is None:
        return "nothing"
    if word == "curriculum":
        start, end = (worded(value[word][key]) for key in ("start", "end"))
        return f"from {start} to {end}"
    if word == "choose":
        return f"one of {', '.join(dict.fromkeys(worded(option) for option in value[word]))}"
    if word is not None:
        logarithmic = ", by logarithm" if word == "log_range" else ""
        return f"{worded(value[word][0])} to {worded(value[word][1])}{logarithmic}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(worded(part) for part in value)}]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def gap_worded(row: Difference) -> str:
    """By how much one value is off, or whether one range holds the other."""
    if row.change is not None:
        share = f" ({100.0 * row.relative:.0f}%)" if row.relative is not None else ""
        return f"{_signed(row.change)}{share}"
    if row.inside:
        return "inside"
    if row.outside_by is None:
        return "another"
    return f"outside by {worded(row.outside_by)}"


def _signed(value: float | list[float]) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_signed(part) for part in value)}]"
    return f"{value:+g}" if value else "0"


def sentences(gap: DomainGap) -> list[str]:
    """The gap in a few plain sentences: camera, looks, dynamics, what training covers."""
    if not gap.differences:
        return ["The domains say the same."]
    return [*_camera_sentence(gap), _looks_sentence(gap), *_dynamics_sentence(gap), *_covered(gap)]


def _camera_sentence(gap: DomainGap) -> Iterator[str]:
    seen = gap.seen
    if seen.apart < 1e-6 and seen.turned < 1e-3 and not seen.largest_shift:
        return
    on_average = " on average" if gap.first.varies or gap.second.varies else ""
    moved = ""
    if seen.shift is not None and seen.largest_shift is not None:
        moved = (
            f": points of the table move by {seen.shift:.1f} px, at most {seen.largest_shift:.1f}"
        )
    yield (
        f"The camera of {gap.second.name} stands {100.0 * seen.apart:.1f} cm from that of "
        f"{gap.first.name} and looks {seen.turned:.1f} degrees aside{on_average}{moved}."
    )


def _looks_sentence(gap: DomainGap) -> str:
    seen = gap.seen
    brightness = sum(seen.colour) / 3.0
    word = "brighter" if brightness > 0.0 else "darker"
    return (
        f"Its pictures differ by {seen.difference:.0f} of 255 grey levels and are "
        f"{abs(brightness):.0f} {word}; their structural similarity is {seen.similarity:.2f} of 1."
    )


def _dynamics_sentence(gap: DomainGap) -> Iterator[str]:
    rows = [row for row in gap.differences if row.group == "dynamics"]
    plain = sorted((row for row in rows if row.relative), key=lambda row: -(row.relative or 0.0))
    if not rows:
        return
    most = ", ".join(f"{row.key} {_percent(row)}" for row in plain[:3])
    end = f"; most of all {most}" if most else ""
    yield f"It moves otherwise in {_counted(len(rows), 'value')}{end}."


def _percent(row: Difference) -> str:
    relative, change = row.relative or 0.0, row.change
    # Of a list, entries may go either way.
    sign = "by " if not isinstance(change, float) else "+" if change > 0.0 else "-"
    return f"{sign}{100.0 * relative:.0f}%"


def _covered(gap: DomainGap) -> Iterator[str]:
    """Where the first is a family of worlds: what of the second it never shows."""
    if not gap.first.varies:
        return
    outside = [row.key for row in gap.differences if not row.inside]
    more = f" and {len(outside) - _NAMED} more" if len(outside) > _NAMED else ""
    named = f": {', '.join(outside[:_NAMED])}{more}" if outside else ""
    yield (
        f"Of the {_counted(len(gap.differences), 'differing value')} of {gap.second.name}, "
        f"{len(outside)} lie outside what {gap.first.name} draws{named}."
    )


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def main(arguments: Sequence[str]) -> None:
    """rlco domain diff"""
    config = parse(DiffConfig, arguments, "domain diff")
    gap = compare(config)
    console = Console()
    if gap.differences:
        console.print(values_table(gap))
        console.print(seen_table(gap))
    console.print(" ".join(sentences(gap)), highlight=False, markup=False)
    if config.json is not None:
        write_text(config.json, json.dumps(document(gap), indent=2) + "\n")
