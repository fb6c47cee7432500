# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Demonstrations by teleoperation, recorded through the robot's own commands; and their replay."""
