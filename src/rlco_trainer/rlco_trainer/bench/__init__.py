# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The bench commands: speed beside others, safety, and how late set-points are."""
