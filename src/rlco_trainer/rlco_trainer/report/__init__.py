# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Results as one HTML page with films and drawings."""
