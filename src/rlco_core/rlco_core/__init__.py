# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Shared by all: types, contracts, robots, kinematics, limits, safety; no ROS, no torch."""
