"""Direct or reported speech: one side speaks in the speaker's own voice, the other reports it."""

from __future__ import annotations

from ..corpus import Evidence
from .cues import matches, nowhere
from .reading import SIX, Reading

VERSION = "1"
LANGUAGES = SIX
KIND = "paraphrase-to-indirect"
QUOTES = frozenset('"“”«»„')


def inside_quotes(reading: Reading) -> float:
    """The share of a text between quotation marks; a mark without its partner reaches to the end of the text."""
    share, depth, since = 0, False, 0
    last_open = None
    for word in reading.words:
        if word.text in QUOTES:
            opens = word.text in "“«„" or (word.text == '"' and not depth)
            if opens and not depth:
                depth, since, last_open = True, word.end, word.start
            elif depth:
                share += word.start - since
                depth = False
            elif last_open is None:
                share += word.start
    if depth:
        share += len(reading.text) - since
    return share / max(1, len(reading.text))


def manner(reading: Reading) -> str:
    """`direct` (mostly quoted, or in the first person), `reported` (a verb of saying, hardly quoted), or ""."""
    quoted = inside_quotes(reading)
    reports = bool(matches(reading, "report"))
    if quoted > 0.6 or (matches(reading, "first") and not reports):
        return "direct"
    if reports and quoted < 0.4:
        return "reported"
    return ""


def find(a: Reading, b: Reading) -> list[Evidence]:
    pair = manner(a), manner(b)
    if set(pair) != {"direct", "reported"}:
        return []
    said_a = matches(a, "report") if pair[0] == "reported" else matches(a, "first")
    said_b = matches(b, "report") if pair[1] == "reported" else matches(b, "first")
    span_a = (said_a[0].start, said_a[0].end) if said_a else nowhere(a)
    span_b = (said_b[0].start, said_b[0].end) if said_b else nowhere(b)
    return [Evidence(KIND, "speech", span_a, span_b, pair[0], pair[1])]
