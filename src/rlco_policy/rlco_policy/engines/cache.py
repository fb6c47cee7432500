# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Where built engines are kept: folders that appear when they are complete, named by what they
depend on, so that whatever changes is built anew and nothing stale is ever used.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rlco_core.errors import ConfigError

_KEY_DIGITS = 24


def default_cache() -> Path:
    """``rlco/engines`` where this user's caches are: $XDG_CACHE_HOME, else ~/.cache."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "rlco" / "engines"


def cache_key(**parts: object) -> str:
    """A folder's name, of everything that what is in it depends on."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:_KEY_DIGITS]


@contextmanager
def published(folder: Path) -> Iterator[Path]:
    """Gives a scratch folder that becomes ``folder`` at the end, or vanishes on an error.

    Who comes second finds ``folder`` there and leaves it as it is: both were made of the same.

    Raises:
        ConfigError: nothing can be written there.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    except OSError as error:
        raise ConfigError(
            f"{folder.parent} cannot be written ({error.strerror}); engines are built there: "
            "free it, or set XDG_CACHE_HOME"
        ) from error
    try:
        yield scratch
        scratch.chmod(0o755)
        _rename(scratch, folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _rename(scratch: Path, folder: Path) -> None:
    """Unless somebody else was first; to look before would be too early."""
    try:
        scratch.rename(folder)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
