# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Quality of service by purpose (REP 2003)."""

from __future__ import annotations

from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy

#: State that late joiners must get: instruction, safety state.
LATCHED = QoSProfile(
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)
#: Commands and chunks: the newest, for certain.
COMMAND = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
#: What a simulator publishes: reliable, so that lock-step loses nothing; also fits
#: best-effort subscribers.
STATE = QoSProfile(depth=32, reliability=ReliabilityPolicy.RELIABLE)
#: For recorders, as subscribers: nothing is lost that came while they did something else.
RECORD = QoSProfile(history=HistoryPolicy.KEEP_ALL, reliability=ReliabilityPolicy.RELIABLE)
#: What drivers publish, as a subscriber: the newest, never waiting for a resend.
SENSOR = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
#: Simulated time.
CLOCK = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
