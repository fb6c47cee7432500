# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Engines compute where and in what they are told to, or not at all."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest
from tiny_bundles import build_model, endless_model

from rlco_core.bundle import Bundle, load_bundle
from rlco_core.errors import BundleError, ConfigError
from rlco_policy.engines import binding, onnx_runtime, openvino_engine
from rlco_policy.engines.cache import default_cache
from rlco_policy.engines.engine import Engine
from rlco_policy.engines.onnx_runtime import open_session
from rlco_policy.engines.open import open_engine
from rlco_policy.engines.providers import (
    CUDA,
    OPENVINO,
    can_be_captured,
    provider_options,
    require_precision,
)
from rlco_policy.engines.settings import CPU, ENGINES, EngineSettings
from rlco_policy.engines.tensorrt import TENSORRT

GPU_FIRST = (CUDA, CPU)


@pytest.fixture
def bundle(bundle_path: Path) -> Bundle:
    return load_bundle(bundle_path)


@pytest.mark.parametrize("name", ENGINES)
def test_what_is_put_stays_and_is_read_in_place(bundle: Bundle, name: Any) -> None:
    engine: Engine = open_engine(bundle, EngineSettings(name))
    engine.put("proprioception", np.full(17, 2.0, np.float32))
    engine.put("image_front", np.full((48, 64, 3), 40, np.uint8))
    assert engine.run().shape == (1, 8, 7)
    assert engine.run()[0, 0, 0] == pytest.approx(42.0)
    engine.put("proprioception", np.full(17, 3.0, np.float32))
    assert engine.run()[0, 0, 0] == pytest.approx(43.0)
    assert engine.run() is engine.run()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"providers": ()}, r"providers \[\] with 1 threads cannot run; it should be at least"),
        ({"threads": 0}, "with 0 threads cannot run; it should be at least one provider and one"),
        ({"engine": "tvm"}, "engine 'tvm' is unknown; known: 'onnxruntime' or 'openvino'"),
        ({"precision": "int4"}, "precision 'int4' is unknown; known: 'bf16', 'fp16', 'fp32' or"),
    ],
)
def test_settings_that_cannot_run(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        EngineSettings(**settings)


def test_a_provider_that_is_not_there(bundle: Bundle) -> None:
    message = r"NoProvider is not in use; onnxruntime offers \[.*CPUExecution.*or set allow_cpu"
    with pytest.raises(ConfigError, match=message):
        open_engine(bundle, EngineSettings(providers=("NoProvider", CPU)))


def test_the_cpu_where_it_is_allowed(bundle: Bundle) -> None:
    engine = open_engine(bundle, EngineSettings(providers=("NoProvider",), allow_cpu=True))
    assert engine.provider == CPU
    assert engine.fallback.startswith("execution provider NoProvider is not in use; onnxruntime")
    assert "allow_cpu" not in engine.fallback
    assert open_engine(bundle, EngineSettings(allow_cpu=True)).fallback == ""


@pytest.mark.parametrize("provider", [CUDA, TENSORRT])
def test_the_cpu_where_a_provider_is_listed_and_cannot_be_loaded(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, provider: str
) -> None:
    _without_gpu(monkeypatch)
    engine = open_engine(bundle, EngineSettings(providers=(provider,), allow_cpu=True))
    assert engine.provider == CPU
    line = {CUDA: f"{CUDA} is not in use; onnxruntime", TENSORRT: "TensorRT cannot be loaded"}
    assert line[provider] in engine.fallback
    assert "\n" not in engine.fallback


def test_each_provider_is_tried_before_the_cpu(bundle: Bundle) -> None:
    engine = open_engine(bundle, EngineSettings(providers=("A", "B", CPU, "C"), allow_cpu=True))
    assert engine.provider == CPU
    assert [name in engine.fallback for name in ("A is not", "B is not", "C is not")] == [
        True, True, False
    ]  # fmt: skip


def test_a_graph_that_is_none_is_none_on_the_cpu_either(bundle: Bundle) -> None:
    settings = EngineSettings(providers=("NoProvider",), allow_cpu=True)
    with pytest.raises(BundleError, match="the model is no ONNX graph"):
        open_engine(replace(bundle, model=b"no graph"), settings)


def _without_gpu(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """ONNX Runtime lists a GPU provider but cannot load it: the session has the CPU only."""
    opened: list[Any] = []
    create = ort.InferenceSession

    def fall_back(model: bytes, options: ort.SessionOptions, providers: list[Any]) -> Any:
        opened.append((options, providers))
        return create(model, providers=[CPU])

    monkeypatch.setattr(onnx_runtime.ort, "get_available_providers", lambda: [TENSORRT, *GPU_FIRST])
    monkeypatch.setattr(onnx_runtime.ort, "InferenceSession", fall_back)
    return opened


def test_a_silent_fallback_to_the_cpu_is_refused(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = _without_gpu(monkeypatch)
    message = r"CUDAExecutionProvider is not in use; onnxruntime offers \[CPUExecutionProvider\]"
    with pytest.raises(ConfigError, match=message):
        open_engine(bundle, EngineSettings(providers=(CUDA,)))
    ((options, providers),) = opened
    assert options.get_session_config_entry("session.disable_cpu_ep_fallback") == "1"
    assert providers == [(CUDA, {"enable_cuda_graph": "1", "use_tf32": "0"})]


@pytest.mark.parametrize(
    ("provider", "precision", "message"),
    [
        (CPU, "bf16", "CPUExecutionProvider does not compute in bf16, only in fp32 or int8"),
        (CUDA, "fp16", "CUDAExecutionProvider does not compute in fp16, only in fp32; choose"),
        ("NewProvider", "int8", "NewProvider does not compute in int8, only in fp32"),
    ],
)
def test_a_provider_is_not_taken_for_more_than_it_does(
    provider: str, precision: Any, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        require_precision(provider, precision)


def test_providers_are_told_how_to_compute() -> None:
    settings = EngineSettings(precision="bf16", threads=3)
    tensorrt = provider_options(TENSORRT, settings, "/kept", True)
    assert tensorrt["trt_engine_cache_path"] == "/kept"
    assert {key for key in tensorrt if key.startswith("trt_b") or key.startswith("trt_f")} == {
        "trt_bf16_enable"
    }
    assert provider_options(OPENVINO, settings, "", False)["num_of_threads"] == "3"
    assert "trt_fp32_enable" not in provider_options(TENSORRT, EngineSettings(), "", True)


@pytest.mark.parametrize(
    ("providers", "looping", "captured"),
    [
        ((CUDA,), False, True),
        ((CUDA,), True, False),
        ((CUDA, CPU), False, False),
        ((TENSORRT,), False, True),
        ((TENSORRT,), True, False),
        ((TENSORRT, CUDA), False, False),
        ((CPU,), False, False),
    ],
)
def test_runs_are_captured_where_one_provider_has_all_of_a_graph_that_decides_nothing(
    providers: tuple[str, ...], looping: bool, captured: bool
) -> None:
    model = endless_model(3) if looping else build_model()
    settings = EngineSettings(providers=providers)
    assert can_be_captured(model, settings) is captured
    options = provider_options(providers[0], settings, "", captured)
    asked = options.get("enable_cuda_graph", options.get("trt_cuda_graph_enable", "0"))
    assert asked == str(int(captured))


def test_what_is_not_captured_is_not_asked_to_be(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = _without_gpu(monkeypatch)
    with pytest.raises(ConfigError, match=f"{CUDA} is not in use"):
        open_session(bundle.model, EngineSettings(providers=(CUDA,)))
    ((_, providers),) = opened
    assert providers == [(CUDA, {"enable_cuda_graph": "0", "use_tf32": "0"})]


def test_a_processor_without_the_precision(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    class Core:
        def get_property(self, device: str, name: str) -> list[str]:
            assert (device, name) == ("CPU", "OPTIMIZATION_CAPABILITIES")
            return ["FP32", "INT8"]

    library = type("openvino", (), {"Core": Core})
    monkeypatch.setattr(openvino_engine, "_library", lambda: library)
    message = r"this processor does not compute in bf16, only in \[FP32, INT8\]; choose precision"
    with pytest.raises(ConfigError, match=message):
        open_engine(bundle, EngineSettings("openvino", "bf16"))


def test_openvino_that_is_not_installed(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(ConfigError, match="needs the package openvino; run: pip install openvino"):
        open_engine(bundle, EngineSettings("openvino"))


def test_int8_that_was_not_built_says_how_to_build_it(bundle: Bundle, tmp_path: Path) -> None:
    settings = EngineSettings(precision="int8", cache=tmp_path)
    message = (
        "tiny was not built in int8 for onnxruntime on this machine; run: rlco engine build "
        f"--bundle {bundle.root} --precision int8 --engine onnxruntime"
    )
    with pytest.raises(ConfigError, match=message):
        open_engine(bundle, settings)


def test_only_what_was_put_goes_to_the_device(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The binding of GPUs, with memory of the host in the place of the GPU's."""
    sent: list[int] = []

    class Value:
        def __init__(self, array: Any) -> None:
            self.value = ort.OrtValue.ortvalue_from_numpy(array.copy())

        def __getattr__(self, name: str) -> Any:
            return getattr(self.value, name)

        def update_inplace(self, array: Any) -> None:
            sent.append(array.nbytes)
            self.value.update_inplace(array)

    monkeypatch.setattr(binding, "_on_device", Value)
    monkeypatch.setattr(binding, "pin", lambda arrays: arrays)
    monkeypatch.setattr(onnx_runtime, "ON_GPU", frozenset({CPU}))
    engine = open_engine(bundle, EngineSettings())
    engine.put("proprioception", np.full(17, 2.0, np.float32))
    assert engine.run()[0, 0, 0] == pytest.approx(2.0)
    assert len(sent) == 4
    engine.put("proprioception", np.full(17, 5.0, np.float32))
    assert engine.run()[0, 0, 0] == pytest.approx(5.0)
    assert sent[4:] == [68]


def test_caches_are_where_users_have_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert default_cache() == Path("/caches/rlco/engines")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/someone")
    assert default_cache() == Path("/home/someone/.cache/rlco/engines")


def test_damaged_graphs_are_one_line(make_bundle: Callable[..., Bundle]) -> None:
    bundle = make_bundle()
    bundle = replace(bundle, model=bundle.model[:200])
    for name in ENGINES:
        with pytest.raises(BundleError, match="the model is no ONNX graph: ") as error:
            open_engine(bundle, EngineSettings(name))
        assert "\n" not in str(error.value)
