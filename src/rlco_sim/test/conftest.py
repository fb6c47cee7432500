# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Keeps the tests' ROS traffic on this machine and in a domain of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import rclpy
from rclpy.context import Context
from robot_at_hand import PANDA, Stage

os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"


@pytest.fixture
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """A stage for one simulator; of the Panda, unless the test asks for another robot."""
    context = Context()
    rclpy.init(context=context, domain_id=1 + os.getpid() % 100)
    stage = Stage(context, getattr(request, "param", PANDA))
    yield stage
    stage.close()
    rclpy.shutdown(context=context)
