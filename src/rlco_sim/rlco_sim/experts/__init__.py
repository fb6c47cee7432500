# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Scripted experts: closed-loop rules that see the true state of the world."""
