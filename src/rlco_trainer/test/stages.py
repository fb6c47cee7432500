# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The three stages through their commands, on tiny networks; each one as it ends, made once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import yaml

from rlco_trainer.stages import pretrain as train_pretrain
from rlco_trainer.stages import rlco as train_rlco
from rlco_trainer.stages import sft as train_sft

SIZE = {
    "backbone": {"width": 16, "channels": [8, 8], "dilations": [1, 2]},
    "layers": 2,
    "heads": 2,
    "horizon": 4,
    "execute": 2,
}
IMITATION = {"steps": 6, "batch": 8, "warm_up": 2, "checkpoint_every": 3, "average": 0.5}
SHARE = {"held_out": 1}
REINFORCE = {
    "iterations": 2,
    "envs": 2,
    "decisions": 3,
    "groups": 1,
    "batch": 3,
    "threads": 1,
    "anchor": {"beta": 0.2, "batch": 4},
}


def written(path: Path, settings: Mapping[str, object]) -> str:
    path.write_text(yaml.safe_dump(settings))
    return str(path)


class Stages:
    """Each stage goes into a fresh directory, or on in one.

    Args:
        fresh: gives a directory of a name.
        dataset: what all stages learn from.
    """

    def __init__(self, fresh: Callable[[str], Path], dataset: Path) -> None:
        self._fresh, self._dataset = fresh, str(dataset)

    @cached_property
    def base(self) -> Path:
        """Where Stage 0 has ended; read only."""
        return self.pretrain()

    @cached_property
    def first(self) -> Path:
        """Where Stage I has ended; read only."""
        return self.sft()

    @cached_property
    def second(self) -> Path:
        """Where Stage II has ended; read only."""
        return self.reinforce()

    def pretrain(self, out: Path | None = None) -> Path:
        """Stage 0."""
        out = out or self._fresh("pretrain")
        sizes = {"token": SIZE, "flow": {**SIZE, "horizon": 5}}
        acting = dict.fromkeys(("token", "flow"), IMITATION)
        settings = {**sizes, "pointing": IMITATION, "acting": acting, "share": SHARE, "episodes": 1}
        file = written(out / "settings.yaml", settings)
        words = ["--config", file, "--out", str(out), "--datasets", self._dataset]
        train_pretrain.main([*words, "--threads", "1"])
        return out

    def sft(
        self, out: Path | None = None, words: Sequence[str] = ("--imitation.expert-only",)
    ) -> Path:
        """Stage I; ``words`` come last."""
        out = out or self._fresh("sft")
        settings = {
            "out": str(out),
            "sim": self._dataset,
            "real": self._dataset,
            "policy": str(self.base / "token.safetensors"),
            "alpha": 0.75,
            "real_episodes": 2,
            "threads": 1,
            "share": SHARE,
            "augment": {"copies": 2},
            "watch": {"every": 4, "episodes": 1},
            "imitation": IMITATION,
        }
        train_sft.main(["--config", written(out / "settings.yaml", settings), *words])
        return out

    def reinforce(self, out: Path | None = None, words: Sequence[str] = ()) -> Path:
        """Stage II, likewise."""
        out = out or self._fresh("reinforce")
        settings = {
            "out": str(out),
            "policy": str(self.first / "policy.safetensors"),
            "real": self._dataset,
            "share": SHARE,
            "augment": {"copies": 2},
            "watch": {"every": 2, "episodes": 1},
            "reinforce": REINFORCE,
        }
        train_rlco.main(["--config", written(out / "settings.yaml", settings), *words])
        return out
