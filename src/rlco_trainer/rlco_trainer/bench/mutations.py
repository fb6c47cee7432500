# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Bundles with something wrong in them: in the manifest, its statistics, the graph, or any file.

A seed gives one mutant. Some keep the hashes that the manifest records, as an accident does; the
others are sealed again, as somebody would who means it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from rlco_core.bundle import MANIFEST_FILE
from rlco_core.contract import MODEL_FILE
from rlco_trainer.bench.graph_mutations import mutated_graph, mutated_weights

Random = np.random.Generator
Files = Mapping[str, bytes]

_VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 1, 2**31, 2**63, -0.0, 1e-320, 1e308, float("nan"), float("inf"), "", "x",
    "x" * 5000, "../../etc/passwd", "\u0000", "a\nb", [], [[]], {}, {"x": 1}, [1.0] * 3,
)  # fmt: skip
#: YAML that says more, deeper, or other things than it seems to.
_TRAPS = (
    "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\n"
    "d: &d [*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d]\nprovenance: {f: [*e,*e,*e,*e]}\n",
    "provenance: " + "[" * 20_000,
    "provenance: {a: " * 3_000,
    "provenance: {created: 2026-99-99}\n",
    "provenance: {number: " + "9" * 5_000 + "}\n",
    "provenance: {number: !!int ''}\n",
    "provenance: {yes: !!bool maybe}\n",
    "provenance: {created: !!timestamp x}\n",
    "provenance: !!python/object/apply:os.getcwd []\n",
    "? [a, b]\n: c\n",
    "name: first\nname: second\n",
    "\ufeff\x00\x01\n",
    "--- {}\n--- {}\n",
    "%YAML 9.9\n---\n",
)


@dataclass(frozen=True)
class Mutant:
    """The files of a bundle, by name, and which kind of mutation they went through."""

    kind: str
    files: Files

    def write(self, root: Path) -> Path:
        """Makes the directory ``root`` of it."""
        root.mkdir(parents=True, exist_ok=True)
        for name, content in self.files.items():
            (root / name).write_bytes(content)
        return root


class Mutations:
    """Mutants of one sound bundle."""

    def __init__(self, root: Path) -> None:
        names = [MANIFEST_FILE, *yaml.safe_load((root / MANIFEST_FILE).read_bytes())["files"]]
        self._files = {name: (root / name).read_bytes() for name in names}

    def mutant(self, seed: int) -> Mutant:
        """The mutant of that seed; kinds come by turns."""
        kind = tuple(KINDS)[seed % len(KINDS)]
        return Mutant(kind, KINDS[kind](self._files, np.random.default_rng(seed)))


def _damaged(content: bytes, rng: Random) -> bytes:
    """Bytes changed, left out, doubled or cut off, up to eight times."""
    data = bytearray(content)
    for _ in range(rng.integers(1, 9)):
        at, length = int(rng.integers(len(data) + 1)), int(rng.integers(1, 64))
        match rng.integers(5):
            case 0:
                data[at : at + 1] = rng.bytes(1)
            case 1:
                del data[at : at + length]
            case 2:
                data[at:at] = data[at : at + length]
            case 3:
                data[at : at + length] = bytes(length)
            case _:
                del data[max(at, 1) :]
    return bytes(data)


def _manifest_bytes(files: Files, rng: Random) -> Files:
    return {**files, MANIFEST_FILE: _damaged(files[MANIFEST_FILE], rng)}


def _manifest_lines(files: Files, rng: Random) -> Files:
    """Lines left out, doubled, exchanged or moved to the right."""
    lines = files[MANIFEST_FILE].split(b"\n")
    for _ in range(rng.integers(1, 4)):
        first, second = rng.integers(len(lines), size=2)
        match rng.integers(4):
            case 0:
                del lines[first]
            case 1:
                lines.insert(second, lines[first])
            case 2:
                lines[first], lines[second] = lines[second], lines[first]
            case _:
                lines[first] = b"  " + lines[first]
    return {**files, MANIFEST_FILE: b"\n".join(lines)}


def _manifest_traps(files: Files, rng: Random) -> Files:
    """A trap before or behind what the manifest says."""
    trap, content = _TRAPS[rng.integers(len(_TRAPS))].encode(), files[MANIFEST_FILE]
    both = (trap + content, content + trap)
    return {**files, MANIFEST_FILE: both[rng.integers(2)]}


def _manifest_values(files: Files, rng: Random) -> Files:
    return _with_manifest(files, lambda manifest: _spoil(manifest, rng))


def _statistics(files: Files, rng: Random) -> Files:
    return _with_manifest(files, lambda manifest: _spoil(manifest["statistics"], rng))


def _spoil(tree: Any, rng: Random) -> None:
    """One value somewhere below becomes another, is left out, or gets another key."""
    holders = list(_holders(tree))
    holder = holders[rng.integers(len(holders))]
    keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
    key = keys[rng.integers(len(keys))]
    value = _VALUES[rng.integers(len(_VALUES))]
    match rng.integers(4):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, dict):
            holder[str(key)[:-1]] = holder.pop(key)
        case _:
            holder[key] = value


def _holders(tree: Any) -> list[Any]:
    """All dictionaries and lists in it that hold something, itself first."""
    inner = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    found = [tree] if isinstance(tree, (dict, list)) and tree else []
    return found + [holder for value in inner for holder in _holders(value)]


def _accident(files: Files, rng: Random) -> Files:
    """A file damaged, its hash as it was."""
    name = _some_file(files, rng)
    return {**files, name: _damaged(files[name], rng)}


def _sealed_bytes(files: Files, rng: Random) -> Files:
    name = _some_file(files, rng)
    return _sealed({**files, name: _damaged(files[name], rng)})


def _sealed_graph(files: Files, rng: Random) -> Files:
    return _sealed({**files, MODEL_FILE: mutated_graph(files[MODEL_FILE], rng)})


def _sealed_weights(files: Files, rng: Random) -> Files:
    return _sealed({**files, MODEL_FILE: mutated_weights(files[MODEL_FILE], rng)})


def _some_file(files: Files, rng: Random) -> str:
    names = sorted(set(files) - {MANIFEST_FILE})
    return names[rng.integers(len(names))]


def _sealed(files: Files) -> Files:
    """The manifest records what the files are now."""

    def seal(manifest: Any) -> None:
        manifest["files"] = {
            name: hashlib.sha256(files[name]).hexdigest() for name in manifest["files"]
        }

    return _with_manifest(files, seal)


def _with_manifest(files: Files, change: Callable[[Any], None]) -> Files:
    manifest = yaml.safe_load(files[MANIFEST_FILE])
    change(manifest)
    return {**files, MANIFEST_FILE: yaml.safe_dump(manifest).encode()}


KINDS: dict[str, Callable[[Files, Random], Files]] = {
    "manifest bytes": _manifest_bytes,
    "manifest lines": _manifest_lines,
    "manifest traps": _manifest_traps,
    "manifest values": _manifest_values,
    "statistics": _statistics,
    "accident": _accident,
    "sealed bytes": _sealed_bytes,
    "sealed graph": _sealed_graph,
    "sealed weights": _sealed_weights,
}
