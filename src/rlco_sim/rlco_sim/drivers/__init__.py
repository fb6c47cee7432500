# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What the simulated robot says and hears: the ends of a driver's topics, services and actions.

One file per driver: ``plain``, ``ur``, ``franka``. What they have in common is beside them; what
stands behind them is in ``rlco_sim.machine``.
"""
