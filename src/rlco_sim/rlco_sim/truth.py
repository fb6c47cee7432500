# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What only a simulation knows of an episode. No policy acts on it; values that help one learn may
look at it (asymmetric actor-critic, Pinto et al., arXiv 1710.06542).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rlco_sim.session import Session

#: No task has more milestones.
_MILESTONES = 3
SIZE = 13 + _MILESTONES


def truth(session: Session, reached: Sequence[bool]) -> NDArray[np.float32]:
    """(16,) float32: the end effector, m, in the base frame; the ways from there to the subject
    and from the subject to its goal, m; the direction that says how the subject is turned; the
    share of the episode's time that has passed; and which milestones were ``reached`` so far.
    """
    here, (subject, goal) = session.end_effector(), session.task.points()
    flags = [float(one) for one in reached] + [0.0] * (_MILESTONES - len(reached))
    passed = session.steps / session.max_steps
    row = [*here, *(subject - here), *(goal - subject), *session.sideways(), passed, *flags]
    return np.array(row, dtype=np.float32)
