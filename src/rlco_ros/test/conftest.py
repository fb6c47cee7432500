# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Keeps the tests' ROS traffic on this machine and in a domain of its own."""

from __future__ import annotations

import os

os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
os.environ["ROS_DOMAIN_ID"] = str(1 + os.getpid() % 100)
