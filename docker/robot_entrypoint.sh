#!/usr/bin/env bash
# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
#
# Runs a command with ROS 2 and rlco on its paths.
set -eo pipefail
source /opt/ros/jazzy/setup.bash
source /opt/rlco/install/local_setup.bash
exec "$@"
