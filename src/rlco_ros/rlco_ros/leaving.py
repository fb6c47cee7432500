# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The ways out of a lifecycle node that moves something."""

from __future__ import annotations

from abc import abstractmethod

from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn


class LeavableNode(LifecycleNode):
    """Is configured once, and stops what it does whichever way it is left."""

    @abstractmethod
    def leave(self, why: str) -> None:
        """Ends what runs, if anything does, and takes no more to do."""

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Leaves."""
        self.leave("the node was deactivated")
        return super().on_deactivate(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Leaves, also from where it is active."""
        self.leave("the node was shut down")
        return super().on_shutdown(state)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Leaves."""
        self.leave("a transition of the node failed")
        return super().on_error(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Refused: configured anew, what stops the arm would be there twice."""
        self.get_logger().error("it is configured once; restart its process instead")
        return TransitionCallbackReturn.FAILURE
