# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Stands between the robot and the rest of the graph, and lets messages through as it is told to.

What the robot and the policy publish is remapped to ``raw/...``; the relay says it again under its
own name, spoilt as a case wants it.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
from geometry_msgs.msg import WrenchStamped
from rclpy.node import Node
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image, JointState

from rlco_core.stamps import set_stamp, stamp_to_ns
from rlco_interfaces.msg import ActionChunk
from rlco_ros.qos import CLOCK, COMMAND, SENSOR, STATE

#: What becomes of a message: what is sent at once.
Spoil = Callable[[Any], Sequence[Any]]
_NS = 1_000_000_000


def honest(message: Any) -> Sequence[Any]:
    """As it came."""
    return (message,)


def silent(message: Any) -> Sequence[Any]:
    """Nothing gets through."""
    return ()


@dataclass(frozen=True)
class Late:
    """Lets messages through ``seconds`` of simulated time later."""

    seconds: float


class Lossy:
    """Loses a share of the messages, and lets the others through late, as a bad network does."""

    def __init__(self, share: float, seconds: float, seed: int = 0) -> None:
        self._share, self.late = share, Late(seconds)
        self._rng = np.random.default_rng(seed)

    def loses(self) -> bool:
        """Whether the next message is lost."""
        return bool(self._rng.random() < self._share)


class Relay:
    """Passes images, joint states, forces, chunks and time on.

    Args:
        node: whose ends these are.
        camera: topic of the images.
        joints: topics of the joint states.
        wrench: topic of force and torque on the tool.

    Attributes:
        spoils: what becomes of "image", "joints", "wrench", "chunk" and "clock".
        now_ns: simulated time, as the simulator tells it.
    """

    def __init__(self, node: Node, camera: str, joints: Sequence[str], wrench: str) -> None:
        self.spoils: dict[str, Spoil | Late | Lossy] = {}
        self.now_ns = 0
        self._waiting: list[tuple[int, int, Any, Any]] = []
        self._count = itertools.count()
        self._clock = node.create_publisher(Clock, "/clock", CLOCK)
        node.create_subscription(Clock, "raw/clock", self._on_clock, CLOCK)
        self._pass(node, Image, camera, "image", COMMAND)
        self._pass(node, ActionChunk, "action_chunk", "chunk", COMMAND)
        self._pass(node, WrenchStamped, wrench, "wrench", SENSOR)
        for topic in joints:
            self._pass(node, JointState, topic, "joints", STATE)

    def be_honest(self) -> None:
        """Everything gets through as it came; what waited is gone."""
        self.spoils.clear()
        self._waiting.clear()

    def _pass(self, node: Node, kind: Any, topic: str, what: str, quality: Any) -> None:
        publisher = node.create_publisher(kind, topic, quality)

        def take(message: Any) -> None:
            spoil = self.spoils.get(what, honest)
            if isinstance(spoil, Lossy):
                spoil = silent if spoil.loses() else spoil.late
            if isinstance(spoil, Late):
                due = self.now_ns + round(spoil.seconds * _NS)
                heapq.heappush(self._waiting, (due, next(self._count), publisher, message))
                return
            for one in spoil(message):
                publisher.publish(one)

        node.create_subscription(kind, f"raw/{topic}", take, quality)

    def _on_clock(self, message: Clock) -> None:
        self.now_ns = stamp_to_ns(message.clock)
        while self._waiting and self._waiting[0][0] <= self.now_ns:
            _, _, publisher, late = heapq.heappop(self._waiting)
            publisher.publish(late)
        spoil = self.spoils.get("clock", honest)
        assert not isinstance(spoil, Late | Lossy)
        for one in spoil(message):
            self._clock.publish(one)


# --- images ----------------------------------------------------------------------------------


def black(image: Image) -> Sequence[Image]:
    """As from a camera with its cap on."""
    dark = deepcopy(image)
    dark.data = bytes(len(image.data))
    return (dark,)


def smaller(image: Image) -> Sequence[Image]:
    """Half as high."""
    cut = deepcopy(image)
    cut.height //= 2
    cut.data = bytes(image.data)[: cut.height * cut.step]
    return (cut,)


def frozen_picture() -> Spoil:
    """The picture that came first, again and again, with new stamps."""
    kept: list[Any] = []

    def spoil(image: Image) -> Sequence[Image]:
        kept.append(bytes(image.data))
        again = deepcopy(image)
        again.data = kept[0]
        return (again,)

    return spoil


# --- joint states ----------------------------------------------------------------------------


def frozen_joints() -> Spoil:
    """The positions that came first, again and again, with new stamps."""
    kept: dict[str, tuple[Any, Any]] = {}

    def spoil(state: JointState) -> Sequence[JointState]:
        positions, velocities = kept.setdefault(
            state.name[0], (list(state.position), list(state.velocity))
        )
        again = deepcopy(state)
        again.position, again.velocity = positions, velocities
        return (again,)

    return spoil


def permuted(state: JointState) -> Sequence[JointState]:
    """In another order: names tell which is which."""
    order = list(reversed(range(len(state.name))))
    other = deepcopy(state)
    other.name = [state.name[k] for k in order]
    other.position = [state.position[k] for k in order]
    other.velocity = [state.velocity[k] for k in order] if state.velocity else []
    return (other,)


def without_a_joint(state: JointState) -> Sequence[JointState]:
    """The second one is not there."""
    other = deepcopy(state)
    other.name, other.position = list(state.name), list(state.position)
    del other.name[1], other.position[1]
    other.velocity = []
    return (other,)


def not_a_number(state: JointState) -> Sequence[JointState]:
    """The second position is none."""
    other = deepcopy(state)
    positions = list(state.position)
    positions[1] = float("nan")
    other.position = positions
    return (other,)


# --- forces ----------------------------------------------------------------------------------


def no_force(wrench: WrenchStamped) -> Sequence[WrenchStamped]:
    """The force along z is no number."""
    other = deepcopy(wrench)
    other.wrench.force.z = float("nan")
    return (other,)


# --- chunks ----------------------------------------------------------------------------------


def with_actions(bend: Callable[[np.ndarray], np.ndarray]) -> Spoil:
    """Other numbers in the same chunk."""

    def spoil(chunk: ActionChunk) -> Sequence[ActionChunk]:
        other = deepcopy(chunk)
        other.actions = bend(np.array(chunk.actions, np.float32)).astype(np.float32).tolist()
        return (other,)

    return spoil


def of_another_contract(chunk: ActionChunk) -> Sequence[ActionChunk]:
    """From a policy that was trained otherwise."""
    other = deepcopy(chunk)
    other.contract_hash = "0" * 64
    return (other,)


def twice(message: Any) -> Sequence[Any]:
    """Once more."""
    return (message, message)


def out_of_order() -> Spoil:
    """Every other one is overtaken by the next."""
    kept: list[Any] = []

    def spoil(message: Any) -> Sequence[Any]:
        if kept:
            return (message, kept.pop())
        kept.append(message)
        return ()

    return spoil


# --- time ------------------------------------------------------------------------------------


def jumped(seconds: float) -> Spoil:
    """Time is ``seconds`` off."""

    def spoil(message: Clock) -> Sequence[Clock]:
        other = Clock()
        set_stamp(other.clock, max(stamp_to_ns(message.clock) + round(seconds * _NS), 1))
        return (other,)

    return spoil
