# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco up: whole systems on ROS 2 in one terminal."""
