# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
#
# ROS_DISTRO=jazzy|kilted chooses the ROS 2 distribution: make test ROS_DISTRO=kilted

ROS_DISTRO ?= jazzy
export ROS_DISTRO

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format shell lock clean

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Create the environment and build the workspace (the other targets do it, too)
	@./rlco exec true

demo: ## Run 20 episodes over ROS 2 with the shipped policy; report and videos in runs/
	@./rlco demo

test: ## Run linters, the tests of all packages and the system tests
	@./rlco exec python tools/run_tests.py

lint: ## Run the linters only
	@./rlco exec python tools/run_tests.py --lint

format: ## Format the sources and fix what the linter can fix
	@./rlco exec ruff format
	@./rlco exec ruff check --fix

shell: ## Open a shell in the environment: ROS 2, the workspace, the rlco command
	@./rlco exec bash

lock: ## Resolve locks/*.in anew and write locks/$ROS_DISTRO.txt
	@python3.11 tools/make_lock.py $(ROS_DISTRO)

clean: ## Remove what was built (installed packages in .venv-* and results in runs/ stay)
	rm -rf build install log .mypy_cache .pytest_cache .ruff_cache
