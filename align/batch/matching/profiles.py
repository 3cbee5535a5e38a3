"""Documents to profiles: read, split into sentences, encoded; what stays in memory is small, sentence vectors go to a scratch file.

Each document is read by itself, in this process or in workers, so one that cannot be read is reported and the rest goes on, and the
result does not depend on the number of workers. Vectors come through the cache of `embed`: a second run encodes nothing.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import AlignError, InputError
from .results import Entry

if TYPE_CHECKING:
    from ...registry import Encoder
    from ...store import Cache

Matrix = NDArray[np.float32]
LONGEST_CHARS = 120_000  # of a longer text, four stretches that together are so long are looked at
STRETCHES = 4
BATCH = 128  # documents whose vectors are written to the cache at once
FEW = 64  # documents: too few to start workers for


@dataclass(frozen=True, slots=True)
class Profile:
    """What is kept of a document: its language, its length in characters, a digest of its text, hashes of its sentences (int64,
    shape (sentences,)) and the numbers in it. `remark`: what a user should know about it."""

    language: str
    chars: int
    digest: str
    sentences: NDArray[np.int64]
    numbers: frozenset[str]
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a document has no profile; `foreign`: it is in none of the languages."""

    reason: str
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """How profiles are made: the languages, and the encoders that the documents of each of them need."""

    encoders: Mapping[str, tuple[str, ...]]
    cached: bool = True


def batched_cache() -> Cache:
    """The cache of vectors, written to in batches: a transaction a document would cost more than encoding it. Putting nothing puts all that waits."""
    from ...store import Cache

    class Batched(Cache):
        waiting: dict[str, bytes] = {}  # noqa: RUF012 (replaced, never changed)

        def get(self, keys: Sequence[str]) -> dict[str, bytes]:
            return super().get(keys) | {key: self.waiting[key] for key in keys if key in self.waiting}

        def put(self, entries: dict[str, bytes]) -> None:
            self.waiting = self.waiting | entries
            if not entries or len(self.waiting) >= BATCH:
                super().put(self.waiting)
                self.waiting = {}

    return Batched("vectors")


