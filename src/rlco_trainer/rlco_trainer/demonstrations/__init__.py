# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Demonstrations from scripted experts, and many out of a few."""
