# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""``rlco bench policy``: how fast a policy answers, beside others, part by part."""
