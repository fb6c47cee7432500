# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The services of controller_manager."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rlco_sim.drivers.driver import Stand
from rlco_sim.drivers.packages import kind
from rlco_sim.machine.manager import ControllerManager

_KINDS = ("srv.ListControllers", "srv.SwitchController", "msg.ControllerState")


class ManagerEnd:
    """``controller_manager/list_controllers`` and ``.../switch_controller``.

    Args:
        stand: of the driver.
        manager: of the controllers.
        switched: called when controllers were switched.
    """

    def __init__(
        self, stand: Stand, manager: ControllerManager, switched: Callable[[], None]
    ) -> None:
        self._stand, self._manager, self._switched = stand, manager, switched
        node, use = stand.node, "services of controller_manager"
        kinds = [kind(stand, f"controller_manager_msgs.{name}", use) for name in _KINDS]
        if None not in kinds:
            lists, switches, self._state = kinds
            node.create_service(lists, "controller_manager/list_controllers", self._on_list)
            node.create_service(switches, "controller_manager/switch_controller", self._on_switch)

    def _on_list(self, request: Any, response: Any) -> Any:
        for one in self._manager.controllers.values():
            state = self._state(name=one.name, type=one.kind)
            state.state = "active" if one.active else "inactive"
            state.required_command_interfaces = list(one.claims)
            state.claimed_interfaces = list(one.claims) if one.active else []
            response.controller.append(state)
        return response

    def _on_switch(self, request: Any, response: Any) -> Any:
        joints = self._stand.session.joint_positions
        answer = self._manager.switch(
            request.activate_controllers, request.deactivate_controllers, request.strictness, joints
        )
        response.ok, response.message = answer.ok, answer.message
        if answer.ok:
            self._switched()
        return response
