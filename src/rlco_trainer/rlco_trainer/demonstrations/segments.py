# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Demonstrations as stretches of motion about things, which can be moved to where things are now.

After MimicGen (Mandlekar et al., CoRL 2023): a demonstration is cut where the task's milestones
are reached; each stretch is told in the frame of what it is about (``Task.references``), and is
carried over to the pose which that has in a new scene.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from rlco_core.motion import ActionPath
from rlco_sim.session import DT, Session
from rlco_trainer.demonstrations.humanlike import Action

_LEAD_STEP = 0.012
_LEAD_TURN = 0.06
_NEARLY = 0.002


@dataclass(frozen=True)
class Stretch:
    """One stretch of a demonstration.

    Attributes:
        name: of the milestone that ends it, or ``success``.
        poses: (T, 7) commanded end-effector poses in the frame of the reference, as position and
            quaternion (x, y, z, w).
        openings: (T,) gripper openings in [0, 1].
    """

    name: str
    poses: NDArray[np.float64]
    openings: NDArray[np.float64]


@dataclass(frozen=True)
class Source:
    """A demonstration to be carried over.

    Attributes:
        seed: of its scene.
        place: (4,) x, y (m), cos and sin of the yaw of what its first stretch is about.
        stretches: in their order.
    """

    seed: int
    place: NDArray[np.float64]
    stretches: tuple[Stretch, ...]


def source_of(session: Session, seed: int, actions: NDArray[np.float32]) -> Source | None:
    """Plays a demonstration again and cuts it; None if it does not succeed again.

    Args:
        session: a simulation like that which it was made in.
        seed: of its scene.
        actions: (T, 7), as they were recorded.
    """
    path = ActionPath(session.robot, DT)
    session.reset(seed)
    path.reset(session.joint_positions, session.gripper_opening)
    references = session.task.references()
    names = list(references)
    stretches: list[Stretch] = []
    poses, openings = [], []
    place = _place(references[names[0]])
    frame = references[names[0]].inverse()
    for action in actions:
        command = path.step(action)
        if not command.verdict.accepted:
            return None
        session.advance(command.joints, command.fingers)
        poses.append(pin.SE3ToXYZQUAT(frame * path.target))
        openings.append(float(action[6]))
        name = names[len(stretches)]
        if name != "success" and _has_reached(session, name):
            stretches.append(Stretch(name, np.array(poses), np.array(openings)))
            poses, openings = [], []
            frame = session.task.references()[names[len(stretches)]].inverse()
    if not session.success() or not poses or names[len(stretches)] != "success":
        return None
    stretches.append(Stretch("success", np.array(poses), np.array(openings)))
    return Source(seed, place, tuple(stretches))


def nearest(sources: Sequence[Source], session: Session) -> Source:
    """The source whose scene is most like the session's: what its motion is about begins nearest
    to where it is now. What it is called does not matter.
    """
    place = _place(next(iter(session.task.references().values())))
    scale = np.array([1.0, 1.0, 0.1, 0.1])
    return min(sources, key=lambda s: float(np.linalg.norm((s.place - place) * scale)))


def carried_over(source: Source, session: Session, path: ActionPath) -> Iterator[Action]:
    """The actions that do in the session's scene what ``source`` did in its own.

    Every action heads for the next pose from wherever the arm is commanded to be, so that a
    disturbance is made good by the next action.
    """
    for stretch in source.stretches:
        frame = session.task.references()[stretch.name]
        goals = [frame * pin.XYZQUATToSE3(pose) for pose in stretch.poses]
        yield from _lead(path, goals[0], stretch.openings[0])
        for goal, opening in zip(goals, stretch.openings, strict=True):
            yield _towards(path.target, goal, opening)


def _lead(path: ActionPath, goal: pin.SE3, opening: float) -> Iterator[Action]:
    """Goes to where a stretch begins, in even steps along a straight line."""
    while True:
        action = _towards(path.target, goal, opening)
        steps = max(
            float(np.linalg.norm(action[:3])) / _LEAD_STEP,
            float(np.linalg.norm(action[3:6])) / _LEAD_TURN,
        )
        if steps < 1.0 or np.linalg.norm(action[:3]) < _NEARLY:
            return
        action[:6] /= steps
        yield action


def _towards(target: pin.SE3, goal: pin.SE3, opening: float) -> Action:
    """The (7,) action from the commanded pose to ``goal``, as fast as is allowed."""
    move = goal.translation - target.translation
    turn = pin.log3(goal.rotation @ target.rotation.T)
    move *= min(1.0, 2.0 * _LEAD_STEP / max(float(np.linalg.norm(move)), 1e-9))
    turn *= min(1.0, _LEAD_TURN / max(float(np.linalg.norm(turn)), 1e-9))
    return np.array([*move, *turn, opening], dtype=np.float32)


def _has_reached(session: Session, name: str) -> bool:
    return session.reached()[session.milestones.index(name)]


def _place(frame: pin.SE3) -> NDArray[np.float64]:
    forward = frame.rotation[:2, 0]
    return np.array([*frame.translation[:2], *forward])
