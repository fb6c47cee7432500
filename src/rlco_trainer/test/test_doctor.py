# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The doctor finds what is there, names what is missing and how to get it."""

from __future__ import annotations

import importlib.util
import shutil
from collections import namedtuple
from functools import partial
from pathlib import Path
from typing import Any

import onnxruntime as ort
import pytest

from rlco_policy.engines import pinned
from rlco_policy.engines.providers import CUDA
from rlco_policy.engines.settings import CPU
from rlco_policy.engines.tensorrt import TENSORRT
from rlco_ros import shared_memory
from rlco_ros.shared_memory import left_bytes, lock_of, remove_left
from rlco_trainer import cli, doctor, doctor_gpu
from rlco_trainer.check import Check


def find(name: str) -> Check:
    return next(check for check in doctor.report() if check.name == name)


def test_the_environment_of_the_tests_is_complete() -> None:
    environment = doctor.report()
    assert [check for check in environment if check.required and not check.ok] == []


def test_every_check_says_what_was_found_and_how_to_get_it() -> None:
    for check in doctor.report():
        assert check.found
        assert check.ok or check.fix


def test_missing_compiler_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda tool: None if tool == "g++" else f"/bin/{tool}")
    assert find("C and C++ compiler") == Check(
        "C and C++ compiler", False, "/bin/gcc, none", "apt install gcc g++"
    )


def test_foreign_ros_distribution_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROS_DISTRO", "humble")
    check = find("ROS 2 and rclpy")
    assert not check.ok
    assert check.found == "humble"


def test_what_killed_nodes_left_is_told_and_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    segment = tmp_path / "fastrtps_0123456789abcdef"
    segment.write_bytes(bytes(3_000_000))
    lock_of(segment).touch()
    for function in (left_bytes, remove_left):
        monkeypatch.setattr(shared_memory, function.__name__, partial(function, tmp_path))
    assert find("shared memory").found.endswith("killed nodes left 3 MB: ./rlco doctor --clean")
    assert doctor.main(["--clean"]) == 0
    assert capsys.readouterr().out.startswith("removed 3 MB of shared memory that killed nodes")
    assert not segment.exists()


def test_little_shared_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(64e6, 0, 64e6))
    check = find("shared memory")
    assert not check.ok
    assert "--ipc host" in check.fix


def test_unbuilt_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_spec(name: str, *_: Any) -> Any:
        return None if name == "rlco_bridge" else object()

    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    check = find("built workspace")
    assert (check.ok, check.found) == (False, "no rlco_bridge")
    assert "make setup" in check.fix


def test_missing_bundle_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor, "ROOT", tmp_path)
    monkeypatch.setattr(doctor, "shipped_bundle", lambda: tmp_path / "bundles" / "none")
    check = find("shipped bundle")
    assert not check.ok
    assert "manifest.yaml" in check.found
    assert "make setup" in check.fix


def test_full_disk_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10, 10, 1e9))
    check = find("disk space")
    assert (check.ok, check.found) == (False, "1 GB free")


@pytest.mark.parametrize(
    ("ok", "required", "code"),
    [(True, True, 0), (False, True, 1), (False, False, 0)],
)
def test_only_required_checks_fail(ok: bool, required: bool, code: int) -> None:
    assert doctor.exit_code([Check("x", ok, "found", "fix", required)]) == code


def test_table_names_the_fix_of_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "report", lambda: [Check("moon", False, "none", "fetch it")])
    assert cli.main(["doctor"]) == 1
    printed = capsys.readouterr().out
    assert "missing" in printed
    assert "moon" in printed
    assert "fetch it" in printed


def test_a_machine_without_a_gpu_is_told_all_that_it_lacks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ort, "get_available_providers", lambda: [CPU])
    monkeypatch.setattr(doctor_gpu, "LIBRARIES", {"libnowhere.so.13": "nvidia-nowhere"})
    monkeypatch.setattr(pinned, "_LIBRARIES", ("libnowhere.so.13",))
    monkeypatch.setattr(pinned, "find_library", lambda name: None)
    monkeypatch.setenv("PATH", "")
    checks = {check.name: check for check in doctor_gpu.gpu_report()}
    assert not any(check.ok for check in checks.values())
    assert {"NVIDIA driver", "ONNX Runtime for GPUs"} < set(checks)
    assert f"{CUDA} is not in use" in checks[f"{CUDA} in fp32"].found
    assert "policy-gpu.Dockerfile" in checks["libnowhere.so.13"].fix
    monkeypatch.setattr(doctor, "report", list)
    assert cli.main(["doctor", "--gpu"]) == 1
    assert "libnowhere.so.13" in capsys.readouterr().out


def test_the_runtime_that_locks_memory_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_gpu, "WAYS", ())
    monkeypatch.setattr(pinned, "_LIBRARIES", ("libnowhere.so.13", "libc.so.6"))
    *_, check = doctor_gpu.gpu_report()
    assert (check.name, check.ok, check.found) == ("page-locked memory", True, "by libc.so.6")


def test_a_provider_is_right_by_what_it_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_gpu, "WAYS", ((CPU, "fp32"), (TENSORRT, "fp16")))
    fine, missing = list(doctor_gpu.gpu_report())[-2:]
    assert fine.ok
    assert "ms, drift 0.00 of what is allowed" in fine.found
    assert not missing.ok


def test_unknown_words_are_refused() -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["doctor", "--everything"])
    assert caught.value.code == 2
