# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What runs a bundle's graph: ONNX Runtime or OpenVINO, behind one protocol."""
