# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Success rates of bundles and experts, in process or over ROS 2."""
