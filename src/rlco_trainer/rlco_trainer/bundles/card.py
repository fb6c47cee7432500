# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco card: what a bundle is, where it came from and how well it did, for people to read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rlco_core.bundle import load_bundle
from rlco_core.contract import Manifest
from rlco_core.errors import ConfigError
from rlco_trainer.arguments import parse
from rlco_trainer.files import write_text
from rlco_trainer.reproduce.entries import Entry, kept_as, read_entries, together

CARD = "README.md"
_MEANT = """\
## Meant for
Trying the stack, and as a start for policies of your own. All figures are of simulation; it has
never moved a real arm. Before it moves yours: fit the twin to your cell (`rlco twin fit`), train on
your demonstrations, try it in the twin, then at low speed with a hand on the stop. The controller
bridge checks every command against limits of workspace, speed and freshness; it sees no people.

## Not meant for
Places where people work unprotected, other arms, cameras or tasks than those above, and sentences
about anything else than these tasks: the policy does something, whatever it is told.

## Licence
Apache-2.0.
"""


@dataclass(frozen=True)
class CardConfig:
    """A model card, written into a bundle.

    Attributes:
        bundle: directory of the bundle.
        results: files of studies (docs/results/*.json) in which it was tried; by the bundles that
            are kept beside them it is known which of their policies it is.
    """

    bundle: Path
    results: tuple[Path, ...] = ()


def card(manifest: Manifest, entries: Sequence[Entry]) -> str:
    """The card; ``entries`` are of studies, see ``docs/results``."""
    contract, about = manifest.contract, manifest.provenance
    (camera,), action = contract.cameras, contract.action
    lines = [
        f"# {manifest.name}",
        "",
        f"A {about['family']} policy for {', '.join(contract.tasks)} with a {contract.robot}.",
        "",
        f"- sees: camera `{camera.name}`, {camera.width} x {camera.height} px, "
        f"`{contract.proprioception.layout}` ({contract.proprioception.size} numbers), and a "
        f"sentence in English ({contract.language.encoder})",
        f"- answers: {action.horizon} actions of {1000.0 * action.dt:.0f} ms, of which "
        f"{action.execute} are played; `{action.semantics}`",
        "",
        "## Where it came from",
        *(f"- {key}: {value}" for key, value in sorted(about.items())),
        "",
        *_results(entries),
        _MEANT,
    ]
    return "\n".join(lines)


def _results(entries: Sequence[Entry]) -> Iterator[str]:
    if not entries:
        return
    yield from (
        "## How well it did",
        "| task | domain | split | success | 95% |",
        "|---|---|---|---|---|",
    )
    for entry in entries:
        low, high = (100.0 * bound for bound in together([entry]).ci95)
        yield (
            f"| {entry['task']} | {entry['domain']} | {entry['split']} "
            f"| {entry['successes']} of {entry['episodes']} | {low:.0f} to {high:.0f}% |"
        )
    yield ""
    yield from sorted({f"    ./{entry['command']}" for entry in entries})
    yield ""


def _tried(manifest: Manifest, results: Sequence[Path]) -> list[Entry]:
    """Entries of the results that are of this very policy, each once.

    Raises:
        ConfigError: a file holds no results, or none of its policies is this one.
    """
    found: dict[str, Entry] = {}
    for path in results:
        entries = read_entries(path)
        first = min((entry["seed"] for entry in entries), default=0)
        ours = [
            entry
            for entry in entries
            if entry["seed"] == first and _kept(path.parent / "bundles", entry) == manifest.files
        ]
        if not ours:
            raise ConfigError(
                f"{path} has nothing of this bundle: none of those in {path.parent}/bundles is it"
            )
        found |= {entry["cell"]: entry for entry in ours}
    return list(found.values())


def _kept(folder: Path, entry: Entry) -> dict[str, str]:
    """The hashes of the bundle that is kept of an entry's policy; nothing where there is none."""
    return _files(folder / kept_as(entry["family"], entry["method"], entry["task"]))


@cache
def _files(folder: Path) -> dict[str, str]:
    return load_bundle(folder).manifest.files if folder.exists() else {}


def main(arguments: Sequence[str]) -> None:
    """rlco card"""
    config = parse(CardConfig, arguments, "card")
    manifest = load_bundle(config.bundle).manifest
    path = config.bundle / CARD
    write_text(path, card(manifest, _tried(manifest, config.results)))
    print(path)
