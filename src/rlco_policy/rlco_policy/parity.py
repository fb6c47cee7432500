# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Whether an engine answers as the policy did when its bundle was made.

A bundle has some observations that were recorded in the policy's twin, and what it answered to
them in single precision. Every engine is asked the same before it may act.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from rlco_core.bundle import Bundle
from rlco_core.camera_sizes import Cameras
from rlco_core.contract import PARITY_FILE, Contract
from rlco_core.errors import BundleError, in_short
from rlco_core.language import LanguageEncoder
from rlco_core.types import Observation
from rlco_policy.engines.settings import EngineSettings
from rlco_policy.onnx_policy import OnnxPolicy

#: What such a file may hold when it is unpacked, bytes: a small one may claim to be endless.
_LARGEST = 256 << 20


@dataclass(frozen=True)
class Parity:
    """What was seen, and what was answered to it.

    Attributes:
        observations: N of them.
        actions: (N, horizon, 7) float32, action units.
    """

    observations: tuple[Observation, ...]
    actions: NDArray[np.float32]


@dataclass(frozen=True)
class Drift:
    """The action that is farthest from what was answered, in shares of its column's tolerance.

    Attributes:
        observation, row, column: where it is.
        found, wanted: what the engine and what the policy answered, action units.
        share: of the tolerance; more than 1 is too much.
    """

    observation: int
    row: int
    column: int
    found: float
    wanted: float
    share: float


def open_policy(
    bundle: Bundle,
    settings: EngineSettings | None = None,
    encoder: LanguageEncoder | None = None,
    cameras: Cameras = (),
) -> OnnxPolicy:
    """A policy that may act: its engine answers as the bundle's policy did, and is warm.

    Args:
        bundle, settings, encoder, cameras: see `OnnxPolicy`.

    Raises:
        ConfigError: the engine cannot be had; the line says how to.
        BundleError: it cannot be opened, or drifts too far.
    """
    policy = OnnxPolicy(bundle, settings, encoder, cameras)
    require_parity(policy, bundle)
    policy.warm_up()
    return policy


def for_cameras(policy: OnnxPolicy, cameras: Cameras) -> OnnxPolicy:
    """The same policy for cameras as they are: another engine, which is asked everything anew.

    Raises:
        ConfigError, BundleError: see `open_policy`.
    """
    if cameras == policy.cameras:
        return policy
    return open_policy(policy.bundle, policy.settings, policy.encoder, cameras)


def unvouched(bundle: Bundle) -> str:
    """For people, where nothing vouches for what an engine answers; empty where something does."""
    return "" if bundle.manifest.parity else f", unchecked as it has no {PARITY_FILE}"


def require_parity(policy: OnnxPolicy, bundle: Bundle) -> Drift | None:
    """The drift of ``policy``; None where the bundle has nothing to hold it against.

    Raises:
        BundleError: it drifts too far, or the bundle cannot vouch for anything but fp32.
    """
    terms, engine = bundle.manifest.parity, policy.engine
    if terms is None:
        if engine.precision != "fp32":
            raise BundleError(
                f"{bundle.manifest.name} has no {PARITY_FILE} to hold {engine.precision} against; "
                f"run: rlco engine calibrate --bundle {bundle.root}, or choose precision fp32"
            )
        return None
    parity = read_parity(bundle)
    drift = largest_drift(policy, parity, terms.tolerance)
    if not drift.share <= 1.0:
        raise BundleError(_too_far(policy, drift, terms.tolerance[drift.column]))
    return drift


def largest_drift(policy: OnnxPolicy, parity: Parity, tolerance: Sequence[float]) -> Drift:
    """Asks ``policy`` everything again; ``tolerance`` is per column, action units.

    Raises:
        BundleError: it does not answer.
    """
    wanted = _wanted(policy, parity)
    found = _answers(policy, parity)
    shares = np.abs(found - wanted) / np.asarray(tolerance)
    place = np.unravel_index(int(shares.argmax()), shares.shape)
    number, row, column = (int(index) for index in place)
    return Drift(number, row, column, float(found[place]), float(wanted[place]),
                 float(shares[place]))  # fmt: skip


def _wanted(policy: OnnxPolicy, parity: Parity) -> NDArray[np.float32]:
    """(N, horizon, 7): what was answered. Images that were made larger are seen as they were where
    every pixel became whole ones; else the bundle's own graph is asked about them, in fp32.
    """
    pairs = zip(policy.cameras, policy.contract.cameras, strict=True)
    if all(larger.width % camera.width == 0 for larger, camera in pairs):
        return parity.actions
    return _answers(OnnxPolicy(policy.bundle, None, policy.encoder, policy.cameras), parity)


