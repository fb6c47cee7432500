# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Policy networks; the only place, with their training, that knows torch."""
