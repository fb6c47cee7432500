# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Writing a LeRobot v3.0 dataset, episode by episode, so that a kill costs the last few only."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from rlco_core.errors import DatasetError, RlcoError
from rlco_trainer.files import alone_in
from rlco_trainer.lerobot.checks import check_episode
from rlco_trainer.lerobot.ledger import Ledger, check_same, recover
from rlco_trainer.lerobot.provenance import session, write_sessions
from rlco_trainer.lerobot.reader import Dataset
from rlco_trainer.lerobot.schema import Features, Info, Scalar, describe, write_info
from rlco_trainer.lerobot.shard import Shard
from rlco_trainer.lerobot.statistics import write_statistics
from rlco_trainer.lerobot.tables import frame_table, write_tasks
from rlco_trainer.lerobot.video import video_info

#: lerobot finds an image by its time as float32, within 0.1 ms: exact enough up to here.
MAX_VIDEO_SECONDS = 1000


class DatasetWriter:
    """Adds episodes to a dataset.

    Episodes are committed in shards: a shard's files are written first, ``meta/info.json``,
    which counts them, last. After a kill, readers see the committed shards, and
    ``resume=True`` removes the rest and goes on. To write from several processes, let them
    hand their episodes to one writer.
    """

    def __init__(
        self,
        root: Path | str,
        *,
        robot_type: str,
        fps: int,
        features: Features,
        provenance: Mapping[str, Scalar] | None = None,
        resume: bool = False,
        episodes_per_file: int = 50,
    ) -> None:
        """Starts a dataset in an empty or new directory, or resumes one.

        Args:
            root: directory of the dataset.
            robot_type: the robot that acts, such as ``panda``.
            fps: frames per second, a whole number.
            features: what every episode has; on resume it must be the same.
            provenance: how these episodes come to be (command, domain, versions).
            resume: go on with the dataset at ``root``, or start one if there is nothing.
            episodes_per_file: episodes that are committed together.

        Raises:
            DatasetError: ``root`` is not empty, or what is there cannot be resumed.
            RlcoError: another process writes there.
        """
        self._root, self._robot_type, self._fps = Path(root), robot_type, fps
        self._features, self._episodes_per_file = features, episodes_per_file
        self._closed, self._held = False, ExitStack()
        self._shard: Shard | None = None
        self._ledger = Ledger.empty(features)
        self._tasks: dict[str, int] = {}
        self._sessions = [session(0, provenance or {})]
        with ExitStack() as held:
            held.enter_context(alone_in(self._root))
            self._begin(provenance or {}, resume)
            self._held = held.pop_all()

    @property
    def num_episodes(self) -> int:
        """Number of episodes of the dataset, with those not yet committed."""
        return self._ledger.episodes + (len(self._shard.rows) if self._shard else 0)

    @property
    def num_frames(self) -> int:
        """Number of frames of the dataset, with those not yet committed."""
        return self._ledger.frames + (self._shard.frames if self._shard else 0)

    def add_episode(
        self,
        images: Mapping[str, NDArray[np.uint8]],
        states: NDArray[np.float32],
        actions: NDArray[np.float32],
        task: str,
        metadata: Mapping[str, Scalar],
        environment: NDArray[np.float32] | None = None,
        intervention: NDArray[np.bool_] | None = None,
    ) -> None:
        """Adds one episode of T frames.

        Args:
            images: camera name -> (T, H, W, 3) uint8 RGB.
            states: (T, S) float32.
            actions: (T, A) float32.
            task: the instruction.
            metadata: one value for each name of ``features.metadata``.
            environment: (T, E) float32, where there are ``features.environment_names``.
            intervention: (T,) bool, where there is ``features.intervention``.

        Raises:
            DatasetError: a shape, type, name or value does not fit; nothing was added.
        """
        if self._closed:
            raise DatasetError(f"{self._root}: the writer is closed: resume the dataset first")
        known = np.zeros((len(states), 0), np.float32) if environment is None else environment
        check_episode(self._features, images, states, actions, known, intervention, task, metadata)
        self._append(images, states, actions, known, intervention, task, metadata)
        if self._is_full():
            self.flush()

    def flush(self) -> None:
        """Commits the episodes added so far."""
        shard, self._shard = self._shard, None
        if shard is None:
            return
        shard.write_frames()
        ledger = self._ledger.plus(shard)
        write_tasks(self._root, self._tasks)
        write_statistics(self._root, ledger.statistics())
        write_sessions(self._root, self._sessions)
        shard.write_episodes()
        self._write_info(ledger)
        self._ledger = ledger

    def close(self) -> None:
        """Commits the episodes added so far and ends writing."""
        try:
            self.flush()
        finally:
            self._closed = True
            self._held.close()

    def __enter__(self) -> DatasetWriter:
        """The writer itself; leaving the block closes it, whole episodes are kept."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes the writer, also after an error."""
        self.close()

    def _begin(self, provenance: Mapping[str, Scalar], resume: bool) -> None:
        """Makes of the directory what episodes can be added to."""
        if not any(self._root.iterdir()):
            self._write_info(self._ledger)
        elif resume:
            self._resume(provenance)
        elif (begun := _begun(self._root)) is not None and not begun.episodes:
            recover(begun)
            self._write_info(self._ledger)
        else:
            raise DatasetError(f"{self._root} is not empty: resume it, or choose a new directory")

    def _resume(self, provenance: Mapping[str, Scalar]) -> None:
        dataset = Dataset.open(self._root)
        check_same(dataset, self._robot_type, self._fps, self._features)
        recover(dataset)
        if dataset.episodes:
            self._ledger, self._tasks = Ledger.of(dataset), dict(dataset.tasks)
            write_statistics(self._root, self._ledger.statistics())
            start = session(len(dataset.episodes), provenance)
            self._sessions = [*dataset.provenance, start]

    def _append(
        self,
        images: Mapping[str, NDArray[np.uint8]],
        states: NDArray[np.float32],
        actions: NDArray[np.float32],
        environment: NDArray[np.float32],
        intervention: NDArray[np.bool_] | None,
        task: str,
        metadata: Mapping[str, Scalar],
    ) -> None:
        """Puts a checked episode into the open shard; gives the shard up if that fails."""
        table = frame_table(
            states,
            actions,
            environment,
            intervention,
            fps=self._fps,
            episode=self.num_episodes,
            first_frame=self.num_frames,
            task=self._tasks.setdefault(task, len(self._tasks)),
        )
        shard = self._shard or Shard(self._root, self._ledger.next_shard, self._features, self._fps)
        try:
            shard.add(images, table, task, metadata)
        except BaseException:
            # Half an episode is in the videos: no later one could be trusted.
            self._shard = None
            shard.discard()
            raise
        self._shard = shard

    def _is_full(self) -> bool:
        shard = self._shard
        return shard is not None and (
            len(shard.rows) >= self._episodes_per_file
            or shard.frames >= MAX_VIDEO_SECONDS * self._fps
        )

    def _write_info(self, ledger: Ledger) -> None:
        info = Info(
            robot_type=self._robot_type,
            total_episodes=ledger.episodes,
            total_frames=ledger.frames,
            total_tasks=len(self._tasks),
            fps=self._fps,
            splits={"train": f"0:{ledger.episodes}"} if ledger.episodes else {},
            features=describe(self._features, video_info(self._fps)),
        )
        write_info(self._root, info)


def _begun(root: Path) -> Dataset | None:
    """The dataset that was begun there, if one was."""
    try:
        return Dataset.open(root)
    except RlcoError:
        return None
