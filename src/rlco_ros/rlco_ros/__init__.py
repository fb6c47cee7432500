# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What every rlco node shares: QoS profiles, described parameters, start and stop."""
