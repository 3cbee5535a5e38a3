"""Cue words by language (`data/cues.json`): closed lists that the channels for negation, stance, voice and speech read."""

from __future__ import annotations

from functools import cache

from .reading import Reading, Word, table


@cache
def cues(language: str, name: str) -> frozenset[str]:
    return frozenset(table("cues.json").get(language, {}).get(name, "").split())


def matches(reading: Reading, name: str) -> list[Word]:
    """The words of a text that are in the list, in order; a two-word cue (`have-to`) gives its first word."""
    listed = cues(reading.language, name)
    pairs = {cue for cue in listed if "-" in cue}
    found = []
    for index, word in enumerate(reading.words):
        following = reading.words[index + 1].low if index + 1 < len(reading.words) else ""
        elided = word.low.split("'", 1)[0] if "'" in word.low else word.low
        if word.low == "may" and index and word.text[0].isupper():
            continue  # the month
        if word.low in listed or (elided in listed and reading.language == "fr") or (pairs and f"{word.low}-{following}" in pairs):
            found.append(word)
    return found


def nowhere(reading: Reading) -> tuple[int, int]:
    """The empty span at the end of a text: what the other side has stands nowhere in it."""
    return len(reading.text), len(reading.text)
