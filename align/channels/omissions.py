"""Omission and addition: runs of content words that nothing on the other side covers.

A hint rather than a rule: it rests on stems and word vectors (`align.coverage`), which miss free wording. The channel
name carries the length of the run: word, phrase (two or three), clause (four and more).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..corpus import Evidence
from .cues import nowhere
from .reading import Reading, Word

if TYPE_CHECKING:
    from ..coverage import Cover

VERSION = "1"
LANGUAGES: frozenset[str] = frozenset()
# Covered less than this, a word is missing.
MISSING = 0.35
PHRASE, CLAUSE = 2, 4


def runs(words: Sequence[Word], cover: Sequence[float]) -> list[list[Word]]:
    """Neighbouring content words that are not covered; one half covered word between two does not part them."""
    found: list[list[Word]] = []
    current: list[Word] = []
    bridge: list[Word] = []
    for word, value in zip(words, cover, strict=True):
        if value < MISSING:
            current += [*bridge, word]
            bridge = []
        elif current and not bridge and value < 0.6:
            bridge = [word]
        else:
            if current:
                found.append(current)
            current, bridge = [], []
    return [*found, current] if current else found


def length(run: Sequence[Word]) -> str:
    return "clause" if len(run) >= CLAUSE else "phrase" if len(run) >= PHRASE else "word"


def find(a: Reading, b: Reading, cover: Cover) -> list[Evidence]:
    evidence = []
    for run in runs(cover.words_a, cover.cover_a):
        span = (run[0].start, run[-1].end)
        evidence.append(Evidence("omission", f"omission:{length(run)}", span, nowhere(b), a.text[slice(*span)], "-"))
    for run in runs(cover.words_b, cover.cover_b):
        span = (run[0].start, run[-1].end)
        evidence.append(Evidence("addition", f"addition:{length(run)}", nowhere(a), span, "-", b.text[slice(*span)]))
    return evidence
