# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Plays action chunks on a robot's controllers, behind the safety checks."""
