# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What ``rlco bench policy`` measures, part by part."""