class Reader:
    """Makes profiles; holds the encoders once they are loaded. One a process."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._encoders: dict[str, Encoder] = {}
        self._cache = batched_cache() if plan.cached else None

    def __call__(self, entry: Entry) -> tuple[Profile, dict[str, Matrix]] | Unreadable:
        """The profile of a document, and for each encoder its sentence vectors: shape (sentences, dimensions)."""
        from ...read import read_text

        try:
            text = read_text(entry.path, entry.language, entry.name).text
            language, remark = self._language(text, entry.language)
            if not language:
                return Unreadable(remark, foreign=True)
            sentences = sentences_of(text, language)
        except InputError as error:
            return Unreadable(error.message)
        except (OSError, ValueError, RecursionError) as error:
            return Unreadable(f"cannot read ({error})")
        if not sentences:
            return Unreadable("holds no text")
        from ...aligner.surface import words
        from ...store import digest

        numbers = frozenset(word for sentence in sentences for word in words(sentence) if word[0].isdigit())
        hashes = np.array([sentence_hash(sentence) for sentence in sentences], dtype=np.int64)
        profile = Profile(language, len(text), digest(" ".join(text.split())), hashes, numbers, remark)
        return profile, {name: self._encode(name, sentences) for name in self._plan.encoders[language]}

    def flush(self) -> None:
        """Put what waits into the cache."""
        if self._cache is not None:
            self._cache.put({})

    def _encode(self, name: str, sentences: Sequence[str]) -> Matrix:
        from ...embed import Vectors, encoder_signature

        return Vectors(lambda: self._encoder(name), encoder_signature(name), self._cache)(sentences)

    def _encoder(self, name: str) -> Encoder:
        from ...registry import load

        if name not in self._encoders:
            self._encoders[name] = load("encoders", name)()
        return self._encoders[name]

    def _language(self, text: str, said: str) -> tuple[str, str]:
        """The language of a text, and a doubt or the reason why it has none of ours."""
        from ...read.languages import doubt

        if said:
            return said, doubt(text, said)
        found = identified(text)
        named = next((language for language in self._plan.encoders if language.split("-")[0].lower() == found), "")
        return named, "" if named else f"reads like {found or 'no language'}, which is not one of {', '.join(self._plan.encoders)}"


def identified(text: str) -> str:
    """The likeliest language of a text (by py3langid), as the first part of its tag; "" where it has no letters."""
    from py3langid import rank

    from ...read.languages import CANDIDATES

    sample = text[:20_000].strip()[:3_000]
    if not any(char.isalpha() for char in sample):
        return ""
    return next((str(name) for name, _ in rank(sample) if name in CANDIDATES), "")


def sentences_of(text: str, language: str) -> list[str]:
    """The sentences of a text; of a very long one, of stretches that lie evenly in it. Sentences without a letter or digit are left out."""
    from ...corpus import Document
    from ...segment import segment

    documents = [Document("d", "", language, text, "", "d", start, end) for start, end in stretches(text)]
    found = [part.text for document in documents for part in segment([document])]
    return [sentence for sentence in found if any(char.isalnum() for char in sentence)] or found


def stretches(text: str) -> list[tuple[int, int]]:
    """Start and end of the parts that are looked at, at ends of lines where there are some."""
    if len(text) <= LONGEST_CHARS:
        return [(0, len(text))]
    size, found = LONGEST_CHARS // STRETCHES, []
    for number in range(STRETCHES):
        start = (len(text) - size) * number // (STRETCHES - 1)
        begin = text.rfind("\n", max(0, start - 2_000), start) + 1 or start
        found.append((begin, start + size))
    return found


def sentence_hash(sentence: str) -> int:
    """64 bits of a sentence, blanks and case aside."""
    plain = " ".join(sentence.casefold().split()).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(plain, digest_size=8).digest(), "big", signed=True)


_reader: Reader | None = None  # of a worker process


def _start(plan: Plan) -> None:
    global _reader  # noqa: PLW0603
    from multiprocessing.util import Finalize

    _reader = Reader(plan)
    Finalize(_reader, _reader.flush, exitpriority=1)  # a worker that ends writes what waits


def _work(entry: Entry) -> tuple[Profile, dict[str, Matrix]] | Unreadable:
    assert _reader is not None
    found = _reader(entry)
    if isinstance(found, Unreadable):
        return found
    return found[0], {name: matrix.astype(np.float16) for name, matrix in found[1].items()}


def read_all(entries: Sequence[Entry], plan: Plan, workers: int = 1) -> Iterator[tuple[Profile, dict[str, Matrix]] | Unreadable]:
    """Profiles in the order of the entries, vectors in half precision."""
    if workers < 2 or len(entries) < FEW:
        _start(plan)
        assert _reader is not None
        try:
            yield from map(_work, entries)
        finally:
            _reader.flush()
        return
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    # spawn: a fork of a process with threads (BLAS, progress) may hang
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_start, initargs=(plan,)) as pool:
        try:
            for start in range(0, len(entries), 64 * workers):  # not all at once: what is done must not pile up
                yield from pool.map(_work, entries[start : start + 64 * workers], chunksize=8)
        except BrokenProcessPool as error:
            hint = "vectors made so far are kept: run the command again, with fewer --workers if memory ran out"
            raise AlignError("a worker process was ended from outside", hint=hint) from error


class Shelf:
    """Sentence vectors of all documents in a scratch file, half precision: bounded memory, gone when it is closed."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="align-match-")  # noqa: SIM115 (closed by `close`)
        self._places: dict[int, tuple[int, int]] = {}
        self._end = 0
        self.dimensions = 0

    def put(self, document: int, vectors: Matrix) -> None:
        data = np.ascontiguousarray(vectors, dtype=np.float16)
        self.dimensions = data.shape[1]
        self._file.seek(self._end)
        self._file.write(data.tobytes())
        self._places[document] = (self._end, len(data))
        self._end += data.nbytes

    def get(self, document: int) -> Matrix:
        """Shape (sentences, dimensions), float32."""
        start, rows = self._places[document]
        self._file.seek(start)
        data = self._file.read(rows * self.dimensions * 2)
        return np.frombuffer(data, dtype=np.float16).reshape(rows, -1).astype(np.float32)

    def __contains__(self, document: int) -> bool:
        return document in self._places

    def close(self) -> None:
        with suppress(OSError):
            self._file.close()


def named(entry: Entry, profile: Profile) -> Entry:
    return replace(entry, language=profile.language)


Advance = Callable[[str, int, int], Any]
