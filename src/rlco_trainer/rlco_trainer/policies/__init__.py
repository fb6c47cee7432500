# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Policies at nano scale: one backbone, and two families of action experts."""
