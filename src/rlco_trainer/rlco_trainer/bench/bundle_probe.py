# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Loads bundles as the policy node does, in a process that may die of it.

    python -m rlco_trainer.bench.bundle_probe

reads directories, one a line, and answers each with a line of JSON: ``outcome`` is `loaded`,
`refused` or `raised`, and ``line`` says why.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path

from rlco_core.bundle import load_bundle
from rlco_core.errors import RlcoError
from rlco_core.language import LanguageEncoder
from rlco_policy.parity import open_policy

#: More than any bundle needs: what asks for all memory gets an error, and the machine stays well.
_MEMORY_BYTES = 8 << 30


def probe(root: Path, encoder: LanguageEncoder) -> dict[str, str]:
    """What comes of a bundle until its first answers."""
    try:
        open_policy(load_bundle(root), encoder=encoder)
    except RlcoError as error:
        return {"outcome": "refused", "line": str(error)}
    except Exception as error:
        return {"outcome": "raised", "line": f"{type(error).__name__}: {error}"}
    return {"outcome": "loaded", "line": ""}


def main() -> None:
    """Answers until the end of its input."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # ONNX Runtime writes to the standard output where it finds a graph odd.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    encoder = LanguageEncoder.load()
    for line in sys.stdin:
        print(json.dumps(probe(Path(line.rstrip("\n")), encoder)), file=answers, flush=True)


if __name__ == "__main__":
    main()
