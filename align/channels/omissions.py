"""Omission and addition: runs of content words that nothing on the other side covers.

A hint rather than a rule: it rests on stems and word vectors (`align.coverage`), which miss free wording. The channel
name carries the length of the run: word, phrase (two or three), clause (four and more).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..corpus import Evidence
from ..typical import ENCODER, typical
from ..worddiff import UNSPACED
from .cues import nowhere
from .reading import Reading, Word

if TYPE_CHECKING:
    from ..coverage import Cover

VERSION = "1"
LANGUAGES: frozenset[str] = frozenset()
# Covered less than this, a word is missing.
MISSING = 0.35
HALF = 0.25
PHRASE, CLAUSE = 2, 4


def runs(words: Sequence[Word], cover: Sequence[float], missing: float = MISSING) -> list[list[Word]]:
    """Neighbouring content words that are not covered; one half covered word between two does not part them."""
    found: list[list[Word]] = []
    current: list[Word] = []
    bridge: list[Word] = []
    for word, value in zip(words, cover, strict=True):
        if value < missing:
            current += [*bridge, word]
            bridge = []
        elif current and not bridge and value < missing + HALF:
            bridge = [word]
        else:
            if current:
                found.append(current)
            current, bridge = [], []
    return [*found, current] if current else found


def length(run: Sequence[Word], language: str) -> str:
    """Where words are not set apart by blanks each sign was read as one; a word has about two."""
    words = len(run) / 2 if language in UNSPACED else len(run)
    return "clause" if words >= CLAUSE else "phrase" if words >= PHRASE else "word"


def find(a: Reading, b: Reading, cover: Cover, encoder: str = ENCODER) -> list[Evidence]:
    """`encoder` says whose vectors the cover rests on (`use`, `e5`)."""
    evidence = []
    usual = typical(a.language, b.language, encoder)
    for run in runs(cover.words_a, cover.cover_a, usual.missing_a if usual else MISSING):
        span = (run[0].start, run[-1].end)
        evidence.append(Evidence("omission", f"omission:{length(run, a.language)}", span, nowhere(b), a.text[slice(*span)], "-"))
    for run in runs(cover.words_b, cover.cover_b, usual.missing_b if usual else MISSING):
        span = (run[0].start, run[-1].end)
        evidence.append(Evidence("addition", f"addition:{length(run, b.language)}", nowhere(a), span, "-", b.text[slice(*span)]))
    return evidence
