"""A text as the channels read it: words with their offsets, stems and roles. Made once for each text, then shared.

The word lists behind it (`data/function_words.json`) are closed classes: articles, pronouns, prepositions, auxiliaries.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module
from importlib.resources import files
from typing import Any

from ..worddiff import primary, tokens

STEMMERS = {"en": "english", "ru": "russian", "de": "german", "fr": "french", "es": "spanish", "pt": "portuguese", "it": "italian", "nl": "dutch"}
STEMMERS |= {"ar": "arabic", "tr": "turkish", "hu": "hungarian", "fi": "finnish", "sv": "swedish", "da": "danish", "no": "norwegian", "ro": "romanian"}
ELISIONS = frozenset(["c", "d", "j", "l", "m", "n", "s", "t", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu", "dell", "all", "dall", "nell", "sull", "un"])
SIX = frozenset({"en", "ru", "de", "fr", "es", "pt"})
# Beyond this many words a text is read no further: the channels compare words with words.
LONGEST = 1_500


@dataclass(frozen=True, slots=True)
class Word:
    """One word or sign: `text == reading.text[start:end]`, `low` without case and marks of typography, `stem` for matching."""

    text: str
    low: str
    stem: str
    start: int
    end: int
    content: bool

    @property
    def is_word(self) -> bool:
        return self.low[0].isalpha()

    @property
    def capital(self) -> bool:
        return self.text[0].isupper()


@dataclass(frozen=True, slots=True)
class Reading:
    """A text and its words; `cut` says that the text is longer than what was read."""

    text: str
    language: str
    words: tuple[Word, ...]
    cut: bool = False

    @property
    def content(self) -> list[Word]:
        return [word for word in self.words if word.content]


@cache
def table(name: str) -> Any:
    """A JSON table that ships with the package."""
    return json.loads(files("align").joinpath("data", name).read_text(encoding="utf-8"))


@cache
def function_words(language: str) -> frozenset[str]:
    """The closed-class words of a language; empty for one that has no list."""
    return frozenset(table("function_words.json").get(language, "").split())


@cache
def stemmer(language: str) -> Any:
    """A Snowball stemmer (Porter 2001), or None where there is none."""
    if language not in STEMMERS:
        return None
    return import_module("Stemmer").Stemmer(STEMMERS[language], 0)


def fold(word: str) -> str:
    """Lower case, straight apostrophe, no soft hyphen, no stress mark on a Cyrillic vowel, е for ё."""
    word = word.replace("’", "'").replace("ʼ", "'").replace("\u00ad", "")
    if not word.isascii():
        word = unicodedata.normalize("NFC", word).replace("\u0301", "").replace("ё", "е").replace("Ё", "Е")
    return word.lower() or word


def bare(low: str, language: str) -> str:
    """A folded word without what its apostrophe ties to it: `l'homme` gives `homme`, `president's` gives `president`."""
    if "'" not in low:
        return low
    if language in {"fr", "it", "ca"}:
        head, _, tail = low.partition("'")
        return tail if tail and head in ELISIONS else low
    return low.removesuffix("'s") or low


@lru_cache(maxsize=65_536)
def stem(low: str, language: str) -> str:
    """What is left of a folded word when its ending is taken off (English 's too)."""
    low = bare(low, language)
    tool = stemmer(language)
    return str(tool.stemWord(low)) if tool else low


@lru_cache(maxsize=8_192)
def read(text: str, language: str) -> Reading:
    """Read a text in a language (BCP 47)."""
    language = primary(language)
    closed = function_words(language)
    spans = tokens(text, language)
    words = []
    for start, end in spans[:LONGEST]:
        surface = text[start:end]
        low = fold(surface)
        is_word = low[0].isalpha()
        core = bare(low, language)
        content = low[0].isdigit() or (is_word and low not in closed and core not in closed and (len(core) > 1 or not core.isascii()))
        words.append(Word(surface, low, stem(low, language) if is_word else low, start, end, content))
    return Reading(text, language, tuple(words), cut=len(spans) > LONGEST)
