# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What every rlco node shares: QoS profiles, described parameters, chunks as messages, and how to
start and stop.
"""
