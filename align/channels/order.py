"""Order: the same words in another order, which turns around what is said first, or who does what to whom."""

from __future__ import annotations

from ..corpus import Evidence
from .reading import Reading

VERSION = "1"
LANGUAGES: frozenset[str] = frozenset()
FEWEST, SHARE = 4, 0.4


def find(a: Reading, b: Reading) -> list[Evidence]:
    """Content words that occur once on each side: evidence when two in five pairs of them stand the other way round."""
    places_a, places_b = _once(a), _once(b)
    shared = [stem for stem in places_a if stem in places_b]
    if len(shared) < FEWEST or len(shared) > 200:
        return []
    row = [places_b[stem] for stem in shared]
    turned = sum(row[left] > row[right] for left in range(len(row)) for right in range(left + 1, len(row)))
    if turned < SHARE * len(row) * (len(row) - 1) / 2:
        return []
    words_a, words_b = a.words, b.words
    span_a = (words_a[min(places_a[stem] for stem in shared)].start, words_a[max(places_a[stem] for stem in shared)].end)
    span_b = (words_b[min(row)].start, words_b[max(row)].end)
    return [Evidence("order", "order", span_a, span_b, a.text[slice(*span_a)], b.text[slice(*span_b)])]


def _once(reading: Reading) -> dict[str, int]:
    found: dict[str, int] = {}
    twice = set()
    for index, word in enumerate(reading.words):
        if word.content:
            if word.stem in found:
                twice.add(word.stem)
            found[word.stem] = index
    return {stem: place for stem, place in found.items() if stem not in twice}
