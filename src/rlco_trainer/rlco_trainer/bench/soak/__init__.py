# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco bench soak: what a running system holds on to, over very many episodes."""
