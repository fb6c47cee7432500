# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Policies as bundles that robots run: export, ONNX graphs, model cards."""
