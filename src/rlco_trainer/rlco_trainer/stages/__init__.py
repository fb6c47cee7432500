# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The train commands: Stage 0, Stage I and Stage II."""
