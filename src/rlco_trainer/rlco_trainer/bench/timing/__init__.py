# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The ROS ends of ``rlco bench bridge``."""
