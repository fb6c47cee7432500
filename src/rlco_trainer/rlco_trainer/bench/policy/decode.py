# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What is kept between the steps of one answer, and what it costs to compute it anew.

Tokens: keys and values of context and tokens before, beside a graph that is given all words so far
and computes everything behind the backbone again. Flows: what is seen, once for all denoise steps,
beside a graph of one whole step. All in ONNX Runtime and in fp32, and both ways say the same.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import torch
from numpy.typing import NDArray

from rlco_core.errors import RlcoError
from rlco_policy.engines.onnx_runtime import open_session
from rlco_policy.engines.settings import EngineSettings
from rlco_trainer.bench.policy.contest import contest
from rlco_trainer.bench.policy.part import Options, Part
from rlco_trainer.bench.policy.small import BACKBONE, HEADS, LAYERS
from rlco_trainer.bench.policy.steps import Look, NextToken, WholeStep, beginning, graph_of
from rlco_trainer.bundles.export import random_inputs
from rlco_trainer.bundles.onnx_graph import Deployed, write_graph
from rlco_trainer.bundles.writer import Inputs, input_names
from rlco_trainer.policies.flow import FlowPolicy
from rlco_trainer.policies.policy import Policy
from rlco_trainer.policies.policy_file import BASES, load_policy
from rlco_trainer.policies.scale import ACTION_SIZE
from rlco_trainer.policies.token import SPECIAL, TokenConfig, TokenPolicy

#: Largest difference of two ways of computing the same, action units.
_CLOSE = 1e-3
_SEED = 3
_NAMES = input_names("front")
Array = NDArray[Any]
Answer = Callable[[], Array]


def measure(options: Options) -> Part:
    """See the module's text.

    Raises:
        RlcoError: two ways of computing the same said different things.
    """
    torch.manual_seed(_SEED)
    tokens, flow = (load_policy(BASES[family])[0] for family in ("token", "flow"))
    large = TokenPolicy(TokenConfig(BACKBONE, LAYERS, HEADS, horizon=8))
    parts = {
        "kv_cache": _measured("tokens, nano", tokens, _tokens_anew, options),
        "kv_cache_small": _measured("tokens, small", large, _tokens_anew, options),
        "prefix_once": _measured("flow, nano", flow, _flow_anew, options),
    }
    rows = tuple(row for found, _ in parts.values() for row in found)
    return Part(rows, {name: ratio for name, (_, ratio) in parts.items()})


Anew = Callable[[Any, Inputs, EngineSettings], Answer]


def _measured(
    name: str, policy: Policy, anew: Anew, options: Options
) -> tuple[list[dict[str, object]], float]:
    """Rows of both ways; how much longer the second takes, where that is least."""
    policy.requires_grad_(False).eval()
    inputs, rows, ratios = _settled(policy), [], []
    graph = _whole_graph(policy, inputs)
    for threads in options.threads:
        settings = EngineSettings(threads=threads)
        calls = {
            "kept": _once(open_session(graph, settings), inputs),
            "computed anew": anew(policy, inputs, settings),
        }
        _require_equal(name, *(call() for call in calls.values()))
        times = contest(calls, options.seconds)
        for way, found in times.items():
            measured = {"p50_ms": found.p50_ms, "p99_ms": found.p99_ms}
            rows.append({"name": f"{name}, {way}", "threads": threads, **measured})
        ratios.append(times["computed anew"].p50_ms / times["kept"].p50_ms)
    return rows, round(min(ratios), 3)


def _settled(policy: Policy) -> Inputs:
    """Inputs that leave no doubt about a token."""
    rng = np.random.default_rng(_SEED)
    with torch.inference_mode():
        while True:
            inputs = random_inputs(policy, rng)
            if policy.settled(policy.see(*inputs)):
                return inputs


def _whole_graph(policy: Policy, inputs: Inputs) -> bytes:
    """What is deployed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "whole.onnx"
        write_graph(Deployed(policy), inputs, _NAMES, path)
        return path.read_bytes()


def _once(session: ort.InferenceSession, inputs: Inputs) -> Answer:
    feeds = _feeds(inputs)
    return lambda: np.asarray(session.run(None, feeds)[0])


def _feeds(inputs: Inputs) -> dict[str, Array]:
    return {name: value.numpy() for name, value in zip(_NAMES, inputs, strict=True)}


def _tokens_anew(policy: TokenPolicy, inputs: Inputs, settings: EngineSettings) -> Answer:
    """Word after word; the backbone is asked once, as it is with a cache."""
    look = open_session(graph_of(Look(policy), inputs, _NAMES, {}), settings)
    context = torch.zeros(1, policy.backbone.tokens, policy.backbone.config.width)
    given = (context, inputs[1], beginning().expand(1, 3))
    names = ("context", "state", "said")
    step = open_session(graph_of(NextToken(policy), given, names, {"said": {1: "T"}}), settings)
    feeds, state, first = _feeds(inputs), inputs[1].numpy(), beginning().numpy()

    def answer() -> Array:
        # The graph has no use for the state.
        seen = look.run(None, {one.name: feeds[one.name] for one in look.get_inputs()})[0]
        said, means = first, []
        for _ in range(policy.horizon * ACTION_SIZE):
            (mean,) = step.run(None, {"context": seen, "state": state, "said": said})
            means.append(mean)
            said = np.concatenate([said, mean.astype(np.int64) + SPECIAL], axis=1)
        return policy.played(torch.from_numpy(np.concatenate(means, axis=1))).numpy()

    return answer


def _flow_anew(policy: FlowPolicy, inputs: Inputs, settings: EngineSettings) -> Answer:
    """Denoise step after denoise step, each of which looks for itself."""
    steps, size = policy.config.steps, (1, policy.horizon, ACTION_SIZE)
    given = (*inputs, torch.zeros(size), torch.ones(1))
    graph = graph_of(WholeStep(policy), given, (*_NAMES, "x", "time"), {})
    session, feeds = open_session(graph, settings), _feeds(inputs)
    times = [np.array([1.0 - step / steps], np.float32) for step in range(steps)]

    def answer() -> Array:
        x = np.zeros(size, np.float32)
        for time in times:
            (x,) = session.run(None, {**feeds, "x": x, "time": time})
        return policy.scale.denormalise(torch.from_numpy(x)).numpy()

    return answer


def _require_equal(name: str, kept: Array, anew: Array) -> None:
    apart = float(np.abs(kept - anew).max())
    if not apart <= _CLOSE:
        raise RlcoError(
            f"{name}: kept and computed anew differ by {apart:.2e}, at most {_CLOSE:.0e} is "
            "rounding: one of the graphs is wrong"
        )
