"""Which words of one text the other covers: the ground of the coverage scores and of the omission and addition channel.

A pair in, the cover of each content word on both sides out. Same stem or nearly the same letters (after romanisation
where the scripts differ): 1. Else the cosine of the two words' vectors, from the same encoder that compares sentences,
stretched so that unrelated words come to 0 and translations to about 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from .channels.reading import Reading, Word, bare, read
from .corpus import Pair

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .registry import Vectors as Matrix

VERSION = "3"
# Cosine of word vectors that counts as no cover, and as full cover: E5 finds any two words alike.
STRETCH = {"e5": (0.83, 0.92)}
UNRELATED, TRANSLATION = 0.3, 0.8
# From this likeness of letters two words are one (names, loans, spellings); below it letters say nothing.
LETTERS = 0.75
LOWEST = 3
# Words less alike than this are never paired.
WEAKEST = 0.1
# Both texts cover each other at least so far when they are near.
NEAR = 0.7
# No more content words than this on a side: the comparison grows with their product.
LONGEST = 600


@dataclass(frozen=True, slots=True)
class Cover:
    """How far each content word is covered, 0 to 1, in order, and how well the words pair off one to one.

    `matched` is 0 to 1 (twice the sum over the pairs, by the number of words); `displacement` is the mean distance of
    paired words in the two texts, as a share of their length; `partner_a` is for each word of A the place of the word of B that
    covers it best, `partner_b` the other way round.
    """

    words_a: tuple[Word, ...]
    words_b: tuple[Word, ...]
    cover_a: tuple[float, ...]
    cover_b: tuple[float, ...]
    matched: float
    displacement: float
    partner_a: tuple[int, ...] = ()
    partner_b: tuple[int, ...] = ()

    @property
    def share_a(self) -> float:
        return sum(self.cover_a) / len(self.cover_a)

    @property
    def share_b(self) -> float:
        return sum(self.cover_b) / len(self.cover_b)

    @property
    def lowest_a(self) -> float:
        return _lowest(self.cover_a)

    @property
    def lowest_b(self) -> float:
        return _lowest(self.cover_b)

    @property
    def near(self) -> bool:
        """Does one text say nearly all that the other says?"""
        return min(self.share_a, self.share_b) >= NEAR

    def mutual(self, start: int, side: str) -> float:
        """The cover of the content word that starts at an offset of side a or b, if it is also the nearest to its partner; else 0."""
        words, values = (self.words_a, self.cover_a) if side == "a" else (self.words_b, self.cover_b)
        there, back = (self.partner_a, self.partner_b) if side == "a" else (self.partner_b, self.partner_a)
        place = next((index for index, word in enumerate(words) if word.start == start), None)
        return values[place] if place is not None and back[there[place]] == place else 0.0


def _lowest(values: Sequence[float]) -> float:
    worst = sorted(values)[:LOWEST]
    return sum(worst) / len(worst)


@lru_cache(maxsize=65_536)
def romanised(low: str) -> str:
    """A folded word in plain Latin letters, without marks."""
    if low.isascii():
        return low
    from anyascii import anyascii

    return str(anyascii(low)).lower().replace("'", "")


def covered(pairs: Sequence[Pair], encode: Callable[[Sequence[str]], Matrix] | None) -> list[Cover | None]:
    """The cover of each pair; None where a side has no content word."""
    readings = [(read(pair.member_a.text, pair.language_a), read(pair.member_b.text, pair.language_b)) for pair in pairs]
    return covers(readings, encode)


def covers(readings: Sequence[tuple[Reading, Reading]], encode: Callable[[Sequence[str]], Matrix] | None) -> list[Cover | None]:
    """The same for texts that were read already; the vectors of all their words are asked for at once."""
    sides = [(tuple(a.content[:LONGEST]), tuple(b.content[:LONGEST])) for a, b in readings]
    vectors: dict[str, int] = {}
    matrix = None
    if encode is not None:
        for (words_a, words_b), (a, b) in zip(sides, readings, strict=True):
            for words, reading in ((words_a, a), (words_b, b)):
                for word in words:
                    if not word.low[0].isdigit():
                        vectors.setdefault(bare(word.low, reading.language), len(vectors))
        matrix = encode(list(vectors)) if vectors else None
    stretch = STRETCH.get(name_of(encode), (UNRELATED, TRANSLATION))
    return [_cover(words_a, words_b, a.language, b.language, vectors, matrix, stretch) for (words_a, words_b), (a, b) in zip(sides, readings, strict=True)]


def signature_of(encode: Callable[[Sequence[str]], Matrix] | None) -> str:
    """What an encoding function says of its encoder, `use:0.2.1`; `none` without one."""
    if encode is None:
        return "none"
    # The method of an encoder knows its encoder.
    return str(getattr(encode, "signature", "") or getattr(getattr(encode, "__self__", None), "signature", "unnamed"))


def name_of(encode: Callable[[Sequence[str]], Matrix] | None) -> str:
    return signature_of(encode).split(":")[0]


def _cover(
    words_a: tuple[Word, ...],
    words_b: tuple[Word, ...],
    language_a: str,
    language_b: str,
    rows: dict[str, int],
    matrix: Matrix | None,
    stretch: tuple[float, float],
) -> Cover | None:
    if not words_a or not words_b:
        return None
    import numpy as np

    table: NDArray[np.float32] = _letters(words_a, words_b, same=language_a == language_b)
    if matrix is not None:
        # Numbers have no row: they are equal or not, and any vector does, as it is not looked at.
        vectors_a = matrix[[rows.get(bare(word.low, language_a), 0) for word in words_a]]
        vectors_b = matrix[[rows.get(bare(word.low, language_b), 0) for word in words_b]]
        unrelated, translation = stretch
        soft = (vectors_a @ vectors_b.T - unrelated) / (translation - unrelated)
        digits_a = np.array([word.low[0].isdigit() for word in words_a])
        digits_b = np.array([word.low[0].isdigit() for word in words_b])
        soft[digits_a, :] = 0.0
        soft[:, digits_b] = 0.0
        table = np.maximum(table, np.clip(soft, 0.0, 1.0))
    best_a, best_b = table.max(axis=1), table.max(axis=0)
    matched, displacement = _pair_off(table)
    partners = tuple(map(int, table.argmax(axis=1))), tuple(map(int, table.argmax(axis=0)))
    return Cover(words_a, words_b, tuple(map(float, best_a)), tuple(map(float, best_b)), matched, displacement, *partners)


def _pair_off(table: NDArray[np.float32]) -> tuple[float, float]:
    """One to one, best first, ties by place: how much is matched, and how far apart the partners stand."""
    import numpy as np

    rows, columns = np.nonzero(table > WEAKEST)
    # Of equal candidates those at like places come first.
    distance = np.abs(rows / table.shape[0] - columns / table.shape[1])
    order = np.lexsort((columns, rows, distance, -table[rows, columns]))
    free_a, free_b = [True] * table.shape[0], [True] * table.shape[1]
    total = moved = 0.0
    left = min(table.shape)
    for index in order.tolist():
        row, column = int(rows[index]), int(columns[index])
        if free_a[row] and free_b[column]:
            free_a[row] = free_b[column] = False
            value = float(table[row, column])
            total += value
            moved += value * float(distance[index])
            left -= 1
            if not left:
                break
    return 2.0 * total / (table.shape[0] + table.shape[1]), moved / total if total else 0.5


def _letters(words_a: Sequence[Word], words_b: Sequence[Word], *, same: bool) -> NDArray[np.float32]:
    """1 where two words share stem or spelling, 0 elsewhere."""
    import numpy as np
    from rapidfuzz.distance import JaroWinkler
    from rapidfuzz.process import cdist

    letters_a, letters_b = [romanised(word.low) for word in words_a], [romanised(word.low) for word in words_b]
    likeness = cdist(letters_a, letters_b, scorer=JaroWinkler.normalized_similarity, score_cutoff=LETTERS + 0.15, dtype=np.float32)
    table = np.where(likeness > 0, np.float32(1.0), np.float32(0.0))
    # Equal stems match, equal numerals alone match: both are looked up, so that only the words that meet are touched.
    numeral_a = np.array([word.low[0].isdigit() for word in words_a])
    numeral_b = np.array([word.low[0].isdigit() for word in words_b])
    table[numeral_a, :] = 0.0
    table[:, numeral_b] = 0.0
    places: dict[str, list[int]] = {}
    for column, word in enumerate(words_b):
        places.setdefault(word.low if numeral_b[column] else f"={word.stem}", []).append(column)
    for row, word in enumerate(words_a):
        if numeral_a[row] or same:
            table[row, places.get(word.low if numeral_a[row] else f"={word.stem}", [])] = 1.0
    return table
