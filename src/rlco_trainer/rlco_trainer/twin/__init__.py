# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A twin that is like the cell it stands for: its camera, and how its arm follows."""
