# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The processes between which ``rlco bench policy`` sends images and chunks."""
