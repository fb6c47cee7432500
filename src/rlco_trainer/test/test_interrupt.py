# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Signals stop what is being done in order, and reach nobody for whom they are not meant."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from machine import PATIENCE, members, own_group, wait_until

from rlco_trainer.interrupt import stoppable
from rlco_trainer.learning import checkpoint
from rlco_trainer.learning.checkpoint import CHECKPOINT

BOTH = [signal.SIGINT, signal.SIGTERM]
#: Starts the tracker of shared memory, and then a process that tells which signals it gets.
STARTS_A_PROCESS = """
import signal, subprocess, sys
from multiprocessing.shared_memory import SharedMemory
from rlco_trainer.interrupt import kept_from_children
told = "import signal; print(*sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())))"
with kept_from_children():
    memory = SharedMemory(create=True, size=64)
    subprocess.run([sys.executable, "-c", told])
with kept_from_children([signal.SIGINT]):
    subprocess.run([sys.executable, "-c", told])
subprocess.run([sys.executable, "-c", told])
memory.close()
memory.unlink()
"""


@pytest.fixture(autouse=True)
def usual_handlers() -> Iterator[None]:
    """Those of a command in a terminal, wherever the tests run."""
    before = {number: signal.getsignal(number) for number in BOTH}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", BOTH)
def test_what_is_being_done_is_finished_first(
    number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), stoppable("step", "the same again") as stopped:  # noqa: PT012
        while not stopped():
            done.append("begun")
            os.kill(os.getpid(), number)
            done.append("finished")
    assert done == ["begun", "finished"]
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("stopping after this step; the same again goes on from there")


def test_the_second_signal_does_not_wait() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), stoppable("step"):  # noqa: PT012
        os.kill(os.getpid(), signal.SIGTERM)
        done.append("once")
        os.kill(os.getpid(), signal.SIGINT)
        done.append("twice")
    assert done == ["once"]


def test_without_a_signal_nothing_happens(capsys: pytest.CaptureFixture[str]) -> None:
    before = [signal.getsignal(number) for number in BOTH]
    with stoppable("step") as stopped:
        assert not stopped()
    assert [signal.getsignal(number) for number in BOTH] == before
    assert capsys.readouterr().err == ""


def test_an_error_goes_before_the_stop_and_handlers_are_put_back() -> None:
    before = [signal.getsignal(number) for number in BOTH]
    with pytest.raises(ZeroDivisionError), stoppable("step"):  # noqa: PT012
        os.kill(os.getpid(), signal.SIGTERM)
        raise ZeroDivisionError
    assert [signal.getsignal(number) for number in BOTH] == before


def test_a_signal_that_was_ignored_stays_so() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with stoppable("step") as stopped:
        os.kill(os.getpid(), signal.SIGINT)
        assert not stopped()


def test_it_does_no_harm_in_another_thread() -> None:
    found: list[bool] = []

    def run() -> None:
        with stoppable("step") as stopped:
            found.append(stopped())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == [False]


def test_processes_can_be_kept_from_signals() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STARTS_A_PROCESS], capture_output=True, text=True, timeout=60
    )
    both, one, none = done.stdout.split("\n")[:3]
    assert (both, one, none) == ("2 15", "2", ""), done.stderr


def test_a_signal_to_all_its_processes_stops_a_training_in_order(
    tmp_path: Path, policy_files: dict[str, Path], dataset_root: Path
) -> None:
    path = tmp_path / "out" / CHECKPOINT
    settings = {
        "--out": path.parent,
        "--policy": policy_files["token"],
        "--real": dataset_root,
        "--share.held-out": 1,
        "--augment.copies": 1,
        "--watch.every": 0,
        "--reinforce.iterations": 100_000,
        "--reinforce.envs": 2,
        "--reinforce.decisions": 2,
    }
    code = "import sys; from rlco_trainer.cli import main; sys.exit(main())"
    words = ["-c", code, "train", "rlco", *(str(w) for pair in settings.items() for w in pair)]
    with own_group(words, tmp_path / "log") as process:
        wait_until(path.exists)
        assert len(members(process.pid)) >= 3
        os.killpg(process.pid, signal.SIGTERM)
        assert process.wait(PATIENCE) == 130
        wait_until(lambda: not members(process.pid))
    lines = (tmp_path / "log").read_text().splitlines()
    assert lines[-2].startswith("stopping after this iteration; the same command goes on from")
    assert lines[-1] == "rlco train rlco: stopped"
    assert int(checkpoint.read(path)[1]["step"]) >= 1


def test_a_caller_that_ends_without_closing_does_not_wait_for_its_children(tmp_path: Path) -> None:
    script = tmp_path / "leaves.py"
    script.write_text(
        "import sys\n"
        "from rlco_sim.vector import VectorEnv\n"
        "from rlco_trainer.interrupt import kept_from_children\n"
        "if __name__ == '__main__':\n"
        "    with kept_from_children():\n"
        "        sys.kept = VectorEnv(2, 1, task='push_cube', domain='twin', robot='panda')\n"
        "    print('open')\n"
    )
    ended = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (0, "open\n")
