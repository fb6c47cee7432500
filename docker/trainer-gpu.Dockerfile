# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
#
# Training on an NVIDIA GPU; the host needs its driver and the NVIDIA container toolkit:
#   docker build -f docker/trainer-gpu.Dockerfile -t rlco:trainer-gpu .
#   docker run --rm -it --gpus all --ipc host -v "$PWD/runs:/home/rlco/rlco/runs" \
#       rlco:trainer-gpu reproduce --preset laptop --bundles runs/laptop/bundles
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
# PyPI's torch brings CUDA's libraries along; one that an index for CPUs gave would train slowly
# and say nothing.
RUN PIP_NO_CACHE_DIR=1 make setup \
    && ./rlco exec python -c "import torch; assert torch.version.cuda, 'this torch has no CUDA'"

ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
ENTRYPOINT ["./rlco"]
CMD ["train", "rlco", "--help"]
