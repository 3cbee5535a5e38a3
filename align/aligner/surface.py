"""What can be read off the surface of a segment in any language: length, punctuation, numbers, names, cognates.

In: texts. Out: arrays with a row a segment. Called by `aligner`; needs no model.
"""

from __future__ import annotations

import unicodedata
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import chain, pairwise

import numpy as np
import regex
from numpy.typing import NDArray

BUCKETS = 512
WORD = regex.compile(r"\p{N}+(?:[.,:]\p{N}+)*|\p{L}[\p{L}\p{M}'’]*")
NUMBERED = regex.compile(r"\s*(\d{1,9})\t\s*")
SEPARATORS = str.maketrans("", "", ".,:")
BRACKET = regex.compile(r"[()\[\]{}（）「」『』【】〔〕《》〈〉]")
OPENING = "([{（「『【〔《〈"
CLOSERS = "\"'»«”“’‘)]}›‹」』）】"
# One letter or digraph a Cyrillic or Greek letter: near enough for names and loan words to share their trigrams.
CYRILLIC = "a b v g g d e e e zh z i i i i k l m n o p r s t u f h c ch sh sch _ i _ yu ya e"
GREEK = "a b g d e z i t i k l m n x o p r s s t i f h ps o"
LATIN = str.maketrans(
    dict(zip("абвгґдеёэжзиіїйклмнопрстуфхцчшщъыьюяє", CYRILLIC.split(" "), strict=True)) | dict(zip("αβγδεζηθικλμνξοπρσςτυφχψω", GREEK.split(" "), strict=True))
)


@lru_cache(maxsize=200_000)
def latin(word: str) -> str:
    """Lower case, without accents, Cyrillic and Greek in Latin letters."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", word.lower()) if not unicodedata.combining(c))
    return bare.translate(LATIN).replace("_", "")


@lru_cache(maxsize=8_000)
def words(text: str) -> tuple[str, ...]:
    """Words and numbers, lower case and bare."""
    return tuple(bare for word in WORD.findall(text) if (bare := latin(word)))


@lru_cache(maxsize=100_000)
def pieces(word: str) -> tuple[tuple[int, float], ...]:
    """Signed buckets of a word: a number is one piece of weight 2, other words their trigrams, weighted to length one."""
    if word[0].isdigit():
        parts, weight = ["#" + word.translate(SEPARATORS)], 2.0
    elif len(word) < 3:
        return ()
    else:
        padded = f" {word} "
        parts = [padded[start : start + 3] for start in range(len(padded) - 2)]
        weight = (0.5 + 0.5 * min(len(word), 10) / 10) / len(parts) ** 0.5
    codes = (zlib.crc32(part.encode("utf-8", "surrogatepass")) for part in parts)
    return tuple((code % BUCKETS, weight if code & 0x10000 else -weight) for code in codes)


def numbering(texts: Sequence[str]) -> list[int]:
    """How many characters of each segment are its number: where every segment begins with a number and a tab, each one more than the last.

    Such numbers belong to the file, not to the text, and those of two files do not translate each other.
    """
    found = [NUMBERED.match(text) for text in texts if text.strip()]
    numbers = [int(match[1]) for match in found if match]
    if len(numbers) < 3 or len(numbers) < len(found) or any(after - before != 1 for before, after in pairwise(numbers)):
        return [0] * len(texts)
    return [match.end() if (match := NUMBERED.match(text)) else 0 for text in texts]


def rarity(source: Sequence[Sequence[str]], target: Sequence[Sequence[str]]) -> dict[str, float]:
    """Inverse frequency of words over both texts, counted in segments: 1 for one segment, towards 0 for all."""
    counts = Counter(chain.from_iterable(map(set, chain(source, target))))
    total = np.log(1 + len(source) + len(target))
    by_count = {count: float(1 - np.log(count) / total) for count in set(counts.values())}
    return {word: by_count[count] for word, count in counts.items()}


def surface_vectors(tokens: Sequence[Sequence[str]], weights: dict[str, float]) -> NDArray[np.float32]:
    """Hashed, weighted pieces of the words of each segment: shape (segments, BUCKETS), not normalised."""
    numbers: dict[str, int] = {}
    words = np.array([numbers.setdefault(word, len(numbers)) for line in tokens for word in line], dtype=np.int64)
    parts = [pieces(word) for word in numbers]
    many = np.array([len(part) for part in parts], dtype=np.int64)
    flat = np.fromiter(chain.from_iterable(chain.from_iterable(parts)), dtype=np.float64).reshape(-1, 2)
    values = flat[:, 1] * np.repeat([weights[word] for word in numbers], many)
    rows = np.repeat(np.arange(len(tokens)), [len(line) for line in tokens])
    repeats = many[words]
    places = np.arange(repeats.sum()) + np.repeat((np.cumsum(many) - many)[words] - (np.cumsum(repeats) - repeats), repeats)
    cells = np.repeat(rows, repeats) * BUCKETS + flat[places, 0].astype(np.int64)
    sums = np.bincount(cells, values[places], minlength=len(tokens) * BUCKETS)
    return sums.reshape(len(tokens), BUCKETS).astype(np.float32)


def ending(text: str) -> str:
    """The class of the last mark of a segment: one of . ? ! : ; , - or "" for a letter or a digit."""
    bare = text.rstrip().rstrip(CLOSERS).rstrip()
    mark = unicodedata.normalize("NFKC", bare[-1:])
    if mark and mark in "。.…؟?!:;,，、،-–—":
        return {"。": ".", "…": ".", "؟": "?", "，": ",", "、": ",", "،": ",", "–": "-", "—": "-"}.get(mark, mark)
    return "" if not mark or mark.isalnum() else "*"


def opening(text: str) -> str:
    """The class of the first mark of a segment: dash, quotation mark, digit, lower case letter, or "" for another."""
    mark = text.lstrip()[:1]
    if mark in ("-", "–", "—", "•", "*"):
        return "-"
    if mark in CLOSERS or mark in "„「『（([":
        return '"'
    return "1" if mark.isdigit() else "a" if mark.islower() else ""


def brackets(text: str) -> int:
    """How many brackets a segment opens and does not close; negative where it closes more than it opens."""
    return sum(1 if mark in OPENING else -1 for mark in BRACKET.findall(text))


GOES_ON = frozenset(":;,-")
MARKS = ("", ".", "?", "!", ":", ";", ",", "-", "*", '"', "1", "a")


def endings(texts: Sequence[str]) -> NDArray[np.int64]:
    return np.array([MARKS.index(ending(text)) for text in texts], dtype=np.int64)


def unfinished(texts: Sequence[str]) -> NDArray[np.bool_]:
    """Which segments end with a mark after which a sentence goes on; a heading without any mark is no such segment."""
    return np.array([ending(text) in GOES_ON for text in texts], dtype=bool)


def openings(texts: Sequence[str]) -> NDArray[np.int64]:
    return np.array([MARKS.index(opening(text)) for text in texts], dtype=np.int64)


def encoder(source: Sequence[str], target: Sequence[str]) -> Callable[[Sequence[str]], NDArray[np.float32]]:
    """A stand-in for an encoder where there is none: unit surface vectors, words weighted by their rarity in these texts."""
    weights = rarity([words(text) for text in source], [words(text) for text in target])

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        tokens = [words(text) for text in texts]
        vectors = surface_vectors(tokens, {word: weights.get(word, 1.0) for line in tokens for word in line})
        return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6), dtype=np.float32)

    return encode
