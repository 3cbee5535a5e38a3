"""Encoders and the cached vectors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from align.corpus import Segment
from align.embed import Vectors, choose_encoder, embed, open_vectors
from align.encoders import HashEncoder
from align.errors import MissingPluginError, UsageError
from align.registry import GROUPS, available, load
from align.store import Cache


class Counting(HashEncoder):
    calls = 0

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        Counting.calls += 1
        return super().encode(texts)


def test_vectors_are_kept_between_runs_and_the_model_is_not_loaded_again(tmp_path: Path) -> None:
    Counting.calls = 0
    texts = [f"sentence {number}" for number in range(600)]
    first = Vectors(Counting, "counting:1", Cache("vectors", tmp_path))(texts)
    made = Counting.calls
    again = Vectors(_fail, "counting:1", Cache("vectors", tmp_path))(texts)
    assert np.array_equal(first, again)
    assert Counting.calls == made == 3
    assert not np.array_equal(first, Vectors(_noise, "other:1", Cache("vectors", tmp_path))(texts))


def _fail() -> Counting:
    raise AssertionError("the vectors should have come from the cache")


class _Noise(HashEncoder):
    def encode(self, texts: Sequence[str]) -> np.ndarray:
        return -super().encode(texts)


def _noise() -> _Noise:
    return _Noise()


def test_embed_tells_how_far_it_is() -> None:
    segments = [Segment(document, index, 0, 0, 1, f"{document}{index}") for document in "ab" for index in range(3)]
    heard: list[int] = []
    assert embed(segments, Vectors(HashEncoder, "hash:1"), heard.append) == 6
    assert heard == [3, 3]


def test_the_cache_of_vectors_keeps_within_its_bound(tmp_path: Path) -> None:
    cache = Cache("vectors", tmp_path, limit_bytes=50_000)
    for document in "abcdef":
        segments = [Segment(document, index, 0, 0, 1, f"{document} {index}") for index in range(20)]
        embed(segments, Vectors(HashEncoder, "hash:1", cache))
        assert 0 < cache.size()[1] <= 50_000


def test_use_finds_the_translation() -> None:
    vectors = open_vectors("use", ["en", "ru"])
    english = vectors(["The meeting took place on Wednesday.", "Sanctions were not discussed."])
    russian = vectors(["Санкции не обсуждались.", "Встреча состоялась в среду."])
    assert np.allclose(np.linalg.norm(english, axis=1), 1, atol=1e-3)
    assert (english @ russian.T).argmax(axis=1).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("name", "languages", "chosen"), [("auto", ["en", "pt-BR"], "use"), ("use", ["uk"], "use"), ("hash", ["xx"], "hash"), ("e5", ["en"], "e5")]
)
def test_choice(name: str, languages: list[str], chosen: str) -> None:
    encoder, doubt = choose_encoder(name, languages)
    assert encoder == chosen
    assert ("uk" in doubt) == (languages == ["uk"])


def test_unknown_plugins_are_said() -> None:
    with pytest.raises(UsageError, match="no encoder named 'nope'"):
        load("encoders", "nope")
    assert {"use", "e5", "hash"} <= set(available("encoders"))
    for group in GROUPS:
        for name, point in available(group).items():
            assert point.value.startswith("align."), name


def test_a_missing_extra_names_the_install_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "sentence_transformers", None)
    with pytest.raises(MissingPluginError, match="pip install"):
        open_vectors("labse", ["en"])(["x"])


def test_hash_encoder_sees_surface_likeness() -> None:
    a, b, c = HashEncoder().encode(["de-escalation zones", "de-escalation zone", "unrelated words"])
    assert a @ b > 0.8 > 0.3 > a @ c
