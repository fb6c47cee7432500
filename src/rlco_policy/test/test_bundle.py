# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Bundles: what is loaded, and the one line that each damage gives."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rlco_core.bundle import load_bundle
from rlco_core.errors import BundleError


def test_a_sound_bundle(bundle_path: Path) -> None:
    bundle = load_bundle(str(bundle_path))
    assert bundle.root == bundle_path
    assert bundle.model_path == bundle_path / "model.onnx"
    assert bundle.model == bundle.model_path.read_bytes()
    assert bundle.parity == b""
    assert bundle.contract is bundle.manifest.contract
    assert bundle.contract.robot == "panda"
    manifest = (bundle_path / "manifest.yaml").read_bytes()
    assert bundle.sha256 == hashlib.sha256(manifest).hexdigest()


def _edit(old: str, new: str) -> Callable[[Path], None]:
    def damage(root: Path) -> None:
        path = root / "manifest.yaml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    return damage


def _flip_last_byte(root: Path) -> None:
    content = (root / "model.onnx").read_bytes()
    (root / "model.onnx").write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def _pipe(name: str) -> Callable[[Path], None]:
    def damage(root: Path) -> None:
        (root / name).unlink()
        os.mkfifo(root / name)

    return damage


def _device(root: Path) -> None:
    (root / "model.onnx").unlink()
    (root / "model.onnx").symlink_to("/dev/zero")


def _huge(root: Path) -> None:
    os.truncate(root / "model.onnx", 1 << 34)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda root: (root / "manifest.yaml").unlink(), "manifest.yaml: cannot be read (No such"),
        (lambda root: (root / "model.onnx").unlink(), "model.onnx: cannot be read (No such file"),
        (_pipe("model.onnx"), "model.onnx: is no regular file; every file of a bundle should be"),
        (
            _pipe("manifest.yaml"),
            "manifest.yaml: is no regular file; every file of a bundle should",
        ),
        (_device, "model.onnx: is no regular file; every file of a bundle should be"),
        (_huge, "model.onnx: has 17179869184 bytes; all files of a bundle should have 1073741824 "),
        (_flip_last_byte, "model.onnx: corrupt: its SHA-256 is "),
        (_edit("format: ", "format: [ "), "manifest.yaml: not valid YAML: while parsing"),
        (
            _edit("name: tiny", "nama: tiny"),
            "manifest.yaml: name: this key is missing (and 1 more)",
        ),
        (_edit("dt: 0.05", "dt: -0.05"), "manifest.yaml: contract.action.dt: input should be gr"),
        (_edit("robot: ", "arm: x\n  robot: "), "contract.arm: unknown key; known keys here: rob"),
        (
            lambda root: (root / "manifest.yaml").write_bytes(b"\xff\xfe\x00"),
            "manifest.yaml: not valid YAML: 'utf-8' codec can't decode",
        ),
        (lambda root: (root / "manifest.yaml").write_text(""), "manifest: input should be a valid"),
        (
            _edit("dataset: none", "dataset: &a x\n  again: *a"),
            "manifest.yaml: has a YAML alias (*)",
        ),
        (
            _edit("dataset: none", f"dataset: {'[' * 9000}"),
            "is nested more than 16 levels deep; it",
        ),
        (_edit("dataset: none", "dataset: 2026-99-99"), "not valid YAML: month must be in 1..12"),
        (
            _edit("dataset: none", "dataset: !!int ''"),
            "manifest.yaml: not valid YAML: string index",
        ),
        (
            _edit("dataset: none", f"dataset: {'x' * 70_000}"),
            "has more than 65536 bytes; it should",
        ),
        (
            _edit("dataset: none", f"dataset: [{'x' * 9000}]"),
            "dataset must be text or a number, is",
        ),
    ],
)
def test_damage_is_named_in_one_line(
    bundle_path: Path, damage: Callable[[Path], None], message: str
) -> None:
    damage(bundle_path)
    with pytest.raises(BundleError) as error:
        load_bundle(bundle_path)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_no_such_directory(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"nowhere: no such bundle; it should be a directory"):
        load_bundle(tmp_path / "nowhere")


def test_python_tags_in_yaml_are_not_run(bundle_path: Path) -> None:
    _edit("name: tiny", "name: !!python/object/apply:os.getcwd []")(bundle_path)
    with pytest.raises(BundleError, match="could not determine a constructor for the tag"):
        load_bundle(bundle_path)


def test_all_files_together_are_bounded(bundle_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = (bundle_path / "model.onnx").stat().st_size
    (bundle_path / "more").write_bytes(b"more")
    digest = hashlib.sha256(b"more").hexdigest()
    _edit("files:\n", f"files:\n  more: {digest}\n")(bundle_path)
    monkeypatch.setattr("rlco_core.bundle._LARGEST", size + 4)
    assert load_bundle(bundle_path).model
    monkeypatch.setattr("rlco_core.bundle._LARGEST", size + 3)
    with pytest.raises(BundleError, match=f"all files of a bundle should have {size + 3} at most"):
        load_bundle(bundle_path)
