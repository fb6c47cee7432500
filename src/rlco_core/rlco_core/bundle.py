# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A policy bundle on disk: a directory with manifest.yaml and the files that it lists.

Nothing of a bundle is used before every listed file has the hash that the manifest records.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import yaml

from rlco_core.config import first_problem
from rlco_core.contract import MODEL_FILE, Contract, Manifest
from rlco_core.errors import BundleError

MANIFEST_FILE = "manifest.yaml"


@dataclass(frozen=True)
class Bundle:
    """A verified bundle.

    Attributes:
        root: its directory.
        manifest: the validated manifest.
        sha256: hash (hex) of manifest.yaml; it covers every file, as the manifest lists theirs.
    """

    root: Path
    manifest: Manifest
    sha256: str

    @property
    def contract(self) -> Contract:
        """What the policy was trained to see and to answer."""
        return self.manifest.contract

    @property
    def model_path(self) -> Path:
        """The ONNX graph."""
        return self.root / MODEL_FILE


def load_bundle(path: str | Path) -> Bundle:
    """Reads and verifies the bundle in directory `path`.

    Raises:
        BundleError: something is missing, malformed or corrupt; the line says what.
    """
    root = Path(path).expanduser()
    if not root.is_dir():
        raise BundleError(f"{root}: no such bundle; it should be a directory with {MANIFEST_FILE}")
    content = _read(root / MANIFEST_FILE)
    manifest = _parse(root / MANIFEST_FILE, content)
    for name, digest in manifest.files.items():
        _verify(root / name, digest)
    return Bundle(root.resolve(), manifest, hashlib.sha256(content).hexdigest())


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BundleError(
            f"{path}: cannot be read ({error.strerror}); the bundle is incomplete"
        ) from error


def _parse(path: Path, content: bytes) -> Manifest:
    try:
        return Manifest.parse(yaml.safe_load(content.decode()))
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise BundleError(f"{path}: not valid YAML: {first_problem(error)}") from error
    except BundleError as error:
        raise BundleError(f"{path}: {error}") from None


def _verify(path: Path, expected: str) -> None:
    found = hashlib.sha256(_read(path)).hexdigest()
    if found != expected:
        raise BundleError(
            f"{path}: corrupt: its SHA-256 is {found[:12]}..., the manifest says "
            f"{expected[:12]}...; copy or export the bundle again"
        )
