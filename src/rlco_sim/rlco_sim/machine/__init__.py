# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What stands behind the topics of a robot's driver, without ROS: controllers and their manager,
drives and brakes, the modes of the robot, its gripper.
"""
