# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The paper's studies at nano scale, with the stand-in as the real world: ``rlco reproduce``."""
