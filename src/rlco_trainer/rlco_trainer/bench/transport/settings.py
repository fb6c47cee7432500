# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What the processes of the bench are told."""

from __future__ import annotations

from dataclasses import dataclass

#: What a listener may listen to.
CHUNKS, ECHOES = "action_chunk", "echo/image_raw"


@dataclass(frozen=True)
class Settings:
    """What goes to whom.

    Attributes:
        width, height: of images, pixels.
        executor: lean, as rlco's nodes spin; rclpy's single or multi.
        customary: images as most people send them: bytes, and queues of ten, reliable.
        joint_rate: joint states per second; 0: none, as nobody needs them.
        listens: `CHUNKS` or `ECHOES`.
        seconds: how long.
    """

    width: int
    height: int
    executor: str = "lean"
    customary: bool = False
    joint_rate: float = 0.0
    listens: str = CHUNKS
    seconds: float = 5.0

    @property
    def ours(self) -> bool:
        """Whether processes run as rlco's do, and take images as they come over the wire."""
        return self.executor == "lean"
