"""Parts of a sentence: what is said without who says it, and its clauses.

In: a segment with its `Utterance`. Out: offsets within the segment's text. Called by `renditions`, which compares
contents and cuts the members of a unit down to the clauses that the others render.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..corpus import Segment
from .lexical import words
from .speech import BEFORE_NAME, Utterance, label_of

THAT = r"(?:that|как|что|dass|daß|que|che)"
AFTER_VERB = re.compile(rf"[^,.;:“\"«]{{0,60}}?(?<!\w){THAT}(?!\w)[,\s]+|\s*[,:]\s*(?=[“\"«„])")
CUT = re.compile(  # a stop before a small letter is that of an abbreviation ("U.S. officials")
    r"\s*[;:—–]+\s*|,\s+|\s+-\s+|(?<=[.!?…])[”\"»]?\s+(?![a-zа-яё])"
    r"|\s+(?=(?i:and|but|because|while|which|although|и|но|а|und|aber|et|mais|y|pero|e|mas|ma)\s)"
)
LEAST_CONTENT = 12  # letters
LEAST_CLAUSE = 4  # words


def content(segment: Segment, utterance: Utterance, verbs: re.Pattern[str]) -> tuple[int, int]:
    """Start and end of what is said: the turn's label, "he said that" and ", he said" are left out; all of it where in doubt."""
    text = segment.text
    label = label_of(text)
    begin, end = (text.index(":") + 1 if label else 0), len(text)
    quotes = [(max(a - segment.start, begin), b - segment.start) for a, b in utterance.quotes if b - segment.start > begin]
    if quotes:
        longest = max(quotes, key=lambda quote: (quote[1] - quote[0], -quote[0]))
        if _letters(text[slice(*longest)]) >= max(LEAST_CONTENT, 0.4 * _letters(text[begin:end])):
            return longest
    for match in verbs.finditer(text, begin):
        if any(a <= match.start() < b for a, b in quotes):
            continue
        rest = text[match.end() :]
        if match.group().casefold() in BEFORE_NAME:
            comma = rest.find(",")
            if match.start() - begin < 5 and 0 <= comma < 80 and _letters(rest[comma:]) > LEAST_CONTENT:
                return match.end() + comma + 1, end
        follows = AFTER_VERB.match(rest)
        if follows and _letters(rest[follows.end() :]) > LEAST_CONTENT:
            return match.end() + follows.end(), end
        before = text[begin : match.start()]
        mark = max(before.rfind(sign) for sign in ',"”»')
        if _letters(rest) < 45 and mark >= 0 and len(before) - mark < 60 and _letters(before[:mark]) > max(LEAST_CONTENT, 0.4 * _letters(text)):
            return begin, begin + mark
    return begin, end


def parts(segment: Segment, utterance: Utterance, verbs: re.Pattern[str]) -> tuple[str, ...]:
    """The whole sentence first, then its clauses, what is said in it and its quotations, once each."""
    text = segment.text
    spans = [trimmed(text, *span) for span in clauses(text, 0, len(text))]
    spans += [trimmed(text, *content(segment, utterance, verbs))]
    spans += [(max(begin - segment.start, 0), end - segment.start) for begin, end in utterance.quotes]
    return tuple(dict.fromkeys([text, *(text[begin:end] for begin, end in spans if end - begin >= LEAST_CONTENT)]))


def clauses(text: str, begin: int, end: int) -> list[tuple[int, int]]:
    """Cut a stretch of text at its punctuation and conjunctions into clauses of some words each."""
    cuts = [*(begin + match.end() for match in CUT.finditer(text[begin:end])), end]
    parts: list[tuple[int, int]] = []
    start = begin
    for cut in cuts:
        if len(words(text[start:cut])) >= LEAST_CLAUSE:
            parts.append((start, cut))
            start = cut
    if start < end:
        if parts:
            parts[-1] = (parts[-1][0], end)
        else:
            parts.append((start, end))
    return parts


def best_run(values: Sequence[float]) -> tuple[int, int]:
    """First and last of the neighbouring values with the greatest sum; the longest and first of equals."""
    best, chosen = float("-inf"), (0, 0)
    for first in range(len(values)):
        total = 0.0
        for last in range(first, len(values)):
            total = round(total + values[last], 9)
            if total > best or (total == best and last - first > chosen[1] - chosen[0]):
                best, chosen = total, (first, last)
    return chosen


def trimmed(text: str, begin: int, end: int) -> tuple[int, int]:
    """Without blanks and stray separators at the ends."""
    while begin < end and text[begin] in " \t\n\r\u00a0,;:—–-":
        begin += 1
    while end > begin and text[end - 1] in " \t\n\r\u00a0,;:—–-":
        end -= 1
    return begin, end


def _letters(text: str) -> int:
    return sum(character.isalnum() for character in text)
