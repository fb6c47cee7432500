# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The rlco command: finds the subcommand, imports only what it needs, and ends in order."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import version

from rich.console import Console
from rich.table import Table

from rlco_core.errors import RlcoError
from rlco_core.memory import keep_memory
from rlco_trainer.code_version import code_version

#: For the activations of networks, which would else be zeroed page by page before every use: a
#: third of the time that a backbone takes on a CPU.
_KEPT_BYTES = 1 << 30
_HELP = ("-h", "--help", "help")
#: Subcommand -> module of this package with ``main(arguments)``, and what it does.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("demo", "20 episodes over ROS 2 with the shipped policy; a report"),
    "collect": ("demonstrations.collect", "expert demonstrations as a LeRobot v3.0 dataset"),
    "expand": ("demonstrations.expand", "many demonstrations out of a few, in new scenes"),
    "import": ("demonstrations.recorded", "recorded teleoperation as a LeRobot v3.0 dataset"),
    "record": ("recording.record", "demonstrations by teleoperation, as a LeRobot v3.0 dataset"),
    "replay": ("recording.replay", "an episode played again, through the safety layer"),
    "train pretrain": ("stages.pretrain", "a base on demonstrations of many worlds"),
    "train sft": ("stages.sft", "Stage I: simulated and real demonstrations"),
    "train rlco": ("stages.rlco", "Stage II: reward, anchored on real data"),
    "reproduce": ("reproduce.run", "the studies of the paper, cell by cell"),
    "export": ("bundles.export", "a policy as a bundle, checked against torch"),
    "engine calibrate": ("bundles.calibrate", "a bundle's answers, to hold engines against"),
    "engine build": ("bundles.build", "a bundle in int8 for an engine, checked in the twin"),
    "engine list": ("bundles.listing", "the engines that were built on this machine"),
    "card": ("bundles.card", "a model card for a bundle"),
    "eval": ("evaluation.evaluate", "success rate of a bundle, in process or over ROS 2"),
    "serve": ("serve", "a bundle's policy over the network, for several robots"),
    "domain list": ("domains.listing", "the domains that ship, and what they are for"),
    "domain show": ("domains.show", "a sheet of pictures from a domain"),
    "domain diff": ("domains.diff", "how far two domains are apart, in numbers"),
    "twin fit": ("twin.fit", "a domain that matches a real cell"),
    "up sim": ("up.sim", "start simulator, policy and bridge as ROS 2 processes"),
    "up robot": ("up.robot", "start policy and bridge for a robot, or one that is simulated"),
    "run": ("up.run", "episodes on a bridge that runs, armed if you say so"),
    "bench sim": ("bench.sim", "simulation speed, beside other simulators"),
    "bench safety": ("bench.safety", "attacks on all arms, and what gets past the limits"),
    "bench bridge": ("bench.bridge", "how late set-points are, beside a bare timer"),
    "bench motion": ("bench.motion.run", "whole episodes, and what arms were told beyond limits"),
    "bench soak": ("bench.soak.run", "memory and open files over very many episodes"),
    "bench policy": ("bench.policy.command", "inference, beside torch and its compiler"),
    "bench fuzz": ("bench.fuzz", "broken bundles, and what comes of loading them"),
    "bench hours": ("bench.hours", "hours of operation: is the last as quick as the first"),
    "bench execution": ("bench.execution", "late answers of a policy, by how chunks are executed"),
    "bench train": ("bench.train", "training speed, and where its time goes"),
    "test-faults": ("faults.run", "faults of a running system: what stops the arm, how fast"),
    "doctor": ("doctor", "what is missing on this machine and how to get it"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one subcommand; 0 when it did its work, 1 after an error, 2 for a wrong word."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in _HELP:
        _print_help(list(COMMANDS))
        return 0
    if words[0] == "--version":
        print(f"rlco {version('rlco_trainer')} ({code_version()})")
        return 0
    name = next((n for n in COMMANDS if words[: len(n.split())] == n.split()), None)
    if name is None:
        return _unknown(words)
    keep_memory(_KEPT_BYTES)
    module = import_module(f"rlco_trainer.{COMMANDS[name][0]}")
    try:
        return int(module.main(words[len(name.split()) :]) or 0)
    except (RlcoError, OSError) as error:
        print(f"rlco {name}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"rlco {name}: stopped", file=sys.stderr)
        return 130


def _unknown(words: Sequence[str]) -> int:
    """Says what was probably meant; the first word of a group alone asks what is in it."""
    group = [name for name in COMMANDS if name.split()[0] == words[0]]
    if group and (len(words) == 1 or words[1] in _HELP):
        _print_help(group)
        return 0 if len(words) > 1 else 2
    said = " ".join(words[: 2 if group else 1])
    close = get_close_matches(said, group or COMMANDS, 2, 0.6)
    meant = f"did you mean {' or '.join(close)}?" if close else "./rlco --help lists them"
    print(f"rlco: unknown command '{said}'; {meant}", file=sys.stderr)
    return 2


def _print_help(names: Sequence[str]) -> None:
    table = Table(title="rlco COMMAND [--help]", title_justify="left", box=None, show_header=False)
    for name in names:
        table.add_row(f"  {name}", COMMANDS[name][1])
    Console().print(table)
