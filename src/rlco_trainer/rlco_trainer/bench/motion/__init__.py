# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco bench motion: what arms' controllers are told, held against what arms may do."""
