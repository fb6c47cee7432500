# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Set-points one by one, each at its time, from a process of its own.

A thread beside the bridge's executor would wait for the interpreter's lock, which the executor may
hold while others have its core. A process waits for nobody, and outlives a bridge that is stuck or
killed: what it was told always ends at rest, and it plays that to the end.
"""
