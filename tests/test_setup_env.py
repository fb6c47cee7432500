# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Set-up: does nothing twice, rebuilds what it must, and says in one line what is missing."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sysconfig
from pathlib import Path

import pytest
import setup_env
import setup_layout
import setup_output
from setup_env import SetupError
from setup_layout import Layout

ROOT = Path(__file__).resolve().parent.parent
MESSAGE = "src/rlco_interfaces/msg/Ping.msg"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny checkout that the set-up modules take for their own."""
    for module in (setup_env, setup_layout, setup_output):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    write(tmp_path / "locks/jazzy.txt", "numpy==2.0.0\n")
    write(tmp_path / "locks/weights.txt", "weights==1.0\n")
    write(tmp_path / MESSAGE, "uint8 a\n")
    write(tmp_path / "src/rlco_core/package.xml", "<package><name>rlco_core</name></package>")
    write(tmp_path / "src/rlco_core/setup.py", "")
    write(tmp_path / "src/rlco_core/rlco_core/types.py", "A = 1\n")
    return tmp_path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def write_script(path: Path, text: str) -> Path:
    write(path, f"#!/bin/sh\n{text}\n").chmod(stat.S_IRWXU)
    return path


def run_rlco(**environment: str) -> subprocess.CompletedProcess[str]:
    command = ["/bin/bash", str(ROOT / "rlco"), "exec", "true"]
    variables = {**os.environ, **environment}
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


def test_unsupported_distribution_is_one_clear_line() -> None:
    done = run_rlco(ROS_DISTRO="humble")
    assert done.returncode == 1
    assert done.stderr == "set-up failed: ROS_DISTRO is 'humble'; supported are jazzy and kilted\n"


def test_missing_python_is_one_clear_line(tmp_path: Path) -> None:
    for tool in ("dirname", "readlink"):
        (tmp_path / tool).symlink_to(str(shutil.which(tool)))
    done = run_rlco(PATH=str(tmp_path))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "apt install python3.11 python3.11-venv" in done.stderr


def test_missing_compiler_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda tool: None if tool == "g++" else tool)
    with pytest.raises(SetupError, match=r"no g\+\+ on the PATH; install it: apt install g\+\+"):
        setup_env.check_machine()


def test_missing_python_headers_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sysconfig, "get_paths", lambda: {"include": "/nowhere"})
    with pytest.raises(SetupError, match=r"Python\.h is missing.*python3\.11-dev"):
        setup_env.check_machine()


def test_other_processors_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    with pytest.raises(SetupError, match="linux aarch64; the ROS 2 wheels are for linux x86_64"):
        setup_env.check_machine()


def test_second_set_up_does_nothing(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    layout = Layout("jazzy")
    layout.venv.mkdir()
    layout.install.mkdir(parents=True)
    monkeypatch.setattr(setup_env, "install_packages", lambda _: done.append("install"))
    monkeypatch.setattr(setup_env, "build_workspace", lambda _: done.append("build"))
    setup_env.set_up(layout)
    setup_env.set_up(layout)
    assert done == ["install", "build"]
    write(checkout / MESSAGE, "uint8 b\n")
    setup_env.set_up(layout)
    assert done == ["install", "build", "build"]
    write(layout.lock, "numpy==2.0.1\n")
    setup_env.set_up(layout)
    assert done[3:] == ["install", "build"]


def test_broken_off_build_is_done_again(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = Layout("jazzy")
    layout.venv.mkdir()
    layout.install.mkdir(parents=True)
    monkeypatch.setattr(setup_env, "install_packages", lambda _: None)

    def fail(_: Layout) -> None:
        raise SetupError("colcon build failed")

    monkeypatch.setattr(setup_env, "build_workspace", fail)
    for _ in range(2):
        with pytest.raises(SetupError):
            setup_env.set_up(layout)
    assert not (layout.install / "rlco-stamp").exists()


def test_editing_python_needs_no_rebuild(checkout: Path) -> None:
    key = setup_env.workspace_key(Layout("jazzy"))
    write(checkout / "src/rlco_core/rlco_core/types.py", "A = 2\n")
    assert setup_env.workspace_key(Layout("jazzy")) == key
    write(checkout / "src/rlco_core/setup.py", "# another entry point\n")
    assert setup_env.workspace_key(Layout("jazzy")) != key


def test_a_moved_environment_is_not_taken_for_this_one(checkout: Path) -> None:
    layout = Layout("jazzy")
    pip = layout.venv / "bin" / "pip"
    write(pip, f"#!/elsewhere{layout.venv}/bin/python\n")
    assert not setup_env.was_made_here(layout)
    write(pip, f"#!{layout.venv}/bin/python\n")
    assert setup_env.was_made_here(layout)


def test_failed_install_says_why_and_what_to_do(checkout: Path) -> None:
    layout = Layout("jazzy")
    layout.log.mkdir(parents=True)
    write_script(layout.python, "echo 'ERROR: No match for numpy'; echo bye; exit 1")
    with pytest.raises(SetupError) as caught:
        setup_env.pip_install(layout, "packages", ["numpy"], 1)
    assert "No match for numpy" in str(caught.value)
    assert "check the network" in str(caught.value)
    assert "log/jazzy/pip-packages.log" in str(caught.value)


def test_cmake_files_name_this_python(checkout: Path) -> None:
    layout = Layout("jazzy")
    numpy = "/opt/python/cp311-cp311/lib/python3.11/site-packages/numpy"
    text = f'set(a "/opt/python/cp311-cp311/include/python3.11;{numpy}")'
    path = write(layout.venv / "share/x/cmake/x.cmake", text)
    setup_env.fit_cmake_files(layout)
    include = sysconfig.get_paths()["include"]
    assert path.read_text() == f'set(a "{include};{layout.site_packages}/numpy")'


def test_environment_puts_the_workspace_first(checkout: Path) -> None:
    script = setup_layout.environment_script(Layout("jazzy"))
    path = write(checkout / "environment.sh", script)
    command = f". {path}; echo $ROS_DISTRO $AMENT_PREFIX_PATH $PYTHONPATH"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    distro, prefixes, python = done.stdout.split()
    assert distro == "jazzy"
    assert prefixes.split(":") == [f"{checkout}/install/jazzy", f"{checkout}/.venv-jazzy"]
    assert python.split(":")[0] == f"{checkout}/build/jazzy/rlco_core"


def test_other_ros_installations_are_kept_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/opt/ros/jazzy/lib")
    monkeypatch.setenv("AMENT_PREFIX_PATH", "/opt/ros/jazzy")
    environment = setup_layout.environment_of(Layout("jazzy"))
    assert "PYTHONPATH" not in environment
    assert environment["AMENT_PREFIX_PATH"] == str(Layout("jazzy").venv)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Collecting numpy==2.4.6 (from -r x)", "numpy"),
        ("Collecting ros-rclpy[fastrtps]==7.1.6", "ros-rclpy"),
        ("Processing /a-1/files/types_pyyaml-6.0-py3-none-any.whl", "types_pyyaml"),
        ("Requirement already satisfied: pin-pink in ./x", "pin-pink"),
    ],
)
def test_progress_counts_what_pip_looks_at(
    line: str, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    progress = setup_output.Progress("packages", 3)
    progress.read_pip_line(line)
    progress.read_pip_line(line)
    progress.read_pip_line("  Downloading something")
    assert capsys.readouterr().err.endswith(f"1/3 packages: {name}")
