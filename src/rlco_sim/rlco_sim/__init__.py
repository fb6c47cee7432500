# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The digital twin: scenes, tasks and domains as a Gymnasium environment and as a ROS 2 node."""

import rlco_sim.tasks  # noqa: F401  tells Gymnasium of them
