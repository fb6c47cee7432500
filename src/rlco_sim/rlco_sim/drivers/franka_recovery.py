# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The way back from a reflex: the driver's action, and the manager's service for its component."""

from __future__ import annotations

from typing import Any

from rlco_sim.drivers.driver import Stand
from rlco_sim.drivers.goal_server import Ended, GoalServer
from rlco_sim.drivers.packages import kind
from rlco_sim.machine.franka import FrankaRobot

#: Of lifecycle_msgs/State.
_ACTIVE, _UNCONFIGURED = 3, 1


class FrankaRecovery:
    """``action_server/error_recovery``, ``controller_manager/set_hardware_component_state``."""

    def __init__(self, stand: Stand, robot: FrankaRobot) -> None:
        self._robot = robot
        node, action = stand.node, "action_server/error_recovery"
        self._kind = kind(stand, "franka_msgs.action.ErrorRecovery", action)
        if self._kind is not None:
            self._server = GoalServer(
                node,
                self._kind,
                action,
                begin=lambda goal: robot.recover(),
                look=lambda recovered: Ended(recovered, self._kind.Result()),
            )
        service = "controller_manager/set_hardware_component_state"
        message = kind(stand, "controller_manager_msgs.srv.SetHardwareComponentState", service)
        if message is not None:
            node.create_service(message, service, self._on_set)

    def _on_set(self, request: Any, response: Any) -> Any:
        """Only becoming active is played."""
        wanted = request.target_state
        active = wanted.id == _ACTIVE or wanted.label == "active"
        response.ok = active and self._robot.activate_component()
        up = self._robot.component_active
        response.state.id = _ACTIVE if up else _UNCONFIGURED
        response.state.label = "active" if up else "unconfigured"
        return response
