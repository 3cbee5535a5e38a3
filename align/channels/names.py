"""Names: a proper noun on one side that the other side does not have, in whatever script or form.

A name is matched by stem, by its letters after romanisation, by initials (UN, United Nations), and across languages by
the exonyms of countries, languages and cities (Unicode CLDR through Babel) and a short table of our own
(`data/exonyms.json`). Two names left over, one a side, are strong evidence; one alone is weak: names become pronouns.
In German, which writes every noun with a capital, the tagger says which are names.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from rapidfuzz.distance import JaroWinkler

from ..corpus import Evidence
from .cues import nowhere
from .dates import calendar
from .reading import Reading, Word, bare, fold, stem, table
from .tagger import is_name

if TYPE_CHECKING:
    from ..coverage import Cover

VERSION = "5"
LANGUAGES = frozenset({"en", "ru", "de", "fr", "es", "pt", "it", "nl", "pl", "cs", "uk", "bg", "sv", "da", "tr", "ro", "hu", "fi"})
KIND = "named-entity/attribution"
CYRILLIC_SCRIPT = frozenset({"ru", "uk", "bg"})
LIKENESS = 0.86
# Cover (see `align.coverage`) from which a name counts as translated; two cities of one language reach
# about .55. Across languages a translated common noun (Navy, ВМФ) is as far.
RENDERED, RENDERED_ACROSS = 0.75, 0.5
ROMAN = re.compile("[IVX]{2,}")
SENTENCE_START = frozenset(".?!:;\"“”«»„‘'’([-–—•…")
TITLES = frozenset(
    [
        *("mr", "mrs", "ms", "dr", "sir", "president", "minister", "prime", "secretary", "state", "foreign", "general"),
        *("question", "answer", "king", "queen", "street", "st", "saint"),
    ]
)


@cache
def exonyms(language: str) -> dict[str, str]:
    """Folded names of countries, languages and cities in a language to a key that does not depend on it."""
    from babel import Locale, UnknownLocaleError

    found: dict[str, str] = {}
    try:
        locale = Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        locale = None
    if locale is not None:
        for code, name in locale.territories.items():
            if len(code) == 2:
                _enter(found, name, language, f"place {code}")
        for code, name in locale.languages.items():
            if code.isalpha() and len(code) <= 3:
                _enter(found, name, language, f"language {code}")
        for zone, names in locale.time_zones.items():
            if "city" in names:
                _enter(found, names["city"], language, f"city {zone}")
    for number, line in enumerate(table("exonyms.json")):
        for form in line.split():
            found[stem(fold(form), language)] = found[fold(form)] = f"group {number}"
    return found


def _enter(found: dict[str, str], name: str, language: str, key: str) -> None:
    """Single words only: of a longer name no word stands for the whole."""
    parts = fold(name).replace("-", " ").split()
    if len(parts) == 1 and len(parts[0]) > 3:
        found.setdefault(parts[0], key)
        found.setdefault(stem(parts[0], language), key)


@lru_cache(maxsize=65_536)
def skeleton(low: str) -> str:
    """Letters that survive a change of script: romanised, doubles and the usual spelling variants folded."""
    if not low.isascii():
        from anyascii import anyascii

        low = str(anyascii(low)).lower().replace("'", "")
    low = low.replace(".", "")
    for old, new in (
        ("dzh", "i"),
        ("x", "ks"),
        ("ck", "k"),
        ("ch", "h"),
        ("kh", "h"),
        ("tz", "ts"),
        ("sch", "sh"),
        ("ph", "f"),
        ("th", "t"),
        ("qu", "k"),
        ("c", "k"),
    ):
        low = low.replace(old, new)
    for old, new in (("w", "v"), ("y", "i"), ("j", "i"), ("gh", "g"), ("ii", "i"), ("z", "s"), ("ou", "u"), ("oo", "u"), ("ee", "i")):
        low = low.replace(old, new)
    return "".join(sign for index, sign in enumerate(low) if index == 0 or sign != low[index - 1])


@lru_cache(maxsize=65_536)
def consonants(letters: str) -> str:
    """A skeleton without its vowels, but for the first letter: what Trump and Трамп share."""
    return letters[:1] + "".join(sign for sign in letters[1:] if sign not in "aeiou")


def _transliterated(own: str, other: str) -> bool:
    """The same consonants, a case ending aside."""
    one, two = consonants(own), consonants(other)
    return min(len(one), len(two)) >= 3 and abs(len(one) - len(two)) <= 1 and (one.startswith(two) or two.startswith(one))


# How Russian writes the sounds of other languages, and how those write their own: both sides come to the same rough sounds.
CYRILLIC: tuple[tuple[str, str], ...] = (
    ("дж", "j"),
    ("кс", "x"),
    ("кв", "k"),
    ("уо", "vo"),
    ("уэ", "ve"),
    ("уи", "vi"),
    ("уа", "va"),
    ("тц", "z"),
    ("ц", "z"),
    ("щ", "ш"),
    ("ж", "j"),
)
CYRILLIC += (("ч", "c"), ("ш", "s"), ("з", "s"), ("х", "h"), ("г", "g"), ("ю", "у"), ("я", "а"), ("й", "и"))
LATIN: tuple[tuple[str, str], ...] = (
    ("sch", "sh"),
    ("tsch", "ch"),
    ("tch", "ch"),
    ("ch", "C"),
    ("sh", "s"),
    ("ph", "f"),
    ("th", "t"),
    ("gh", "g"),
    ("ck", "k"),
    ("qu", "k"),
    ("x", "x"),
)
LATIN += (("ce", "se"), ("ci", "si"), ("cy", "si"), ("ge", "je"), ("gi", "ji"), ("c", "k"), ("w", "v"), ("z", "s"), ("C", "c"))


@lru_cache(maxsize=65_536)
def sounds(low: str) -> str:
    """A name as rough sounds: consonants as one writes them in either script, each run of vowels an `a`, no ending, no doubles, no h inside."""
    if any("а" <= sign <= "я" for sign in low):
        for old, new in CYRILLIC:
            low = low.replace(old, new)
        from anyascii import anyascii

        low = str(anyascii(low)).lower().replace("'", "")
        low = low[:-2] if len(low) > 5 and low.endswith(("om", "em", "oi", "ei", "ov")) else low
    else:
        for old, new in LATIN:
            low = low.replace(old, new)
    low = low[:1] + low[1:].replace("h", "")
    found = ""
    for sign in low:
        sign = "a" if sign in "aeiouyáéíóúäöüàèâêîôûãõ" else sign
        if not found.endswith(sign):
            found += sign
    return found.rstrip("a") if len(found) > 2 else found


def _sounds_alike(own: str, other: str) -> bool:
    """Utah, Юта; Wallace, Уоллеса; Geoff, Джефф: the same rough sounds, a soft or hard g or c aside."""
    one, two = sounds(own), sounds(other)
    if len(one) < 2 or len(two) < 2:
        return False
    if one == two:
        return True
    soft = str.maketrans({"j": "g", "c": "k", "x": "k"})
    return len(one) > 3 and one.translate(soft) == two.translate(soft)


def proper(reading: Reading) -> list[Word]:
    """Words with a capital inside a sentence, those that the tagger takes for names at its start, and abbreviations.

    A text all in capitals, or in title case, has none. German writes every noun with a capital: there only what the tagger takes
    for a name, and no dictionary word of the kind that an ending betrays.
    """
    words = [word for word in reading.words if word.is_word]
    capitals = sum(word.capital for word in words)
    if len(words) > 3 and capitals > 0.75 * len(words):
        return []
    full, _ = calendar(reading.language)
    found = []
    for index, word in enumerate(reading.words):
        if not (word.is_word and word.capital and word.content) or word.low in TITLES or word.low in full or word.stem in full:
            continue
        starts = index == 0 or reading.words[index - 1].low in SENTENCE_START
        unsure = (starts or reading.language == "de") and not (len(word.text) > 1 and word.text.isupper())
        if unsure and (not is_name(reading, index) or (reading.language == "de" and word.low.endswith(GERMAN_NOUNS))):
            continue
        if len(word.low) > 1:
            found.append(word)
    return found


GERMAN_NOUNS = ("ung", "ungen", "heit", "keit", "keiten", "schaft", "tion", "tionen", "tät", "ismus", "nis", "chen", "lein")


def find(a: Reading, b: Reading) -> list[Evidence]:
    only_a, only_b = _without(a, b), _without(b, a)
    evidence = []
    # Two different countries, languages or cities, each known by name: whatever their vectors say, neither renders the other.
    for one in list(only_a):
        key = _key(one, a.language)
        # (`check` calls them names like any other, once it has looked which names are rendered after all.)
        other = next((word for word in only_b if key and (found := _key(word, b.language)) and found.split()[0] == key.split()[0]), None)
        if other is not None:
            only_a.remove(one)
            only_b.remove(other)
            evidence.append(Evidence(KIND, "names:place", (one.start, one.end), (other.start, other.end), one.text, other.text))
    for one, other in zip(only_a, only_b, strict=False):
        evidence.append(Evidence(KIND, "names", (one.start, one.end), (other.start, other.end), one.text, other.text))
    paired = min(len(only_a), len(only_b))
    evidence += [Evidence(KIND, "names:missing", (one.start, one.end), nowhere(b), one.text, "-") for one in only_a[paired:]]
    evidence += [Evidence(KIND, "names:missing", nowhere(a), (one.start, one.end), "-", one.text) for one in only_b[paired:]]
    return evidence


def rendered(item: Evidence, cover: Cover, *, across: bool) -> bool:
    """Does either side of a finding stand on the other side after all, in a word of the same meaning (vectors as close as translations)?"""
    if item.channel == "names:place":
        return False
    least = RENDERED_ACROSS if across else RENDERED
    return (item.value_a != "-" and cover.known(item.span_a[0], "a") >= least) or (item.value_b != "-" and cover.known(item.span_b[0], "b") >= least)


def _without(reading: Reading, other: Reading) -> list[Word]:
    """The names of a text that the other text has in no form."""
    names = proper(reading)
    if not names:
        return []
    across = reading.language != other.language
    words = [word for word in other.words if word.is_word]
    if not any(ROMAN.fullmatch(word.text) for word in words):
        names = [name for name in names if not ROMAN.fullmatch(name.text)]  # World War II, Second World War
    stems = {word.stem for word in words}
    keys = {key for word in words if (key := _key(word, other.language))}
    letters = [skeleton(bare(word.low, other.language)) for word in words]
    joined = "".join(letters)
    foreign = [word.low for word in words if word.capital] if {reading.language, other.language} & CYRILLIC_SCRIPT and across else []
    initials = "".join(word.low[0] for word in words if word.capital)
    return [name for name in names if not _answered(name, reading.language, stems, keys, letters, joined, initials, foreign, across=across)]


def _key(word: Word, language: str) -> str:
    known = exonyms(language)
    return known.get(bare(word.low, language)) or known.get(word.stem) or ""


def _answered(
    name: Word, language: str, stems: set[str], keys: set[str], letters: list[str], joined: str, initials: str, foreign: list[str], *, across: bool
) -> bool:
    if name.stem in stems:
        return True
    key = _key(name, language)
    if key and key in keys:
        return True
    own = skeleton(bare(name.low, language))
    if len(own) >= 4 and own in joined:
        return True
    if name.text.isupper() and name.low.replace(".", "") in initials:
        return True
    likeness = LIKENESS if len(own) > 4 else 0.92
    if any(JaroWinkler.normalized_similarity(own, letter, score_cutoff=likeness) for letter in letters):
        return True
    if any(_sounds_alike(bare(name.low, language), low) for low in foreign):
        return True
    return across and any(_transliterated(own, letter) for letter in letters)
