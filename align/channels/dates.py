"""Months and days of the week, by their names in any language of the Unicode CLDR (Babel)."""

from __future__ import annotations

from functools import cache

from ..corpus import Evidence
from ..worddiff import UNSPACED
from .cues import nowhere
from .numbers import KIND, digits
from .reading import Reading, Word, fold, stem

VERSION = "2"
LANGUAGES: frozenset[str] = frozenset()
# May and March are also verbs: in English they need a date beside them, or one of these before them.
AMBIGUOUS = frozenset({"may", "march", "mars", "mar"})
BEFORE = frozenset(["in", "of", "since", "until", "till", "by", "last", "next", "this", "early", "late", "mid", "from", "en", "de", "du", "début", "fin"])
BEFORE |= {"в", "во", "на", "со", "с", "до", "по", "к", "ко"}
# Also the Russian word for surroundings.
WEDNESDAY = "сред"


@cache
def calendar(language: str) -> tuple[dict[str, str], dict[str, str]]:
    """Full names by folded form and by stem, abbreviations by folded form: to `month 5` or `day 0`."""
    from babel import Locale, UnknownLocaleError

    try:
        locale = Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return {}, {}
    full: dict[str, str] = {}
    short: dict[str, str] = {}
    for label, source in (("month", locale.months), ("day", locale.days)):
        for context in ("format", "stand-alone"):
            for number, name in source[context]["wide"].items():
                key = f"{label} {number}"
                full[fold(name)] = key
                root = stem(fold(name), language)
                if len(root) > 3:
                    full.setdefault(root, key)
            for number, name in source[context]["abbreviated"].items():
                short[fold(name).rstrip(".")] = f"{label} {number}"
    return full, short


def named_dates(reading: Reading) -> dict[str, Word]:
    """What month or day is named, with the first word that does so."""
    full, short = calendar(reading.language)
    if reading.language in UNSPACED:
        return _unspaced(reading, {**short, **full})
    found: dict[str, Word] = {}
    for index, word in enumerate(reading.words):
        if not word.is_word:
            continue
        beside = [other for other in reading.words[max(0, index - 1) : index + 2] if other.low[0].isdigit()]
        key = full.get(word.low) or (full.get(word.stem) if word.content else None)
        if key and word.stem == WEDNESDAY and not (index and reading.words[index - 1].low in BEFORE):
            key = None
        if key and word.low in AMBIGUOUS and not (word.capital and (beside or (index and reading.words[index - 1].low in BEFORE))):
            key = None
        if key is None and beside and key is None and (reading.language != "en" or word.capital):
            key = short.get(word.low)
        if key:
            found.setdefault(key, word)
    return found


def _unspaced(reading: Reading, names: dict[str, str]) -> dict[str, Word]:
    """Where signs were read one by one a name is several of them: it is looked for in the text, the longest first."""
    places = [(reading.text.find(name), -len(name), key) for name, key in names.items() if len(name) > 1]
    found: dict[str, Word] = {}
    last = 0
    for place, size, key in sorted(places):
        # `17月` does not name July, nor `十二月` February.
        if place >= last and not reading.text[max(0, place - 1) : place].isdigit():
            last = place - size
            name = reading.text[place:last]
            found.setdefault(key, Word(name, name, name, place, last, True))
    return found


def _numerals(reading: Reading) -> set[str]:
    """Months that a numeric date may name."""
    numerals = [digits(word.low) for word in reading.words if word.low[0].isdigit() and sum(sign in "./" for sign in word.low) == 2]
    return {f"month {int(value)}" for values in numerals for value in values if 1 <= value <= 12}


def find(a: Reading, b: Reading) -> list[Evidence]:
    found_a, found_b = named_dates(a), named_dates(b)
    evidence = []
    for label in ("month", "day"):
        only_a = [word for key, word in found_a.items() if key.startswith(label) and key not in found_b and key not in _numerals(b)]
        only_b = [word for key, word in found_b.items() if key.startswith(label) and key not in found_a and key not in _numerals(a)]
        for one, other in zip(only_a, only_b, strict=False):
            evidence.append(Evidence(KIND, "dates", (one.start, one.end), (other.start, other.end), one.text, other.text))
        paired = min(len(only_a), len(only_b))
        evidence += [Evidence(KIND, "dates:missing", (one.start, one.end), nowhere(b), one.text, "-") for one in only_a[paired:]]
        evidence += [Evidence(KIND, "dates:missing", nowhere(a), (one.start, one.end), "-", one.text) for one in only_b[paired:]]
    return evidence
