"""Exonyms: what a country, a language, a city or a well-known body is called in each language (Unicode CLDR through Babel, `data/exonyms.json`).

A word of a text in, a key out that does not depend on the language: `Germany`, `German`, `Berlin`, `Германия` are one.
"""

from __future__ import annotations

from functools import cache, lru_cache

from .reading import Reading, bare, fold, read, stem, table

# Words of the longest name that is looked up.
LONGEST = 3
Forms = dict[tuple[str, ...], str]


@cache
def exonyms(language: str) -> Forms:
    """Names of countries, languages and cities in a language, as folded words and as stems, to a key that does not depend on it."""
    found = _listed(language)
    english = _listed("en")
    for number, line in enumerate(table("exonyms.json")):
        forms = [_words(form) for form in line.split()]
        known = [english[form] for form in forms if form in english]
        key = next((key for key in known if key.startswith("place")), known[0] if known else f"group {number}")
        for form in forms:
            found[form] = found[tuple(stem(word, language) for word in form)] = key
    return found


def _words(name: str) -> tuple[str, ...]:
    return tuple(fold(name).replace("_", " ").replace("-", " ").split())


@cache
def _listed(language: str) -> Forms:
    """What the CLDR lists."""
    from babel import Locale, UnknownLocaleError

    found: Forms = {}
    try:
        locale = Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return found
    named = [(name, f"place {code}") for code, name in locale.territories.items() if len(code) == 2]
    named += [(name, f"language {code}") for code, name in locale.languages.items() if code.isalpha() and len(code) <= 3]
    named += [(names["city"], f"city {zone}") for zone, names in locale.time_zones.items() if "city" in names]
    for name, key in named:
        words = _words(name)
        if len(words) <= LONGEST and len(words[0]) > 3:
            found.setdefault(words, key)
            found.setdefault(tuple(stem(word, language) for word in words), key)
    return found


@lru_cache(maxsize=4_096)
def _keys(text: str, language: str) -> dict[int, str]:
    reading = read(text, language)
    known = exonyms(language)
    places = [index for index, word in enumerate(reading.words) if word.is_word]
    found: dict[int, str] = {}
    for length in range(LONGEST, 0, -1):
        for first in range(len(places) - length + 1):
            inside = places[first : first + length]
            between = reading.words[inside[0] : inside[-1] + 1]
            if any(place in found for place in inside) or any(not word.is_word and word.low != "-" for word in between):
                continue
            words = [reading.words[place] for place in inside]
            key = known.get(tuple(bare(word.low, language) for word in words)) or known.get(tuple(word.stem for word in words))
            if key:
                found |= dict.fromkeys(inside, key)
    return found


def keys_of(reading: Reading) -> dict[int, str]:
    """The key of each word that is, or belongs to, a name in the tables, by its place among the words of a text."""
    return _keys(reading.text, reading.language)


def key_of(reading: Reading, place: int) -> str:
    """The key of one word, or ""."""
    return keys_of(reading).get(place, "")
