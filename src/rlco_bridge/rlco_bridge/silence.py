# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Who fell silent in an episode, and what is known of why. Deadlines run on the steady clock."""

from __future__ import annotations

import math
from collections.abc import Callable

from rclpy.node import Node

from rlco_bridge.episode import Outcome
from rlco_bridge.watchdog import Watchdog
from rlco_core.stamps import stamp_to_ns
from rlco_interfaces.action import RunEpisode
from rlco_interfaces.msg import PolicyState
from rlco_ros.qos import COMMAND

_Result = RunEpisode.Result
#: s of silence of the joint states that explain why no chunk comes.
_SOON = 0.15


class Silence:
    """Waits for joint states and for chunks.

    Args:
        node: knows the topics.
        joints: topic of the joint states.
        observation_timeout: longest silence of joint states in real time, s; in lock-step, where
            time stands still meanwhile, there is none.
        chunk_timeout: longest wait for the next step, s.
        patience: longest wait in real time of an arm that moved and has nothing to play, s.
        decision: from one chunk to the next, s.
        gripper: what its state should have told by now, as one line; empty if nothing.
    """

    def __init__(
        self,
        node: Node,
        joints: str,
        observation_timeout: float | None,
        chunk_timeout: float,
        patience: float,
        decision: float,
        gripper: Callable[[], str],
    ) -> None:
        self._node, self._gripper = node, gripper
        self._joints = node.resolve_topic_name(joints)
        self._chunks = node.resolve_topic_name("action_chunk")
        self._unheard = Watchdog(observation_timeout or 0.0)
        self._realtime = observation_timeout is not None
        self._waiting = Watchdog(chunk_timeout)
        self._patience = patience
        self._invalid = ""
        self._policy = PolicyState()
        self._answered_ns, self._decision_ns = 0, round(decision * 1e9)
        node.create_subscription(PolicyState, "policy_state", self._on_policy, COMMAND)

    def begin(self) -> None:
        """An episode begins."""
        self._unheard.feed()
        self._waiting.feed()
        self._answered_ns = 0

    def answered(self, stamp_ns: int) -> None:
        """A chunk came that answers the observation of ``stamp_ns``."""
        self._answered_ns = stamp_ns

    def heard(self) -> None:
        """The arm was measured."""
        self._unheard.feed()
        self._invalid = ""

    def misheard(self, problem: str) -> None:
        """A joint state came that tells nothing."""
        self._invalid = problem

    def played(self) -> None:
        """A step was played."""
        self._waiting.feed()

    def outcome(self, unmeasured: bool) -> Outcome | None:
        """Whose silence ends the episode; None if nobody's does.

        Args:
            unmeasured: the arm was not measured since the last step.
        """
        silent = (self._realtime and self._unheard.expired) or self._gripper()
        if silent or (self._waiting.expired and unmeasured):
            return self._no_joints()
        if self._waiting.expired:
            return self.no_chunk(f"within {self._waiting.timeout:g} s")
        return None

    def starved(self) -> Outcome | None:
        """In real time there is nothing to play: the arm comes to rest, and goes on when a chunk
        comes. None while that may be: nothing is known to be wrong, and patience lasts.
        """
        if (known := self._known()) is not None:
            return known
        waited = self._waiting.silence
        return self.no_chunk(f"for {waited:.1f} s") if waited > self._patience else None

    def no_chunk(self, when: str) -> Outcome:
        """No chunk came in time, for whichever reason is known."""
        if (known := self._known()) is not None:
            return known
        if self._answered_ns and self._unseen():
            detail = "the policy saw no image since the one that its last chunk answered"
            return Outcome(PolicyState.REASON_CAMERA_SILENT, detail)
        count = self._node.count_publishers(self._chunks)
        detail = f"no chunk on {self._chunks} {when}; it has {count} publishers"
        return Outcome(_Result.STOP_CHUNK_TIMEOUT, detail)

    def _known(self) -> Outcome | None:
        """What is said to be wrong; None where nothing is."""
        if self._invalid or (self._realtime and self._unheard.silence > _SOON):
            return self._no_joints()
        if self._policy.reason:
            return Outcome(self._policy.reason, self._policy.detail)
        return None

    def _unseen(self) -> bool:
        """Whether the policy said, when the next image was overdue, that it had not seen it."""
        age = self._policy.image_age
        if math.isnan(age):  # it never saw one
            return False
        said_ns = stamp_to_ns(self._policy.header.stamp)
        seen_ns = said_ns - round(age * 1e9)
        return seen_ns <= self._answered_ns and said_ns > self._answered_ns + self._decision_ns

    def _on_policy(self, message: PolicyState) -> None:
        self._policy = message

    def _no_joints(self) -> Outcome:
        if self._invalid:
            return Outcome(_Result.STOP_JOINTS_INVALID, self._invalid)
        arm = f"nothing new on {self._joints} for {self._unheard.silence:.1f} s"
        heard = not (self._realtime and self._unheard.expired)
        detail = (heard and self._gripper()) or arm
        return Outcome(_Result.STOP_OBSERVATION_TIMEOUT, detail)
