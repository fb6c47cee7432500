# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The parts of ``bench policy``, one module each: ``measure(options: Options) -> Part``."""
