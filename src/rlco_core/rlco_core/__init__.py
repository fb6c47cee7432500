# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What every part shares: types, contracts, robots, kinematics, limits, safety. No ROS, no torch."""
