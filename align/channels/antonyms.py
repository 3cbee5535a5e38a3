"""Antonyms: a word that the other side lacks, while the other side has its opposite that this side lacks.

The pairs are those of Princeton WordNet 3.1 (`data/antonyms_en.json`, with its licence), a short list of our own
(`data/opposites_en.json`), and what a prefix turns round (approve, disapprove), so one side at least must be English. `find`
looks both words up. `by_meaning` asks the encoder, also across languages: is the partner of an English word (aumento, decreasing)
nearer to the opposite of that word (increasing)?
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from ..corpus import Evidence
from .reading import Reading, Word, bare, stem, table
from .voice import IRREGULAR_PAST

if TYPE_CHECKING:
    from ..coverage import Cover
    from ..registry import Vectors as Matrix

VERSION = "5"
LANGUAGES = frozenset({"en"})
# A prefix that makes an opposite of a word.
PREFIXES = ("un", "in", "im", "ir", "il", "dis", "non", "de")
# One way seen from either end: renditions say either.
VIEWPOINT = {"come", "go"}


def _common() -> list[tuple[str, str]]:
    """Opposites of news and statements that WordNet does not list, or lists of another form only."""
    return [(one, other) for one, other in map(str.split, table("opposites_en.json"))]


@cache
def opposites() -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """Stem to the stems of its antonyms, both ways: the direct ones, and those of an adjective's cluster (tiny, little: large)."""
    lexicon = table("antonyms_en.json")
    direct: dict[str, set[str]] = {}
    alike: dict[str, set[str]] = {}

    def enter(found: dict[str, set[str]], one: str, other: str) -> None:
        if one != other and {one, other} != VIEWPOINT:
            found.setdefault(one, set()).add(other)
            found.setdefault(other, set()).add(one)

    for one, others in lexicon["pairs"].items():
        for other in others.split():
            enter(direct, stem(one, "en"), stem(other, "en"))
    for one, other in _common():
        enter(direct, stem(one, "en"), stem(other, "en"))
    for one, heads in lexicon["heads"].items():
        for head in heads.split():
            for opposite in sorted(direct.get(stem(head, "en"), ())):
                enter(alike, stem(one, "en"), opposite)
    return {key: frozenset(value) for key, value in direct.items()}, {key: frozenset(value) for key, value in alike.items()}


def bases(word: Word) -> tuple[str, ...]:
    """The stems under which a word may be known: its own, that of its base (began: begin), without -er, -est, -ly, -ness."""
    low = word.low
    forms = [IRREGULAR_PAST.get(low, low)]
    for ending in ("est", "er", "ly", "ness", "st", "r"):
        if low.endswith(ending) and len(low) - len(ending) >= 3:
            cut = low.removesuffix(ending)
            forms += [cut, cut[:-1] if len(cut) > 3 and cut[-1] == cut[-2] else cut, cut[:-1] + "y" if cut.endswith("i") else cut]
    return tuple(dict.fromkeys(stem(form, "en") for form in forms))


def prefixed(base: str) -> Iterator[str]:
    """What a prefix makes the opposite of a stem, and what is left of it without its prefix (approve, disapprove)."""
    if len(base) > 4:
        yield from (prefix + base for prefix in PREFIXES)
        yield from (base.removeprefix(prefix) for prefix in PREFIXES if base.startswith(prefix) and len(base) - len(prefix) > 4)


def find(a: Reading, b: Reading) -> list[Evidence]:
    bases_a, bases_b = _by_base(a), _by_base(b)
    evidence = []
    seen = set()
    for word in a.words:
        if not word.is_word or word.low in seen:
            continue
        seen.add(word.low)
        own = bases(word)
        if any(base in bases_b for base in own):
            continue
        for known, channel in zip(opposites(), ("antonyms", "antonyms:alike"), strict=True):
            found = [other for base in own for other in sorted(known.get(base, ())) if other in bases_b]
            if channel == "antonyms":
                found += [other for base in own for other in prefixed(base) if other in bases_b]
            opposite = next((bases_b[other] for other in found if not any(base in bases_a for base in bases(bases_b[other]))), None)
            if opposite is not None:
                span = (opposite.start, opposite.end)
                evidence.append(Evidence("mistranslation", channel, (word.start, word.end), span, word.text, opposite.text))
                break
    return evidence


