# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Spinning that costs little: messages, timers and guard conditions without a task for each.

rclpy's executor makes a wait set and a coroutine anew for every callback, and wakes itself twice
after each. Here the wait set is kept until the node has other ends than before, and what is ready
is called at once. All that comes seldom (services, actions, clients, tasks, events, coroutines)
stays with rclpy's own code.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from inspect import iscoroutinefunction
from typing import Any

from rclpy.context import Context
from rclpy.executors import (
    ExternalShutdownException,
    ShutdownException,
    SingleThreadedExecutor,
    TimeoutException,
)
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.node import Node
from rclpy.waitable import NumberOfEntities

_NS_PER_S = 1_000_000_000
_FOR_EVER = -1
_KINDS = ("timer", "subscription", "guard_condition", "service", "client")


class LeanExecutor(SingleThreadedExecutor):
    """Runs callbacks in the thread that spins: timers, then messages, then guard conditions."""

    def __init__(self, *, context: Context | None = None) -> None:
        self._ends: _Ends | None = None
        self._suspended: list[Any] = []
        super().__init__(context=context)

    def spin_once(self, timeout_sec: float | None = None) -> None:
        """Waits up to ``timeout_sec`` s, or for ever, and calls all that is ready then."""
        if self._suspended:
            # Who awaits something holds up its callback group, which rclpy keeps account of.
            self._let_go()
            super().spin_once(timeout_sec)
            self._suspended = [task for task in self._suspended if not task.done()]
            self._run_what_is_rare()
            return
        if self._ends is None:
            self._ends = _Ends(self.get_nodes(), (self._guard, self._sigint_gc), self._context)
        ends = self._ends
        ends.wait(_FOR_EVER if timeout_sec is None else round(timeout_sec * _NS_PER_S))
        if not self._context.ok():
            raise ExternalShutdownException
        if ends.call_what_is_ready():
            self._run_what_is_rare()
            self._let_go()

    def shutdown(self, timeout_sec: float | None = None) -> bool:
        """Lets go of the nodes and their ends."""
        self._let_go()
        return bool(super().shutdown(timeout_sec))

    def _let_go(self) -> None:
        if self._ends is not None:
            self._ends.close()
        self._ends = None

    def _run_what_is_rare(self) -> None:
        """All that rclpy would call, and what follows from it. Its wait takes the trigger away that
        tells of new tasks and new ends.
        """
        while not self._suspended and self._run_a_pass():
            pass

    def _run_a_pass(self) -> bool:
        """One look of rclpy's own; whether it found something."""
        found = False
        try:
            while True:
                task, _, _ = self.wait_for_ready_callbacks(timeout_sec=0)
                found = True
                task()
                if task.done():
                    task.result()  # raises what the callback raised
                else:
                    self._suspended.append(task)
        except (TimeoutException, ShutdownException):
            return found


class _Ends:
    """All that nodes listen to, in a wait set that is used again and again.

    Args:
        nodes: whose ends.
        own: the executor's guard conditions, which tell of new tasks, other ends and a stop.
    """

    def __init__(self, nodes: list[Node], own: tuple[Any, ...], context: Context) -> None:
        self._calls: dict[int, Callable[[], None]] = {}
        self._handles: dict[str, list[Any]] = {kind: [] for kind in _KINDS}
        self._waitables: list[Any] = []
        self._held = ExitStack()
        for guard in own:
            self._hold("guard_condition", guard)
        for node in nodes:
            self._add(node)
        self._wait_set = self._make_wait_set(context)

    def close(self) -> None:
        """Lets go; what was destroyed meanwhile ceases to exist."""
        self._held.close()

    def wait(self, timeout_ns: int) -> None:
        """Until something is ready."""
        wait_set = self._wait_set
        wait_set.clear_entities()
        for kind, handles in self._handles.items():
            add = getattr(wait_set, f"add_{kind}")
            for handle in handles:
                add(handle)
        for waitable in self._waitables:
            waitable.add_to_wait_set(wait_set)
        wait_set.wait(timeout_ns)

    def call_what_is_ready(self) -> bool:
        """Whether something else is ready, too, which is rclpy's to call."""
        wait_set, rare = self._wait_set, False
        for kind in _KINDS:
            for pointer in wait_set.get_ready_entities(kind):
                call = self._calls.get(pointer)
                if call is None:
                    rare = True
                else:
                    call()
        return rare or any(one.is_ready(wait_set) for one in self._waitables)

    def _add(self, node: Node) -> None:
        for kind, ends, call in (
            ("timer", node.timers, _call_timer),
            ("subscription", node.subscriptions, _call_subscription),
            ("guard_condition", node.guards, _call_guard),
            ("service", node.services, None),
            ("client", node.clients, None),
        ):
            for end in ends:
                self._hold(kind, end)
                if call is not None and not _needs_rclpy(end):
                    self._calls[end.handle.pointer] = partial(call, end)
        for waitable in node.waitables:
            self._held.enter_context(waitable)
            self._waitables.append(waitable)

    def _hold(self, kind: str, end: Any) -> None:
        """While it is waited for, nothing may be freed."""
        self._held.enter_context(end.handle)
        self._handles[kind].append(end.handle)

    def _make_wait_set(self, context: Context) -> Any:
        handles = self._handles
        count = NumberOfEntities(
            len(handles["subscription"]),
            len(handles["guard_condition"]),
            len(handles["timer"]),
            len(handles["client"]),
            len(handles["service"]),
        )
        for waitable in self._waitables:
            count += waitable.get_num_entities()
        self._held.enter_context(context.handle)
        return rclpy_implementation.WaitSet(
            count.num_subscriptions,
            count.num_guard_conditions,
            count.num_timers,
            count.num_clients,
            count.num_services,
            count.num_events,
            context.handle,
        )


def _needs_rclpy(end: Any) -> bool:
    """Coroutines, callbacks that are told about their message, and what has no callback."""
    kind = getattr(end, "_callback_type", None)
    informed = kind is not None and kind.name != "MessageOnly"
    return end.callback is None or informed or iscoroutinefunction(end.callback)


def _call_timer(timer: Any) -> None:
    try:
        with timer.handle:
            # rcl tells cancelled timers as ready, too.
            if not timer.handle.is_timer_ready():
                return
            timer.handle.call_timer()
    except rclpy_implementation.InvalidHandle:
        return  # destroyed by a callback before this one
    timer.callback()


def _call_guard(guard: Any) -> None:
    guard.callback()


def _call_subscription(subscription: Any) -> None:
    try:
        with subscription.handle:
            taken = subscription.handle.take_message(subscription.msg_type, subscription.raw)
    except rclpy_implementation.InvalidHandle:
        return  # destroyed by a callback before this one
    if taken is not None:
        subscription.callback(taken[0])
