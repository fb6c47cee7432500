# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""rlco record: demonstrations by teleoperation, through the bridge, as a LeRobot v3.0 dataset."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rlco_bridge.client import EpisodeClient
from rlco_bringup.recording import SIM, RecordSettings, record_contract, record_graph
from rlco_core.contract import Contract
from rlco_core.errors import ConfigError
from rlco_core.robot import RobotConfig
from rlco_core.stamps import seconds_to_ns
from rlco_policy.shipped import shipped_bundle
from rlco_sim.scene import check_split
from rlco_sim.session import DT
from rlco_sim.tasks import task_class
from rlco_trainer.arguments import parse, this_command
from rlco_trainer.demonstrations.demonstrate import Demonstrator, World
from rlco_trainer.interrupt import stoppable
from rlco_trainer.recording.keys import HELP, Keys
from rlco_trainer.recording.node import Ears, Keyboard, scripted_twists
from rlco_trainer.recording.robot import Prepare, Reached
from rlco_trainer.recording.script import Script, commanded_path
from rlco_trainer.recording.session import Recorded, Recordings, require_begun, running
from rlco_trainer.recording.store import Place, Store
from rlco_trainer.recording.terminal import Screen, require_terminal, unbuffered

#: This program's own twist devices, which mean all that they say, and hold no deadman.
OWN = ("keyboard", "expert")


@dataclass(frozen=True)
class RecordConfig(Reached):
    """Records demonstrations by teleoperation, as a LeRobot v3.0 dataset.

    Attributes:
        out: directory of the dataset; new, or one to be continued.
        episodes: in all; those that failed are left out, unless they are kept.
        first_seed: seeds are first_seed, first_seed + 1 ...
        task: push_cube, pick_place, open_drawer or close_drawer.
        domain: of the simulation: a name (`rlco domain list`), or a file of your own.
        robot: the arm: panda, fr3, ur5e, or a file of your own.
        split: what episodes are drawn from: train, or one of the unseen_... splits.
        device: ``keyboard`` of this terminal; ``joy``, ``twist`` or ``pose`` from their topics;
            ``expert`` for the task's scripted expert at a twist device, in a simulation.
        policy: acts until a person takes over: a bundle's directory, or ``shipped``.
        speed: full deflection, or a key, as a share of the arm's speed limit.
        still: share of it up to which a twist or a leader is at rest.
        max_seconds: after which an episode has failed.
        keep_failures: keep failed episodes, too, labelled as such.
        resume: continue a dataset that was begun with the same settings.
        attach: start nothing, record what runs: record.launch.py.
        deadman_timeout: s without the deadman on ``joy`` after which the episode ends and the arm
            has to be armed again; 0: it only rests.
        instruction: replaces the scene's own; a cell has none of its own.
        namespace, tf_prefix: of the system.
        logs: directory that gets the nodes' logs.
    """

    out: Path
    episodes: int = 10
    first_seed: int = 0
    task: str = "push_cube"
    domain: str = "twin"
    robot: str = "panda"
    split: str = "train"
    device: Literal["keyboard", "joy", "twist", "pose", "expert"] = "keyboard"
    policy: str = ""
    speed: float = 0.3
    still: float = 0.01
    max_seconds: float = 60.0
    keep_failures: bool = False
    resume: bool = False
    attach: bool = False
    deadman_timeout: float = 0.0
    instruction: str = ""
    namespace: str = ""
    tf_prefix: str = ""
    logs: Path | None = None


def record(config: RecordConfig) -> int:
    """Records until ``episodes`` are in the dataset; returns how many were left out.

    Raises:
        RlcoError: a name is unknown, the dataset cannot be begun or continued, or the system does
            not come up or dies; what was recorded before is in the dataset.
    """
    _check(config)
    settings = _settings(config)
    contract = record_contract(settings)
    graph = () if config.attach else record_graph(settings)
    keys = unbuffered() if config.device == "keyboard" else nullcontext()
    # The terminal changes last: from then on, signals put it back.
    with _store(config, contract) as store, running(graph, settings, config.logs) as client, keys:
        recordings = Recordings(client, contract, settings)
        prepare = [_device(config, settings, client, recordings)]
        prepare += config.preparations(settings.driver, client)
        return _loop(config, store, recordings, prepare)


def _check(config: RecordConfig) -> None:
    check_split(config.split, task_class(config.task))
    if config.episodes < 1 or config.first_seed < 0 or not config.max_seconds > 0.0:
        raise ConfigError(
            "--episodes must be at least 1, --first-seed not negative, --max-seconds positive"
        )
    _check_deadman(config)
    if config.device == "keyboard":
        require_terminal()
    if config.instruction:
        task_class(config.task).subject(config.instruction)
    if config.cell and not config.instruction:
        raise ConfigError("--cell is for a robot, which says no sentence: it needs --instruction")
    blind = config.attach or config.policy or config.instruction
    if config.device == "expert" and blind:
        raise ConfigError(
            "the expert acts in the scene that it knows: no --attach, --policy, --instruction"
        )


def _check_deadman(config: RecordConfig) -> None:
    if config.device not in OWN:
        return
    for option, given in (("--cell", config.cell), ("--deadman-timeout", config.deadman_timeout)):
        if given:
            raise ConfigError(
                f"{option} needs a deadman, and --device {config.device} cannot hold one: "
                "use joy or pose, or twist with a button on the topic joy"
            )


