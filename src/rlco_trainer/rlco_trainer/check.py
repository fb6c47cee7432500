# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What the doctor looks for, one thing at a time."""

from __future__ import annotations

from dataclasses import dataclass

GPU_IMAGE = "use the image of docker/policy-gpu.Dockerfile"


@dataclass(frozen=True)
class Check:
    """One thing looked for: whether it is fine, what was found, and how to get it if not."""

    name: str
    ok: bool
    found: str
    fix: str
    required: bool = True


def in_a_line(error: Exception) -> str:
    """What an error says first."""
    return (str(error).splitlines() or [type(error).__name__])[0]
