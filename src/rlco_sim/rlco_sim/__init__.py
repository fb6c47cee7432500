# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The digital twin: scenes, tasks and domains as a Gymnasium environment and as a ROS 2 node."""

from rlco_sim.registration import register_envs

register_envs()
