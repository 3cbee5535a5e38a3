"""Antonyms: a word that the other side lacks, while the other side has its opposite that this side lacks.

The pairs are those of Princeton WordNet 3.1 (`data/antonyms_en.json`, with its licence), so English only; texts of
other languages are held against each other through a back-translation into English where there is one.
"""

from __future__ import annotations

from functools import cache

from ..corpus import Evidence
from .reading import Reading, stem, table

VERSION = "1"
LANGUAGES = frozenset({"en"})


@cache
def opposites() -> dict[str, frozenset[str]]:
    """Stem to the stems of its antonyms, both ways."""
    found: dict[str, set[str]] = {}
    for one, others in table("antonyms_en.json")["pairs"].items():
        for other in others.split():
            left, right = stem(one, "en"), stem(other, "en")
            if left != right:
                found.setdefault(left, set()).add(right)
                found.setdefault(right, set()).add(left)
    return {key: frozenset(value) for key, value in found.items()}


def find(a: Reading, b: Reading) -> list[Evidence]:
    known = opposites()
    stems_a = {word.stem for word in a.words}
    stems_b = {word.stem: word for word in reversed(b.words) if word.is_word}
    evidence = []
    seen = set()
    for word in a.words:
        if not word.is_word or word.stem in stems_b or word.stem in seen:
            continue
        seen.add(word.stem)
        for opposite in sorted(known.get(word.stem, ())):
            other = stems_b.get(opposite)
            if other is not None and opposite not in stems_a:
                evidence.append(Evidence("mistranslation", "antonyms", (word.start, word.end), (other.start, other.end), word.text, other.text))
                break
    return evidence