def _by_base(reading: Reading) -> dict[str, Word]:
    """The words of a text by every stem under which they may be known; the first wins."""
    return {base: word for word in reversed(reading.words) if word.is_word for base in bases(word)}


# By how much the partner must be nearer to the opposite than to the word itself, and how near to the opposite at least.
# The word and its partner must have something in common (`align.coverage`).
MARGIN, NEAREST, COVERED = 0.1, 0.5, 0.2


@cache
def _spelt_out() -> dict[str, tuple[str, ...]]:
    """Stem to the antonyms of its words, as words."""
    found: dict[str, set[str]] = {}
    for one, others in table("antonyms_en.json")["pairs"].items():
        for other in others.split():
            found.setdefault(stem(one, "en"), set()).add(other)
            found.setdefault(stem(other, "en"), set()).add(one)
    for one, other in _common():
        found.setdefault(stem(one, "en"), set()).add(other)
        found.setdefault(stem(other, "en"), set()).add(one)
    return {key: tuple(sorted(words)) for key, words in found.items()}


@lru_cache(maxsize=16_384)
def antonyms_of(word: Word) -> tuple[str, ...]:
    """The antonyms of an English word, but for those that only a prefix makes (linear, nonlinear): negation looks after them."""
    known = dict.fromkeys(other for base in bases(word) for other in _spelt_out().get(base, ()))
    return tuple(other for other in known if stem(other, "en") not in word.low and word.stem not in other)


def questions(a: Reading, b: Reading, cover: Cover) -> Iterator[tuple[bool, Word, Word, tuple[str, ...]]]:
    """What to ask the encoder of a pair: is the English word on side a, the word, its partner, its antonyms."""
    for on_a in (True, False):
        own, other = (a, b) if on_a else (b, a)
        if own.language != "en":
            continue
        words, others = (cover.words_a, cover.words_b) if on_a else (cover.words_b, cover.words_a)
        partners, back = (cover.partner_a, cover.partner_b) if on_a else (cover.partner_b, cover.partner_a)
        cover_of = cover.cover_a if on_a else cover.cover_b
        known = {base for word in others for base in bases(word)} if other.language == "en" else set()
        for index, word in enumerate(words):
            if word.is_word and cover_of[index] >= COVERED and back[partners[index]] == index and others[partners[index]].is_word:
                antonyms = antonyms_of(word)
                if antonyms and not known & set(bases(word)):
                    yield on_a, word, others[partners[index]], antonyms


def by_meaning(readings: Sequence[tuple[Reading, Reading]], covers: Sequence[Cover | None], encode: Callable[[Sequence[str]], Matrix]) -> list[list[Evidence]]:
    """For each pair, the words whose partner is nearer to their opposite; one call of the encoder for all."""
    import numpy as np

    asked = [(number, *question) for number, (pair, cover) in enumerate(zip(readings, covers, strict=True)) if cover for question in questions(*pair, cover)]
    found: list[list[Evidence]] = [[] for _ in readings]
    if not asked:
        return found
    rows: dict[str, int] = {}
    for number, on_a, word, partner, antonyms in asked:
        language = readings[number][on_a].language  # of the other side
        for text in (bare(word.low, "en"), bare(partner.low, language), *antonyms):
            rows.setdefault(text, len(rows))
    vectors = np.asarray(encode(list(rows)), dtype=np.float32)
    for number, on_a, word, partner, antonyms in asked:
        other = vectors[rows[bare(partner.low, readings[number][on_a].language)]]
        opposite = float((vectors[[rows[text] for text in antonyms]] @ other).max())
        if opposite >= NEAREST and opposite - float(vectors[rows[bare(word.low, "en")]] @ other) >= MARGIN:
            one, two = (word, partner) if on_a else (partner, word)
            item = Evidence("mistranslation", "antonyms:meaning", (one.start, one.end), (two.start, two.end), one.text, two.text)
            if item not in found[number]:
                found[number].append(item)
    return found
