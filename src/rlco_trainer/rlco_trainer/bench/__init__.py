# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The bench commands: how fast simulation and training are, beside others."""
