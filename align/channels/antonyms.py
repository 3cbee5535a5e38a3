"""Antonyms: a word that the other side lacks, while the other side has its opposite that this side lacks.

The pairs are those of Princeton WordNet 3.1 (`data/antonyms_en.json`, with its licence), so English only; texts of
other languages are held against each other through a back-translation into English where there is one.
"""

from __future__ import annotations

from functools import cache

from ..corpus import Evidence
from .reading import Reading, Word, stem, table
from .voice import IRREGULAR_PAST

VERSION = "2"
LANGUAGES = frozenset({"en"})


@cache
def opposites() -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """Stem to the stems of its antonyms, both ways: the direct ones, and those of an adjective's cluster (tiny, little: large)."""
    lexicon = table("antonyms_en.json")
    direct: dict[str, set[str]] = {}
    alike: dict[str, set[str]] = {}

    def enter(found: dict[str, set[str]], one: str, other: str) -> None:
        if one != other:
            found.setdefault(one, set()).add(other)
            found.setdefault(other, set()).add(one)

    for one, others in lexicon["pairs"].items():
        for other in others.split():
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
            opposite = next((bases_b[other] for other in found if not any(base in bases_a for base in bases(bases_b[other]))), None)
            if opposite is not None:
                span = (opposite.start, opposite.end)
                evidence.append(Evidence("mistranslation", channel, (word.start, word.end), span, word.text, opposite.text))
                break
    return evidence


def _by_base(reading: Reading) -> dict[str, Word]:
    """The words of a text by every stem under which they may be known; the first wins."""
    return {base: word for word in reversed(reading.words) if word.is_word for base in bases(word)}
