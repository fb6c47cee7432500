# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A policy bundle on disk: a directory with manifest.yaml and the files that it lists.

Nothing of a bundle is used before every listed file has the hash that the manifest records. What is
used are the very bytes that had it: files may change at any time.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path

import yaml

from rlco_core.config import first_problem
from rlco_core.contract import MODEL_FILE, PARITY_FILE, Contract, Manifest
from rlco_core.errors import BundleError

MANIFEST_FILE = "manifest.yaml"
_LARGEST_MANIFEST, _DEEPEST = 1 << 16, 16
_SHOWN = 300
#: Of all files together, bytes.
_LARGEST = 1 << 30
#: What PyYAML raises: its own errors, and whatever values that are none raise on their way.
_UNREADABLE = (yaml.YAMLError, ValueError, LookupError, AttributeError, RecursionError)


@dataclass(frozen=True)
class Bundle:
    """A verified bundle.

    Attributes:
        root: its directory.
        manifest: the validated manifest.
        sha256: hash (hex) of manifest.yaml; it covers every file, as the manifest lists theirs.
        model: the ONNX graph, as it was verified.
        parity: what engines are held against, as it was verified; empty where there is none.
    """

    root: Path
    manifest: Manifest
    sha256: str
    model: bytes = field(repr=False)
    parity: bytes = field(repr=False)

    @property
    def contract(self) -> Contract:
        """What the policy was trained to see and to answer."""
        return self.manifest.contract

    @property
    def model_path(self) -> Path:
        """Where the ONNX graph was read from."""
        return self.root / MODEL_FILE


def load_bundle(path: str | Path) -> Bundle:
    """Reads and verifies the bundle in directory `path`.

    Raises:
        BundleError: something is missing, malformed or corrupt; the line says what.
    """
    root = Path(path).expanduser()
    if not root.is_dir():
        raise BundleError(f"{root}: no such bundle; it should be a directory with {MANIFEST_FILE}")
    path = root / MANIFEST_FILE
    with _readable(path) as file:
        content = file.read(_LARGEST_MANIFEST + 1)
    manifest = _parse(path, content)
    kept = _verified(root, manifest)
    sha256 = hashlib.sha256(content).hexdigest()
    return Bundle(root.resolve(), manifest, sha256, kept[MODEL_FILE], kept.get(PARITY_FILE, b""))


@contextmanager
def _readable(path: Path) -> Iterator[BufferedReader]:
    """A file that ends: who opens a pipe waits for somebody who writes, and a device never ends."""
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise BundleError(f"{path}: is no regular file; every file of a bundle should be")
            yield file
    except OSError as error:
        raise BundleError(
            f"{path}: cannot be read ({error.strerror}); the bundle is incomplete"
        ) from error


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def _parse(path: Path, content: bytes) -> Manifest:
    try:
        return Manifest.parse(_plain_data(content))
    except _UNREADABLE as error:
        raise BundleError(f"{path}: not valid YAML: {first_problem(error)[:_SHOWN]}") from error
    except BundleError as error:
        raise BundleError(f"{path}: {error}") from None


def _plain_data(content: bytes) -> object:
    """What the YAML says. A few lines of it may else stand for more than fits into memory, or take
    hours to be read.
    """
    if len(content) > _LARGEST_MANIFEST:
        raise BundleError(f"has more than {_LARGEST_MANIFEST} bytes; it should be a short text")
    text, depth = content.decode(), 0
    for event in yaml.parse(text, yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise BundleError(f"is nested more than {_DEEPEST} levels deep; it should be flatter")
        if isinstance(event, yaml.AliasEvent):
            raise BundleError("has a YAML alias (*); everything should be written out")
    return yaml.safe_load(text)


def _verified(root: Path, manifest: Manifest) -> dict[str, bytes]:
    """The files that are used, by name, after all that are listed were looked at."""
    kept, left = {}, _LARGEST
    for name, digest in manifest.files.items():
        content = _content(root / name, left)
        _require_hash(root / name, content, digest)
        left -= len(content)
        if name in (MODEL_FILE, PARITY_FILE):
            kept[name] = content
    return kept


def _content(path: Path, most: int) -> bytes:
    with _readable(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > most:
            raise BundleError(
                f"{path}: has {size} bytes; all files of a bundle should have {_LARGEST} at most"
            )
        return file.read(size)


def _require_hash(path: Path, content: bytes, expected: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise BundleError(
            f"{path}: corrupt: its SHA-256 is {found[:12]}..., the manifest says "
            f"{expected[:12]}...; copy or export the bundle again"
        )
