# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The graphs of nodes that make a system."""
