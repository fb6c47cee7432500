# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""People at the arm: gamepad, keyboard, twists and poses answer in a policy's place."""
