# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What several tests start from."""

from __future__ import annotations

import pytest
from desk import contract_of

from rlco_core.contract import Contract


@pytest.fixture(scope="session")
def policy() -> Contract:
    """Of a policy that answers every fourth period."""
    return contract_of(lockstep=False)
