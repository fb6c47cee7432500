# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Runs a policy bundle: observations in, action chunks out. No torch."""
