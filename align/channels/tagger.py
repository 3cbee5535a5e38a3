"""Which words are verbs, in which form, and which are nouns, adjectives and adverbs: an averaged perceptron (Collins 2002), one a language.

A reading in, a tag a word out. Its weights are text (`data/tags_*.json`, learnt from Universal Dependencies by
`benchmarks/divergence/tagger.py`); greedy from left to right, so it is fast, deterministic, and wrong in about one word of twelve:
what rests on it counts words or points, and never decides alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from .reading import SIX, Reading, read, table

VERSION = "1"
LANGUAGES = SIX
START, END = "<", ">"


@dataclass(frozen=True, slots=True)
class Weights:
    """`fixed`: words that always bore one tag; `rows`: feature to tag to weight."""

    fixed: dict[str, str]
    rows: dict[str, dict[str, int]]


@cache
def weights(language: str) -> Weights:
    """The weights of a language, read when it is first met."""
    found = table(f"tags_{language}.json")
    fixed = {word: tag for tag, words in found["fixed"].items() for word in words.split()}
    rows: dict[str, dict[str, int]] = {}
    for tag, groups in found["weights"].items():
        for value, names in groups.items():
            for name in names.split():
                rows.setdefault(name, {})[tag] = int(value)
    return Weights(fixed, rows)


def features(low: str, before: str, after: str, previous: str, two: str, *, capital: bool) -> tuple[str, ...]:
    """What the tagger sees of a word: itself, its endings, its neighbours, the two tags before it. No blanks inside."""
    return (
        f"w{low}",
        f"3{low[-3:]}",
        f"2{low[-2:]}",
        f"4{low[-4:]}",
        f"b{before}",
        f"a{after}",
        f"e{after[-2:]}",
        f"t{previous}",
        f"u{two}|{previous}",
        f"p{previous}|{low[-3:]}",
        f"c{capital:d}{before in SIGNS:d}",
    )


SIGNS = frozenset({START, ".", "!", "?", ":", '"', "“", "«", "„", "—", "–", "-"})


def guess(names: Sequence[str], rows: dict[str, dict[str, int]]) -> str:
    """The tag with the greatest sum; of equals the first in the alphabet."""
    sums: defaultdict[str, int] = defaultdict(int)
    for name in names:
        row = rows.get(name)
        if row:
            for tag, weight in row.items():
                sums[tag] += weight
    best, most = "N", None
    for tag, total in sums.items():
        if most is None or total > most or (total == most and tag < best):
            best, most = tag, total
    return best


def plain(reading: Reading) -> list[str]:
    """The words as the tagger meets them: every number is a 0."""
    return ["0" if word.low[0].isnumeric() else word.low for word in reading.words]


def tags(reading: Reading) -> tuple[str, ...]:
    """A tag for each word and sign of a text: N noun, P name, J adjective, R adverb, V.* verb, A.* auxiliary, X anything else.

    What follows the dot is the form: past, pres, fut, cond, inf, part, ger, fin. Empty for a language without weights.
    """
    return _tags(reading.text, reading.language) if reading.language in LANGUAGES else ()


@lru_cache(maxsize=4_096)
def _tags(text: str, language: str) -> tuple[str, ...]:
    reading = read(text, language)
    known = weights(language)
    lows = plain(reading)
    found: list[str] = []
    previous = two = START
    for index, word in enumerate(reading.words):
        low = lows[index]
        tag = known.fixed.get(low) if low[0].isalpha() else "X"
        if tag is None:
            before = lows[index - 1] if index else START
            after = lows[index + 1] if index + 1 < len(lows) else END
            tag = guess(features(low, before, after, previous, two, capital=word.capital), known.rows)
        found.append(tag)
        two, previous = previous, tag
    return tuple(found)


def is_name(reading: Reading, index: int) -> bool:
    """Does the tagger take a word for a name, and know it as nothing else? (`Yesterday` at the start of a sentence it knows.)"""
    found = tags(reading)
    if not found or found[index] != "P":
        return False
    known, low = weights(reading.language), reading.words[index].low
    word = known.rows.get(f"w{low}", {})
    return known.fixed.get(low, "P") == "P" and not any(tag != "P" and weight > 0 for tag, weight in word.items())


def is_common(reading: Reading, index: int) -> bool:
    """Does the tagger know a word as a noun or an adjective, whatever its capital says? (`Office`, `Служба`)"""
    if reading.language not in LANGUAGES:
        return False
    known, low = weights(reading.language), reading.words[index].low
    word = known.rows.get(f"w{low}", {})
    return known.fixed.get(low, "P")[0] in "NJ" or any(tag[0] in "NJ" and weight > 0 for tag, weight in word.items())


@dataclass(frozen=True, slots=True)
class Profile:
    """How many words of a text are verbs, nouns (with names), modifiers (adjectives and adverbs), and how many verbs tell which time."""

    verbs: int
    nouns: int
    modifiers: int
    past: int
    present: int
    future: int


# A present auxiliary that makes a past with the participle after it; with `be` it may also make a passive, so that tells no time.
HAVE = frozenset(["has", "have", "'ve", "haven't", "hasn't", "habe", "hast", "hat", "haben", "habt", "ai", "as", "a", "avons", "avez", "ont"])
HAVE |= {"he", "ha", "hemos", "han", "tem", "têm", "temos", "tenho", "há"}
BE = frozenset(["bin", "bist", "ist", "sind", "seid", "suis", "es", "est", "sommes", "êtes", "sont"])
WILL = frozenset(["will", "shall", "won't", "'ll", "werde", "wird", "werden", "буду", "будет", "будут", "будем", "будете"])
WITHIN = {"de": 12}


def times(reading: Reading) -> tuple[str, ...]:
    """The time that each word tells: past, pres, fut, or "" for most. A perfect is a past; German `wird` is a future where an infinitive follows."""
    found = tags(reading)
    told = []
    for index, (word, tag) in enumerate(zip(reading.words, found, strict=False)):
        head = word.low.rpartition("'")[2] if reading.language == "fr" else word.low
        following = found[index + 1 : index + 1 + WITHIN.get(reading.language, 4)] if head in HAVE or head in BE or head in WILL else ()
        time = {"past": "past", "pres": "pres", "fut": "fut"}.get(tag.partition(".")[2], "")
        if head in WILL and tag[0] == "A":
            time = "fut" if reading.language != "de" or any(other.endswith(".inf") for other in following) else "pres"
        elif (head in HAVE or head in BE) and tag[0] == "A" and any(other in PARTICIPLES for other in following):
            time = "past" if head in HAVE else ""
        told.append(time)
    return tuple(told)


PARTICIPLES = frozenset({"V.part", "A.part"})


def profile(reading: Reading) -> Profile | None:
    """None for a language without weights."""
    return _profile(reading.text, reading.language) if reading.language in LANGUAGES else None


@lru_cache(maxsize=4_096)
def _profile(text: str, language: str) -> Profile:
    reading = read(text, language)
    classes = [tag[0] for tag in tags(reading)]
    told = times(reading)
    nouns = classes.count("N") + classes.count("P")
    return Profile(classes.count("V"), nouns, classes.count("J") + classes.count("R"), told.count("past"), told.count("pres"), told.count("fut"))
