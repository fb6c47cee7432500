# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Keeps the tests' ROS traffic on this machine and in a domain of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import rclpy
from rclpy.context import Context

DOMAIN = 1 + os.getpid() % 100
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
os.environ["ROS_DOMAIN_ID"] = str(DOMAIN)


@pytest.fixture
def context() -> Iterator[Context]:
    """A ROS context of the test's own."""
    context = Context()
    rclpy.init(context=context, domain_id=DOMAIN)
    yield context
    rclpy.try_shutdown(context=context)
