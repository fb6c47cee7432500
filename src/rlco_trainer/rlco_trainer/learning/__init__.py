# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""How policies learn: from demonstrations, from reward in simulation, and from both at once."""