def _answers(policy: OnnxPolicy, parity: Parity) -> NDArray[np.float32]:
    """(N, horizon, 7): what ``policy`` answers, its images as large as its cameras'."""
    with policy.trial():
        seen = (_enlarged(one, policy.cameras) for one in parity.observations)
        return np.stack([policy.infer(one).actions for one in seen])


def _enlarged(observation: Observation, cameras: Cameras) -> Observation:
    """Every pixel repeated, in both directions."""
    images = {}
    for camera in cameras:
        image = observation.images[camera.name]
        rows = np.arange(camera.height) * image.shape[0] // camera.height
        columns = np.arange(camera.width) * image.shape[1] // camera.width
        images[camera.name] = image[np.ix_(rows, columns)]
    return replace(observation, images=images)


def _too_far(policy: OnnxPolicy, drift: Drift, tolerance: float) -> str:
    engine, column = policy.engine, policy.contract.action.columns[drift.column]
    return (
        f"{engine.name} ({engine.provider}) in {engine.precision} drifts: observation "
        f"{drift.observation}, row {drift.row}, column {column} is {drift.found:.5g}, the policy "
        f"answered {drift.wanted:.5g}; at most {tolerance:.2g} of difference is allowed: choose "
        "another precision or engine"
    )


def write_parity(file: IO[bytes], parity: Parity) -> None:
    """Writes arrays alone, compressed; the sentences stand once."""
    seen = parity.observations
    sentences = sorted({one.instruction for one in seen})
    arrays: dict[str, Any] = {
        f"image_{name}": np.stack([one.images[name] for one in seen]) for name in seen[0].images
    }
    arrays["proprioception"] = np.stack([one.proprioception for one in seen])
    arrays["sentences"] = np.array(sentences)
    arrays["sentence"] = np.array([sentences.index(one.instruction) for one in seen], np.int64)
    np.savez_compressed(file, actions=parity.actions, **arrays)


def read_parity(bundle: Bundle) -> Parity:
    """What `write_parity` wrote.

    Raises:
        BundleError: there is none, it cannot be read, or does not fit the contract.
    """
    try:
        return _parity(_arrays(bundle.parity), bundle.contract)
    except Exception as error:  # zipfile, zlib and numpy raise a dozen kinds for damaged files
        reason = in_short(error)
        raise BundleError(
            f"{bundle.root / PARITY_FILE}: {reason or type(error).__name__}; "
            f"run: rlco engine calibrate --bundle {bundle.root}"
        ) from error


def _arrays(content: bytes) -> Mapping[str, NDArray[Any]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    if size > _LARGEST:
        raise BundleError(f"it would unpack to {size} bytes, more than {_LARGEST}")
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        return dict(file)


def _parity(arrays: Mapping[str, NDArray[Any]], contract: Contract) -> Parity:
    count, action = len(arrays["actions"]), contract.action
    images = {camera.name: _checked(arrays, f"image_{camera.name}", np.uint8,
                                    (count, camera.height, camera.width, 3))
              for camera in contract.cameras}  # fmt: skip
    states = _checked(arrays, "proprioception", np.float32, (count, contract.proprioception.size))
    shape = (count, action.horizon, len(action.columns))
    actions = _checked(arrays, "actions", np.float32, shape)
    if not count or not np.isfinite(actions).all():
        raise BundleError("it should have at least one answer, and all of them finite")
    which = _checked(arrays, "sentence", np.int64, (count,))
    sentences = [str(text) for text in arrays["sentences"]]
    return Parity(
        tuple(
            Observation(
                stamp_ns=number,
                images={name: stack[number] for name, stack in images.items()},
                proprioception=states[number],
                instruction=sentences[which[number]],
            )
            for number in range(count)
        ),
        actions,
    )


def _checked(
    arrays: Mapping[str, NDArray[Any]], name: str, dtype: type, shape: tuple[int, ...]
) -> NDArray[Any]:
    array = arrays[name]
    if array.dtype != dtype or array.shape != shape:
        raise BundleError(
            f"{name} is {array.dtype} {list(array.shape)}, "
            f"it should be {np.dtype(dtype)} {list(shape)}"
        )
    return array
