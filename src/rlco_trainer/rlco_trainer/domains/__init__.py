# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The domain commands: what ships, how it looks, how far two are apart."""
