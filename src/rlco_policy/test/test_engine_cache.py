# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""What was built is there as a whole or not at all, and never for other circumstances."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import onnxruntime as ort
import pytest
import yaml

from rlco_core.bundle import load_bundle
from rlco_core.errors import BundleError, ConfigError
from rlco_policy.engines import built, onnx_runtime, tensorrt
from rlco_policy.engines import gpu as gpus
from rlco_policy.engines.built import BuildReport, built_folder, built_model, read_report
from rlco_policy.engines.cache import cache_key, published
from rlco_policy.engines.gpu import gpu_and_driver
from rlco_policy.engines.settings import CPU, EngineSettings
from rlco_policy.engines.tensorrt import TENSORRT

REPORT = BuildReport(
    "tiny", "0" * 64, "onnxruntime", "int8", "a processor", "", 0.5, 50, 48, 49
)  # fmt: skip


def test_a_folder_appears_when_it_is_complete(tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "one"
    with published(folder) as scratch:
        (scratch / "file").write_text("all of it")
        assert not folder.exists()
    assert (folder / "file").read_text() == "all of it"
    assert list(folder.parent.iterdir()) == [folder]


def test_what_failed_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    with pytest.raises(BundleError, match="no"), published(folder):
        raise BundleError("no")
    assert list(tmp_path.iterdir()) == []


def test_who_is_second_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    with published(folder) as late:
        (late / "file").write_text("late")
        with published(folder) as quick:
            (quick / "file").write_text("quick")
    assert (folder / "file").read_text() == "quick"
    assert list(tmp_path.iterdir()) == [folder]


def test_who_is_second_by_a_moment_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, chmod = tmp_path / "one", Path.chmod

    def just_before(scratch: Path, mode: int) -> None:
        monkeypatch.undo()
        chmod(scratch, mode)
        with published(folder) as quick:
            (quick / "file").write_text("quick")

    with published(folder) as late:
        (late / "file").write_text("late")
        monkeypatch.setattr(Path, "chmod", just_before)
        monkeypatch.setattr(Path, "exists", lambda path: False)
    assert (folder / "file").read_text() == "quick"
    assert list(tmp_path.iterdir()) == [folder]


def test_an_empty_folder_of_before_is_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    folder.mkdir()
    with published(folder) as scratch:
        (scratch / "file").write_text("whole")
    assert (folder / "file").read_text() == "whole"


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    message = "cannot be written .*; engines are built there: free it, or set XDG_CACHE_HOME"
    with pytest.raises(ConfigError, match=message), published(tmp_path / "file" / "one"):
        pass


def test_keys_are_of_all_parts() -> None:
    assert cache_key(a=1, b="x") == cache_key(b="x", a=1)
    assert len({cache_key(a=1), cache_key(a=2), cache_key(a="1"), cache_key(b=1)}) == 4


def test_another_engine_precision_or_machine_is_another_folder(
    bundle_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle, settings = load_bundle(bundle_path), EngineSettings(precision="int8", cache=tmp_path)
    first = built_folder(bundle, settings)
    assert first == built_folder(bundle, replace(settings, threads=2))
    assert first.name.startswith("tiny-int8-")
    assert first != built_folder(bundle, replace(settings, engine="openvino"))
    monkeypatch.setattr(built, "machine", lambda: "another processor")
    assert first != built_folder(bundle, settings)


def test_what_was_built_is_used_and_what_was_changed_is_not(
    bundle_path: Path, tmp_path: Path
) -> None:
    bundle, settings = load_bundle(bundle_path), EngineSettings(precision="int8", cache=tmp_path)
    folder = built_folder(bundle, settings)
    report = replace(REPORT, model_sha256=hashlib.sha256(b"graph").hexdigest())
    with published(folder) as scratch:
        (scratch / "model.onnx").write_bytes(b"graph")
        (scratch / "build.yaml").write_text(yaml.safe_dump(asdict(report)))
    assert built_model(bundle, settings) == b"graph"
    assert read_report(folder) == report
    (folder / "model.onnx").write_bytes(b"other")
    message = "its graph is not the one that was built; remove the folder and run: rlco engine"
    with pytest.raises(BundleError, match=message):
        built_model(bundle, settings)
    (folder / "build.yaml").write_text("bundle: [")
    with pytest.raises(BundleError, match=r"is no built engine: .*; remove the folder"):
        read_report(folder)


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A GPU with TensorRT, whose versions can be changed."""
    found: dict[str, Any] = {"version": 101303, "gpu": "Orin, 560.1"}
    monkeypatch.setattr(tensorrt, "tensorrt_version", lambda: found["version"])
    monkeypatch.setattr(tensorrt, "gpu_and_driver", lambda: found["gpu"])
    return found


def test_tensorrt_engines_are_kept_for_the_very_same_circumstances(
    gpu: dict[str, Any], tmp_path: Path
) -> None:
    settings = EngineSettings(cache=tmp_path)
    shapes = {"image_front": ("tensor(uint8)", (1, 64, 64, 3))}

    def folder(
        model: bytes = b"m", settings: EngineSettings = settings, inputs: Any = shapes
    ) -> Path:
        with tensorrt.engine_folder(model, settings, inputs) as found:
            (found / "engine").write_text("compiled")
        with tensorrt.engine_folder(model, settings, inputs) as kept:
            assert (kept / "engine").exists()
        return kept

    first = folder()
    assert first == folder()
    others = [
        folder(b"other"),
        folder(settings=replace(settings, precision="fp16")),
        folder(inputs={"image_front": ("tensor(uint8)", (1, 96, 96, 3))}),
    ]
    gpu["version"] += 1
    others.append(folder())
    gpu["gpu"] = "Thor, 580.2"
    others.append(folder())
    assert len({first, *others}) == 6


def test_a_build_that_fails_is_not_kept(gpu: dict[str, Any], tmp_path: Path) -> None:
    with (
        pytest.raises(BundleError, match="out of memory"),
        tensorrt.engine_folder(b"m", EngineSettings(cache=tmp_path), {}),
    ):
        raise BundleError("out of memory")
    assert list(tmp_path.iterdir()) == []


def test_what_made_nothing_is_not_kept(gpu: dict[str, Any], tmp_path: Path) -> None:
    settings = EngineSettings(cache=tmp_path)
    for _ in range(2):
        with (
            pytest.raises(ConfigError, match="TensorRT compiled nothing of the model; choose"),
            tensorrt.engine_folder(b"m", settings, {}),
        ):
            pass
        assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_of_before_is_nothing_that_was_kept(
    gpu: dict[str, Any], tmp_path: Path
) -> None:
    settings = EngineSettings(cache=tmp_path)
    with tensorrt.engine_folder(b"m", settings, {}) as scratch:
        (scratch / "engine").write_text("compiled")
    (folder,) = tmp_path.iterdir()
    (folder / "engine").unlink()
    with tensorrt.engine_folder(b"m", settings, {}) as again:
        assert again != folder
        (again / "engine").write_text("compiled")
    assert (folder / "engine").read_text() == "compiled"


def test_a_provider_that_fell_back_is_found_out_before_anything_is_kept(
    gpu: dict[str, Any], tmp_path: Path, bundle_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = ort.InferenceSession

    def fall_back(model: bytes, options: ort.SessionOptions, providers: list[Any]) -> Any:
        ((_, told),) = providers
        (Path(told["trt_engine_cache_path"]) / "half").write_text("of an engine")
        return create(model, providers=[CPU])

    monkeypatch.setattr(onnx_runtime.ort, "get_available_providers", lambda: [TENSORRT, CPU])
    monkeypatch.setattr(onnx_runtime.ort, "InferenceSession", fall_back)
    settings = EngineSettings(providers=(TENSORRT,), cache=tmp_path / "cache")
    with pytest.raises(ConfigError, match=f"execution provider {TENSORRT} is not in use"):
        onnx_runtime.open_session(load_bundle(bundle_path).model, settings)
    assert list(settings.cache.iterdir()) == []


def test_a_machine_without_tensorrt_or_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"TensorRT cannot be loaded .*; install TensorRT 10"):
        tensorrt.tensorrt_version()
    monkeypatch.setattr(gpus, "_ASK", ("no-such-program",))
    with pytest.raises(ConfigError, match=r"no NVIDIA GPU answers .*; TensorRT needs one"):
        gpu_and_driver()
