# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Faults of a running system, one after the other, and what became of the arm."""
