"""Modality, certainty and mood: may against will, must against can, a question against an assertion."""

from __future__ import annotations

from ..corpus import Evidence
from .cues import matches, nowhere
from .reading import SIX, Reading, Word
from .tagger import WILL

VERSION = "4"
LANGUAGES = SIX
KIND = "modality/strength"
CLASSES = ("possible", "necessary", "certain", "hope")
QUESTION = "?؟？"


def find(a: Reading, b: Reading) -> list[Evidence]:
    evidence = _question(a, b)
    found_a = {name: matches(a, name) for name in CLASSES}
    found_b = {name: matches(b, name) for name in CLASSES}
    only_a = [found_a[name][0] for name in CLASSES if found_a[name] and not found_b[name]]
    only_b = [found_b[name][0] for name in CLASSES if found_b[name] and not found_a[name]]
    for one, other in zip(only_a, only_b, strict=False):
        evidence.append(Evidence(KIND, "stance", (one.start, one.end), (other.start, other.end), one.text, other.text))
    paired = min(len(only_a), len(only_b))
    evidence += [Evidence(KIND, _missing(one), (one.start, one.end), nowhere(b), one.text, "-") for one in only_a[paired:]]
    evidence += [Evidence(KIND, _missing(one), nowhere(a), (one.start, one.end), "-", one.text) for one in only_b[paired:]]
    return evidence


def _missing(word: Word) -> str:
    """A future against no word at all says more of time than of certainty."""
    return "stance:future" if word.low in WILL else "stance:missing"


def _question(a: Reading, b: Reading) -> list[Evidence]:
    marks_a = [word for word in a.words if word.low in QUESTION]
    marks_b = [word for word in b.words if word.low in QUESTION]
    if bool(marks_a) == bool(marks_b):
        return []
    span_a = (marks_a[-1].start, marks_a[-1].end) if marks_a else nowhere(a)
    span_b = (marks_b[-1].start, marks_b[-1].end) if marks_b else nowhere(b)
    return [Evidence(KIND, "stance:question", span_a, span_b, "?" if marks_a else "-", "?" if marks_b else "-")]
