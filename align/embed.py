"""Stage `embed`: segments in, a `Vectors` out that the later stages ask for the vector of any text.

Vectors are cached by content. Texts are encoded in blocks, and a block is cached as a whole: the last bits of
a vector depend on what it is encoded with, so a run that was cut short and resumed gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from .corpus import Segment
from .store import Cache, digest

if TYPE_CHECKING:
    from .registry import Encoder
    from .registry import Vectors as Matrix

BLOCK = 256


class Vectors:
    """The vectors of texts, encoded when they are first asked for and cached on disk between runs.

    Callable: `vectors(texts)` has shape (len(texts), dimensions), float32, rows of unit length.
    """

    def __init__(self, make_encoder: Callable[[], Encoder], signature: str, cache: Cache | None = None) -> None:
        self._make_encoder = make_encoder
        self._encoder: Encoder | None = None
        self.signature = signature
        self._cache = cache
        self._known: dict[str, Matrix] = {}

    def __call__(self, texts: Sequence[str]) -> Matrix:
        import numpy as np

        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        for block in _blocks(new):
            self._known.update(zip(block, self._block(block), strict=True))
        return np.stack([self._known[text] for text in texts]) if texts else np.zeros((0, 0), dtype=np.float32)

    def _block(self, texts: Sequence[str]) -> Matrix:
        import numpy as np

        key = digest(self.signature, *texts)
        if self._cache is not None and (data := self._cache.get([key]).get(key)):
            return np.frombuffer(data, dtype=np.float32).reshape(len(texts), -1)
        if self._encoder is None:
            self._encoder = self._make_encoder()
        matrix = np.ascontiguousarray(self._encoder.encode(texts), dtype=np.float32)
        if self._cache is not None:
            self._cache.put({key: matrix.tobytes()})
        return matrix


def _blocks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(texts), BLOCK):
        yield texts[start : start + BLOCK]


def embed(segments: Sequence[Segment], vectors: Vectors, advance: Callable[[int], None] = lambda _: None) -> Vectors:
    """Encode all segments, a document at a time; `advance` hears how many were done."""
    for _, group in groupby(segments, key=lambda segment: segment.document):
        texts = [segment.text for segment in group]
        vectors(texts)
        advance(len(texts))
    return vectors
