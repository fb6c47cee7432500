# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
#
# The README's own commands on Debian 12, for machines without a GPU:
#   docker build -f docker/cpu.Dockerfile -t rlco:cpu .
#   docker run --rm -it rlco:cpu demo
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
RUN PIP_NO_CACHE_DIR=1 make setup

ENTRYPOINT ["./rlco"]
CMD ["demo"]
