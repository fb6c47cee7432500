# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Other simulators and trainers, each installed apart and measured in the same run as ours.

``<name>.txt`` pins what is installed, ``<name>_speed.py`` runs there: it reads jobs from standard
input and answers on standard output.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import venv
from importlib.resources import files
from pathlib import Path

from rlco_core.errors import RlcoError

#: Simulators that ``rlco bench sim`` measures beside, and trainers that ``rlco bench train`` does.
NAMES = ("panda_gym", "robosuite")
TRAINERS = ("sb3",)
_ANSWER = "steps/s "


class PeerError(RlcoError):
    """A peer could not be installed, or died while it was measured."""


def cache_folder() -> Path:
    """Where the peers' environments are kept."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "rlco" / "peers"


class Peer:
    """One peer's process; a context manager.

    Args:
        name: one of ``NAMES`` or ``TRAINERS``.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._folder = Path(str(files(__name__)))

    def __enter__(self) -> Peer:
        python = self._installed()
        script = self._folder / f"{self.name}_speed.py"
        self._process = subprocess.Popen(
            [str(python), str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=_bare_environment(),
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def measure(self, size: int, every: int, seconds: float) -> float:
        """Control steps per second with an image of ``size`` pixels every ``every`` steps.

        Raises:
            PeerError: the process died.
        """
        pipe, answers = self._process.stdin, self._process.stdout
        assert pipe is not None and answers is not None  # noqa: PT018
        try:
            pipe.write(f"{size} {every} {seconds}\n")
            pipe.flush()
        except BrokenPipeError as error:
            raise PeerError(f"{self.name} does not run here") from error
        for line in answers:
            if line.startswith(_ANSWER):
                return float(line.removeprefix(_ANSWER))
        raise PeerError(f"{self.name} does not run here; try its script by hand to see why")

    def _installed(self) -> Path:
        """The Python of an environment with exactly what the pins say; made once."""
        pins = self._folder / f"{self.name}.txt"
        key = hashlib.sha256(pins.read_bytes()).hexdigest()[:12]
        folder = cache_folder() / f"{self.name}-{key}"
        python = folder / "bin" / "python"
        if (folder / "complete").is_file():
            return python
        print(f"installing {self.name} into {folder} (once)", flush=True)
        try:
            # The project's environment would lend its own packages to a child of it.
            venv.EnvBuilder(with_pip=True, clear=True).create(folder)
        except (OSError, subprocess.CalledProcessError) as error:
            raise PeerError(f"{self.name} cannot be installed: {error}") from error
        command = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "-r", str(pins)]
        done = subprocess.run(command, env=_bare_environment(), capture_output=True, text=True)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["pip failed"])[-1]
            raise PeerError(f"{self.name} cannot be installed: {last}")
        (folder / "complete").touch()
        return python


def _bare_environment() -> dict[str, str]:
    """This process's environment without what points to the project's own packages."""
    hidden = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
    return {key: value for key, value in os.environ.items() if key not in hidden}
