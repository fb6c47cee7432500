# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""A policy over the network: served to robots, and asked for by them. No ROS, no torch."""
