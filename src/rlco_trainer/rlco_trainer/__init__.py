# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Collects, trains, exports and evaluates policies; home of the rlco command."""
