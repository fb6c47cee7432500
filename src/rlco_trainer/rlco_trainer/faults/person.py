# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What a person in the cell does: presses stops, releases them, and gets the robot going again."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import rclpy
from rclpy.action import ActionClient
from rclpy.node import Node
from std_srvs.srv import Trigger

from rlco_core.errors import RlcoError
from rlco_interfaces.srv import InjectFault
from rlco_ros.optional import interface

_PATIENCE = 20.0
_STRICT = 2
_ACTIVE = 3


class Helpless(RlcoError):
    """What should have helped did not."""


class Person:
    """Calls the services of a robot's driver and of the bridge."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._clients: dict[str, Any] = {}

    def wait(self, done: Callable[[], Any], what: str, seconds: float = _PATIENCE) -> None:
        """Lets the graph go on until ``done``.

        Raises:
            Helpless: that did not come in time.
        """
        deadline = time.monotonic() + seconds
        while not done():
            if time.monotonic() > deadline:
                raise Helpless(f"{what} did not come within {seconds:g} s")
            rclpy.spin_once(self._node, timeout_sec=0.02)

    def call(self, kind: Any, service: str, request: Any) -> Any:
        """The answer of a service."""
        client = self._client(kind, service)
        self.wait(client.service_is_ready, f"service {service}")
        answer = client.call_async(request)
        self.wait(answer.done, f"an answer of {service}")
        return answer.result()

    def inject(self, fault: str, value: float = 0.0) -> None:
        """Lets something go wrong with the robot, without waiting for what it says."""
        request = InjectFault.Request(fault=fault, value=value)
        self._client(InjectFault, "sim_node/inject_fault").call_async(request)

    def ask(self, service: str) -> None:
        """Calls a service of people, without waiting for what it says."""
        self._client(Trigger, service).call_async(Trigger.Request())

    def undo(self, fault: str, value: float = 0.0) -> None:
        """Lets it be well again."""
        answer = self.call(
            InjectFault, "sim_node/inject_fault", InjectFault.Request(fault=fault, value=value)
        )
        if not answer.success:
            raise Helpless(f"{fault}: {answer.message}")

    def press(self, *services: str) -> None:
        """Buttons of UR's dashboard; one that is not ready yet is pressed again."""
        for service in services:
            self.wait(partial(self.trigger, f"dashboard_client/{service}"), service)

    def trigger(self, service: str) -> bool:
        """Whether a service of people says that it did it."""
        return bool(self.call(Trigger, service, Trigger.Request()).success)

    def recover_franka(self, controller: str) -> None:
        """As Franka's documentation says: error recovery, hardware, controllers."""
        recovery = interface("franka_msgs", "action", "ErrorRecovery", "recovery")
        client = ActionClient(self._node, recovery, "action_server/error_recovery")
        self.wait(client.server_is_ready, "error_recovery")
        sent = client.send_goal_async(recovery.Goal())
        self.wait(sent.done, "an answer of error_recovery")
        done = sent.result().get_result_async()
        self.wait(done.done, "the end of error_recovery")
        client.destroy()
        self._activate("FrankaHardwareInterface", controller)

    def _client(self, kind: Any, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._node.create_client(kind, service)
        return self._clients[service]

    def _activate(self, component: str, controller: str) -> None:
        package = "controller_manager_msgs"
        activate = interface(package, "srv", "SetHardwareComponentState", "recovery")
        request = activate.Request(name=component)
        request.target_state.id, request.target_state.label = _ACTIVE, "active"
        self.call(activate, "controller_manager/set_hardware_component_state", request)
        switch = interface(package, "srv", "SwitchController", "recovery")
        wanted = ["joint_state_broadcaster", "franka_robot_state_broadcaster", controller]
        request = switch.Request(activate_controllers=wanted, strictness=_STRICT)
        self.call(switch, "controller_manager/switch_controller", request)
