# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The life of a node's process: start, spin, stop, and an exit code that means something."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import Executor, ExternalShutdownException
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.lifecycle import LifecycleNode, TransitionCallbackReturn
from rclpy.node import Node

from rlco_core.errors import RlcoError
from rlco_core.memory import keep_memory
from rlco_ros.spin import LeanExecutor

#: For messages: an image of 640 x 480 is 0.9 MB, three times.
_KEPT_BYTES = 128 * 2**20


def run(
    make_node: Callable[[], Node],
    args: list[str] | None = None,
    make_executor: Callable[[], Executor] = LeanExecutor,
) -> int:
    """Makes a node and spins it until it is told to stop.

    A lifecycle node whose ``autostart`` parameter is true is configured and activated.

    Returns:
        0 after an orderly stop, 1 when the node could not start; it has said why.
    """
    keep_memory(_KEPT_BYTES)
    try:
        return _live(make_node, args, make_executor)
    except KeyboardInterrupt:  # it came while the stop that it asks for was under way
        return 0
    finally:
        # What is frozen stays until the end of the interpreter, where libraries count it as leaked.
        gc.unfreeze()
        gc.collect()


def _live(
    make_node: Callable[[], Node], args: list[str] | None, make_executor: Callable[[], Executor]
) -> int:
    try:
        rclpy.init(args=args)
    except RuntimeError as error:  # rcl's own errors: arguments that it cannot read
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    executor = None
    try:
        node = make_node()
        if isinstance(node, LifecycleNode) and not _started(node):
            return 1
        executor = make_executor()
        executor.add_node(node)
        settle()
        executor.spin()
    except (RlcoError, ParameterException) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, ExternalShutdownException):
        return 0
    except rclpy_implementation.RCLError:
        # A stop that falls between rclpy's look at the context and its wait.
        if rclpy.ok():
            raise
        return 0
    finally:
        shut_down()
        # Not before: a signal triggers the executor's guard conditions until then.
        if executor is not None:
            executor.shutdown()
    return 0


def settle() -> None:
    """Frees what nobody can reach, and looks no more through what is left: it is needed for long.

    To be called when a node has made all that it works with, and when it has exchanged much of it.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def shut_down() -> None:
    """Leaves the ROS graph, unless a signal's thread does, or just did."""
    try:
        rclpy.try_shutdown()
    except rclpy_implementation.RCLError:
        # It was first, between rclpy's look at the context and its shutdown.
        if rclpy.ok():
            raise


def _started(node: LifecycleNode) -> bool:
    if not node.get_parameter("autostart").value:
        return True
    success = TransitionCallbackReturn.SUCCESS
    return bool(node.trigger_configure() == success and node.trigger_activate() == success)