def _settings(config: RecordConfig) -> RecordSettings:
    robot, expert = RobotConfig.load(config.robot), config.device == "expert"
    driver, bundle = config.driver_of(robot), config.policy
    if bundle == "shipped":
        bundle = str(shipped_bundle(config.task, robot.name))
    return RecordSettings(
        bundle=bundle and str(Path(bundle).resolve()),
        task=config.task,
        domain=config.domain,
        split=config.split,
        robot=config.robot,
        mode="lockstep" if expert and driver == SIM else "realtime",
        driver=driver,
        use_mock_hardware=config.use_mock_hardware,
        real_time_factor=config.real_time_factor,
        namespace=config.namespace,
        tf_prefix=config.tf_prefix,
        device="twist" if config.device in OWN else config.device,
        speed=config.speed,
        still=0.0 if config.device in OWN else config.still,
        deadman_timeout=config.deadman_timeout,
        gripper_axis=0 if expert else -1,
    )


def _store(config: RecordConfig, contract: Contract) -> Store:
    (camera,) = contract.cameras
    return Store(
        config.out,
        Place(contract.robot, config.task, config.cell or config.domain, config.split),
        (camera.name, (camera.height, camera.width)),
        {"command": this_command(), "device": config.device, "policy": config.policy},
        config.resume,
        say=lambda line: print(line, file=sys.stderr, flush=True),
    )


def _device(
    config: RecordConfig, settings: RecordSettings, client: EpisodeClient, recordings: Recordings
) -> Prepare:
    """Sets up what moves the arm; returns what is to be called before every episode."""
    robot = RobotConfig.load(config.robot)
    if config.device == "keyboard":
        screen, ears = Screen(), recordings.ears

        def look() -> None:
            if ears.image is not None:
                screen.show(ears.image, f"> {ears.instruction}")
                ears.image = None

        if config.attach:
            require_free(ears)
        keyboard = Keyboard(client.node, Keys(robot.limits, config.speed), look)
        print(HELP)

        def ready(seed: int) -> None:
            keyboard.forget()
            screen.scroll()

        return ready
    if config.device == "expert":
        return _expert(config, settings.mode == "lockstep", client)
    return lambda seed: None


def require_free(ears: Ears) -> None:
    """Raises ConfigError where what runs waits for a deadman, so that keys would move nothing."""
    if ears.deadman_asked():
        raise ConfigError(
            "what runs asks for a deadman, and --device keyboard cannot hold one: in a simulation "
            "start it with device:=twist and without deadman and deadman_timeout"
        )


def _expert(config: RecordConfig, lockstep: bool, client: EpisodeClient) -> Prepare:
    """At a twist device. In real time it makes up for what clocks do to its actions."""
    script = Script(seconds_to_ns(DT))
    scripted_twists(client.node, RobotConfig.load(config.robot), script, lockstep, DT)
    expert = Demonstrator(World(config.task, config.domain, config.robot, config.split), 0, 0)

    def act(seed: int) -> None:
        shown = expert.run(seed)
        script.actions = shown.actions
        script.path = [] if lockstep else commanded_path(shown.states, shown.actions)

    return act


def _loop(
    config: RecordConfig, store: Store, recordings: Recordings, prepare: Sequence[Prepare]
) -> int:
    seed = config.first_seed if store.next_seed is None else store.next_seed
    left_out = 0
    while store.episodes < config.episodes:
        for step in prepare:
            step(seed)
        recorded = recordings.run(seed, round(config.max_seconds / DT), config.instruction)
        require_begun(recorded)
        kept = _keep(config, store, recorded, seed)
        left_out += not kept
        print(_line(store.episodes, config.episodes, seed, recorded, kept), flush=True)
        seed += 1
    return left_out


def _keep(config: RecordConfig, store: Store, recorded: Recorded, seed: int) -> bool:
    """Writes an episode that is whole and labelled; a signal waits until it is written."""
    take, wanted = recorded.take, recorded.success or config.keep_failures
    if take is None or not recorded.judged or not wanted:
        return False
    with stoppable("episode", "the same command with --resume"):
        sentence = recorded.report.instruction
        store.add(take, sentence, seed, recorded.success, recorded.beside_policy)
    return True


def _line(count: int, episodes: int, seed: int, recorded: Recorded, kept: bool) -> str:
    report = recorded.report
    # Against the judge's word, the person's is said.
    ended = "failure" if report.success else report.stop_reason
    how = "success" if recorded.success else ended
    why = f"left out: {recorded.problem or report.detail or how}"
    took = f"{report.steps * DT:.1f} s"
    persons = "" if recorded.take is None else f", {recorded.take.by_person.mean():.0%} by a person"
    return (
        f"{count}/{episodes}  seed {seed}  {report.instruction!r}  {how} after {took}{persons}, "
        f"{'kept' if kept else why}"
    )


def main(arguments: Sequence[str]) -> None:
    """rlco record"""
    config = parse(RecordConfig, arguments, "record")
    left_out = record(config)
    print(f"{config.episodes} episodes in {config.out}; {left_out} were left out")
