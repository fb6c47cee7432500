# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Other simulators: installed once, asked through a pipe, and missed by name."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

from rlco_trainer.bench import peers
from rlco_trainer.bench.peers import NAMES, Peer, PeerError

Write = Callable[[str], None]

ANSWERING = """
import sys
print("a greeting", flush=True)
for line in sys.stdin:
    size, every, seconds = line.split()
    print("steps/s", int(size) * int(every) + float(seconds), flush=True)
"""
DYING = "import sys; sys.stdin.readline(); sys.exit(1)"


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a peer of our own in the place of panda-gym; it needs no packages."""
    folder = tmp_path / "peers"
    folder.mkdir()
    (folder / "panda_gym.txt").write_text("")
    monkeypatch.setattr(peers, "files", lambda package: folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")

    def write(text: str) -> None:
        (folder / "panda_gym_speed.py").write_text(text)

    return write


@pytest.fixture
def installed(script: Write, monkeypatch: pytest.MonkeyPatch) -> Write:
    """The same, run by this very Python."""
    monkeypatch.setattr(Peer, "_installed", lambda self: Path(sys.executable))
    return script


def test_a_peer_is_asked_again_and_again(installed: Write) -> None:
    installed(ANSWERING)
    with Peer("panda_gym") as peer:
        assert peer.measure(64, 1, 0.5) == 64.5
        assert peer.measure(64, 4, 0.25) == 256.25
        process = peer._process
    assert process.poll() is not None, "it ends with its context"


@pytest.mark.parametrize("text", [DYING, "import no_such_module"])
def test_a_peer_that_dies_is_an_error_with_its_name(installed: Write, text: str) -> None:
    installed(text)
    with Peer("panda_gym") as peer, pytest.raises(PeerError, match="panda_gym does not run here"):
        peer.measure(64, 1, 0.1)


def test_an_environment_is_made_once_and_is_of_the_peers_own(
    script: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script(f"import sys; assert sys.prefix != {sys.prefix!r}\n{ANSWERING}")
    for _ in range(2):
        with Peer("panda_gym") as peer:
            assert peer.measure(8, 1, 0.5) == 8.5
    assert capsys.readouterr().out.count("installing panda_gym") == 1
    (folder,) = (tmp_path / "cache" / "rlco" / "peers").iterdir()
    assert (folder / "bin" / "python").exists()


def test_what_cannot_be_installed_is_said_and_tried_again(script: Write, tmp_path: Path) -> None:
    (tmp_path / "peers" / "panda_gym.txt").write_text("no-such-package==1.0\n")
    with pytest.raises(PeerError, match=r"panda_gym cannot be installed: .*no-such-package"):
        Peer("panda_gym").__enter__()
    (folder,) = (tmp_path / "cache" / "rlco" / "peers").iterdir()
    assert not (folder / "complete").exists()


def test_a_place_that_cannot_be_written_is_said(
    script: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(PeerError, match="panda_gym cannot be installed: "):
        Peer("panda_gym").__enter__()


@pytest.mark.parametrize("name", NAMES)
def test_every_peer_ships_exact_pins_and_its_script(name: str) -> None:
    folder = Path(str(files("rlco_trainer.bench.peers")))
    pins = (folder / f"{name}.txt").read_text().split()
    assert len(pins) > 5
    assert all(pin.count("==") == 1 for pin in pins)
    compile((folder / f"{name}_speed.py").read_text(), name, "exec")
