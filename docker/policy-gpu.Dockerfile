# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
#
# The policy on an NVIDIA GPU, by CUDA or TensorRT; the host needs its driver (580 or newer, for
# CUDA 13) and the NVIDIA container toolkit:
#   docker build -f docker/policy-gpu.Dockerfile -t rlco:policy-gpu .
#   docker run --rm -it --gpus all rlco:policy-gpu doctor --gpu
#   docker run --rm -it --gpus all rlco:policy-gpu bench policy --parts nano --provider tensorrt
FROM debian:12-slim

# Debian stable only ships security fixes; pinned versions would vanish with each of them.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        ca-certificates g++ gcc git make python3.11 python3.11-dev python3.11-venv \
    && rm -rf /var/lib/apt/lists/*

RUN useradd --create-home --uid 1000 rlco
USER 1000
WORKDIR /home/rlco/rlco

COPY --chown=rlco:rlco . .
# Both wheels of ONNX Runtime have the same module, so the one for CPUs has to go first.
RUN PIP_NO_CACHE_DIR=1 make setup \
    && ./rlco exec python -m pip uninstall --yes onnxruntime \
    && ./rlco exec python -m pip install --no-cache-dir -r locks/gpu.txt

# Where these wheels keep CUDA's, cuDNN's and TensorRT's libraries; what TensorRT compiled is kept
# in a volume, as it takes minutes.
ARG SITE=/home/rlco/rlco/.venv-jazzy/lib/python3.11/site-packages
ENV LD_LIBRARY_PATH=$SITE/nvidia/cu13/lib:$SITE/nvidia/cudnn/lib:$SITE/tensorrt_libs \
    NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
RUN mkdir -p /home/rlco/.cache/rlco
VOLUME /home/rlco/.cache/rlco
ENTRYPOINT ["./rlco"]
CMD ["doctor", "--gpu"]
