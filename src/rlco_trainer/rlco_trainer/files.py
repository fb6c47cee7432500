# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Files that appear when they are complete: a reader sees the old one or the new one."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from rlco_core.errors import RlcoError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Gives a scratch path that becomes ``path`` at the end, or vanishes on an error.

    Raises:
        RlcoError: it cannot be written, as on a full disk.
    """
    try:
        with _scratch(path) as scratch:
            yield scratch
            scratch.chmod(0o644)
            scratch.replace(path)
    except (OSError, SafetensorError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        kept = "; the one before is kept" if os.path.exists(path) else ""
        raise RlcoError(f"{path} cannot be written: {reason or error}{kept}") from error


@contextmanager
def remade(folder: Path, proof: str) -> Iterator[Path]:
    """Gives a scratch folder with what is in ``folder``; it takes that one's place at the end, or
    vanishes on an error, and the old one stays as it was.

    Args:
        proof: a file that says that ``folder``, where it holds anything, is of the kind that may be
            replaced.

    Raises:
        RlcoError: it is of another kind, or cannot be written, as on a full disk.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / proof).exists():
        raise RlcoError(f"{folder} is not empty, and has no {proof}; choose a new directory")
    folder = folder.absolute()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as near:
            scratch, old = Path(near) / "new", Path(near) / "old"
            if folder.exists():
                shutil.copytree(folder, scratch)
            scratch.mkdir(exist_ok=True)
            yield scratch
            if folder.exists():
                folder.rename(old)
            scratch.rename(folder)
    except OSError as error:
        raise RlcoError(f"{folder} cannot be written: {error.strerror or error}") from error


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Holds ``folder`` against other processes; it is made if it is missing, and vanishes again
    where nothing came into it.

    Raises:
        RlcoError: another one holds it.
    """
    made = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RlcoError(
                f"{folder} is in use by another rlco; wait for it, or stop it"
            ) from error
        yield
    finally:
        os.close(handle)
        if made and not any(folder.iterdir()):
            folder.rmdir()


@contextmanager
def _scratch(path: Path) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Writes ``text`` as UTF-8 in one piece; an existing file is replaced."""
    with replacing(path) as scratch:
        scratch.write_text(text, encoding="utf-8")
