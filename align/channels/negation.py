"""Negation: a negation on one side that the other side does not say in any way.

Words that deny softly (without, refuse, hardly) answer for a negation on the other side but raise no alarm alone;
`not only` denies nothing. French `ne ... pas` and concord (`никто не`, `no ... nada`) count once a clause.
"""

from __future__ import annotations

from ..corpus import Evidence
from .cues import cues, matches, nowhere
from .reading import SIX, Reading, Word

VERSION = "2"
LANGUAGES = SIX
CONCORD = frozenset({"ru", "fr", "es", "pt"})
CLAUSE = 6


def negations(reading: Reading) -> list[Word]:
    """The words that negate, one a clause in languages with concord, without those before `only`."""
    found = matches(reading, "negation")
    softened = cues(reading.language, "negation_not")
    places = {word.start: index for index, word in enumerate(reading.words)}
    kept: list[Word] = []
    for word in found:
        index = places[word.start]
        following = [other.low.split("'")[0] for other in reading.words[index + 1 : index + (4 if reading.language == "fr" else 2)]]
        if softened & set(following) or (word.end < len(reading.text) and reading.text[word.end] == "-"):
            continue  # `não-militar` is a word, not a denied sentence
        if kept and reading.language in CONCORD and index - places[kept[-1].start] <= CLAUSE:
            between = reading.words[places[kept[-1].start] : index]
            if not any(sign.low in ".;:!?" for sign in between):
                continue
        kept.append(word)
    # "No," as an answer, or before a number ("No. 5"), is none.
    return [word for word in kept if not (word.text == "No" and word.end < len(reading.text) and reading.text[word.end] in ".,")]


def softly(reading: Reading, other: Reading) -> bool:
    """Does the text deny in a way of its own: by a word that denies softly, or one with a prefix that negates?"""
    known = {word.stem for word in other.words}
    if any(word.stem not in known for word in matches(reading, "negation_soft")):
        return True
    prefixes = PREFIXES.get(reading.language, ())
    return bool(prefixes) and any(word.content and len(word.low) > 6 and word.low.startswith(prefixes) and word.stem not in known for word in reading.words)


PREFIXES = {"en": ("un", "non", "dis", "ir", "il"), "ru": ("не", "без", "бес"), "de": ("un", "nicht")}


def find(a: Reading, b: Reading) -> list[Evidence]:
    strong_a, strong_b = negations(a), negations(b)
    if strong_a and not strong_b:
        return _evidence(a, b, strong_a[0], None, "negation" if not softly(b, a) else "negation:soft")
    if strong_b and not strong_a:
        return _evidence(a, b, None, strong_b[0], "negation" if not softly(a, b) else "negation:soft")
    if len(strong_a) != len(strong_b):
        spare = strong_a[-1] if len(strong_a) > len(strong_b) else None
        return _evidence(a, b, spare, None if spare else strong_b[-1], "negation:count")
    return []


def _evidence(a: Reading, b: Reading, one: Word | None, other: Word | None, channel: str) -> list[Evidence]:
    span_a = (one.start, one.end) if one else nowhere(a)
    span_b = (other.start, other.end) if other else nowhere(b)
    return [Evidence("negation", channel, span_a, span_b, one.text if one else "-", other.text if other else "-")]
