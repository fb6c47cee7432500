# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Property tests draw the same examples on every machine, so that a failure is one everywhere."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("rlco", deadline=None, derandomize=True, database=None)
settings.load_profile("rlco")
