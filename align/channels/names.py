"""Names: a proper noun on one side that the other side does not have, in whatever script or form.

Neighbouring capitals are one name, of which one word may stand for all (`Barack Obama`, `Obama`). A word is matched by stem, by its
letters after romanisation, by initials (UN, United Nations), and across languages by the exonyms of countries, languages and cities
(Unicode CLDR through Babel) and a short table of our own (`data/exonyms.json`). Two names left over that stand in the same place of
both texts are strong evidence; one alone is weak: names become pronouns.
In German, which writes every noun with a capital, the tagger says which are names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ..corpus import Evidence
from .cues import nowhere
from .dates import calendar
from .exonyms import key_of, keys_of
from .reading import Reading, Word, bare
from .sounds import alike, may_be_one, skeleton, sounds_alike, transliterated
from .tagger import is_common, is_name

if TYPE_CHECKING:
    from ..coverage import Cover

VERSION = "6"
LANGUAGES = frozenset({"en", "ru", "de", "fr", "es", "pt", "it", "nl", "pl", "cs", "uk", "bg", "sv", "da", "tr", "ro", "hu", "fi"})
KIND = "named-entity/attribution"
CYRILLIC_SCRIPT = frozenset({"ru", "uk", "bg"})
# Cover (see `align.coverage`) from which a name counts as translated; two cities of one language reach
# about .55. Across languages a translated common noun (Navy, ВМФ) is as far.
RENDERED, RENDERED_ACROSS = 0.75, 0.5
# Two names stand in the same place when a word so far away at most, and covered so far at least, has its partner there.
BESIDE, BESIDE_ACROSS, PARTNER = 3, 5, 0.6
ROMAN = re.compile("[IVX]{2,}")
ACRONYM = 6
SENTENCE_START = frozenset(".?!:;\"“”«»„‘'’([-–—•…")
TITLES = frozenset(
    [
        *("mr", "mrs", "ms", "dr", "sir", "president", "minister", "prime", "secretary", "state", "foreign", "general"),
        *("rep", "sen", "gov", "mp", "question", "answer", "king", "queen", "street", "st", "saint"),
    ]
)
GERMAN_NOUNS = ("ung", "ungen", "heit", "keit", "keiten", "schaft", "tion", "tionen", "tät", "ismus", "nis", "chen", "lein")


@dataclass(frozen=True, slots=True)
class Name:
    """Neighbouring words of one name, by their places in a reading; `rest` are those that the other text has in no form."""

    reading: Reading
    places: tuple[int, ...]
    rest: tuple[int, ...]

    def words(self, places: Sequence[int]) -> list[Word]:
        return [self.reading.words[place] for place in places]

    @property
    def whole(self) -> bool:
        return self.rest == self.places

    @property
    def span(self) -> tuple[int, int]:
        return self.reading.words[self.rest[0]].start, self.reading.words[self.rest[-1]].end

    @property
    def text(self) -> str:
        return self.reading.text[slice(*self.span)]

    @property
    def acronym(self) -> bool:
        """An abbreviation that no table knows."""
        return len(self.rest) == 1 and not self.kind and is_acronym(self.reading.words[self.rest[0]])

    @property
    def common(self) -> bool:
        """Nothing but words that are no names in themselves: Foreign Office, World Cup."""
        return all(is_common(self.reading, place) for place in self.rest)

    @property
    def kind(self) -> str:
        """place, language, group, or "" where no table knows the name."""
        found = next((key.split()[0] for place in self.rest if (key := key_of(self.reading, place))), "")
        return "place" if found == "city" else found


def is_acronym(word: Word) -> bool:
    letters = word.text.replace(".", "")
    letters = letters[:-1] if len(letters) > 2 and letters.endswith("s") else letters  # MPs
    return 1 < len(letters) <= ACRONYM and letters.isupper()


def proper(reading: Reading) -> list[int]:
    """Places of the words with a capital inside a sentence, of those that the tagger takes for names at its start, and of abbreviations.

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
        if word.text.isupper() and len(word.text) > ACRONYM:
            continue  # shouted
        starts = index == 0 or reading.words[index - 1].low in SENTENCE_START
        unsure = (starts or reading.language == "de") and not is_acronym(word)
        if unsure and (not is_name(reading, index) or (reading.language == "de" and word.low.endswith(GERMAN_NOUNS))):
            continue
        if len(word.low) > 1:
            found.append(index)
    return found


def grouped(places: Sequence[int]) -> list[tuple[int, ...]]:
    """Neighbours together."""
    found: list[tuple[int, ...]] = []
    for place in places:
        if found and found[-1][-1] == place - 1:
            found[-1] += (place,)
        else:
            found.append((place,))
    return found


class Other:
    """A text in which names are looked for: its words in every form that may answer for one."""

    def __init__(self, reading: Reading, language: str) -> None:
        self.reading, self.language = reading, language
        self.words = [word for word in reading.words if word.is_word]
        self.across = reading.language != language
        self.stems = {word.stem for word in self.words}
        self.keys = frozenset(keys_of(reading).values())
        self.roman = any(ROMAN.fullmatch(word.text) for word in self.words)

    @cached_property
    def letters(self) -> list[str]:
        return [skeleton(bare(word.low, self.reading.language)) for word in self.words]

    @cached_property
    def joined(self) -> str:
        return "".join(self.letters)

    @cached_property
    def foreign(self) -> list[str]:
        """Words with a capital, where one of the two languages is written in Cyrillic and the other is not."""
        mixed = self.across and {self.reading.language, self.language} & CYRILLIC_SCRIPT
        return [word.low for word in self.words if word.capital] if mixed else []

    @cached_property
    def initials(self) -> str:
        return "".join(word.low[0] for word in self.words if word.capital)

    def spelt_out(self, letters: str) -> bool:
        """Do words that begin with a capital one bear these initials, others between them (Центры по контролю и профилактике заболеваний, ЦКЗ)?"""
        if letters in self.initials:
            return True
        return any(_spells(self.words, index, letters) for index in range(len(self.words)))

    def shortens(self, reading: Reading, place: int) -> bool:
        """Does an abbreviation here stand for the words there that begin at a place?"""
        shorts = [word.low.replace(".", "") for word in self.words if is_acronym(word)]
        words = [word for word in reading.words[place:] if word.is_word] if shorts else []
        return any(_spells(words, 0, letters) for letters in shorts)

    def answers(self, reading: Reading, place: int) -> bool:
        """Does the text have this word of another in any form?"""
        name = reading.words[place]
        if name.stem in self.stems:
            return True
        key = key_of(reading, place)
        if key and key in self.keys:
            return True
        own = skeleton(bare(name.low, reading.language))
        if len(own) >= 4 and own in self.joined:
            return True
        if is_acronym(name) and self.spelt_out(name.low.replace(".", "")):
            return True
        if any(alike(own, letter) for letter in self.letters) or (not self.across and self.shortens(reading, place)):
            return True
        if any(sounds_alike(bare(name.low, reading.language), low) for low in self.foreign):
            return True
        return self.across and any(transliterated(own, letter) for letter in self.letters)


def _spells(words: Sequence[Word], index: int, letters: str) -> bool:
    """Is a word with a capital the first of those that an abbreviation stands for, other words between them?"""
    if len(letters) < 3 or not words[index].capital or words[index].low[0] != letters[0] or is_acronym(words[index]):
        return False
    rest = iter(word.low[0] for word in words[index + 1 : index + 3 * len(letters)] if word.content)
    return all(sign in rest for sign in letters[1:])


def left_over(reading: Reading, other: Reading) -> list[Name]:
    """The names of a text of which the other text lacks a word."""
    found = proper(reading)
    if not found:
        return []
    text = Other(other, reading.language)
    names = []
    for places in grouped(found):
        rest = tuple(place for place in places if not text.answers(reading, place))
        if not text.roman:
            rest = tuple(place for place in rest if not ROMAN.fullmatch(reading.words[place].text))  # World War II, Second World War
        if rest:
            names.append(Name(reading, places, rest))
    return names


def find(a: Reading, b: Reading, cover: Cover | None = None) -> list[Evidence]:
    """Pairs of names that stand for one another, then those that stand alone. With `cover` names that are translated are none."""
    names_a, names_b = left_over(a, b), left_over(b, a)
    across = a.language != b.language
    evidence = []
    single = [name.whole for name in names_a].count(True) == [name.whole for name in names_b].count(True) == 1
    for one in list(names_a):
        other = next((other for other in names_b if _instead(one, other, cover, single=single, across=across)), None)
        if other is None:
            continue
        names_a.remove(one)
        names_b.remove(other)
        if not _one_thing(one, other, cover, across=across):
            evidence.append(Evidence(KIND, "names", one.span, other.span, one.text, other.text))
    for side, names in (("a", names_a), ("b", names_b)):
        for name in names:
            # Of a name that is there in part nothing is missing.
            if name.whole and not (name.kind == "" and _rendered(name, side, cover, across=across)):
                if side == "a":
                    evidence.append(Evidence(KIND, "names:missing", name.span, nowhere(b), name.text, "-"))
                else:
                    evidence.append(Evidence(KIND, "names:missing", nowhere(a), name.span, "-", name.text))
    return evidence


def _instead(one: Name, other: Name, cover: Cover | None, *, single: bool, across: bool) -> bool:
    """May one name stand where the other text has the other? Of the same sort, in the same place; between close renditions one of both may do."""
    if one.whole != other.whole or (one.kind and other.kind and one.kind != other.kind) or (across and (one.common or other.common)):
        return False
    same_sort = one.acronym == other.acronym and (one.common == other.common or bool(one.kind and other.kind))
    if not one.whole:
        return same_sort and _share_a_word(one, other)
    if cover is None:
        return same_sort
    if one.kind != other.kind and not across and not cover.near:
        # A country in place of a person: only between the very same words.
        return same_sort and bool(_next_to(one) & _next_to(other))
    same_place = _same_place(one, other, cover, across=across)
    if across or not cover.near:
        return same_place and same_sort
    spelt_out = (one.acronym and other.common) or (one.common and other.acronym)
    return (same_place and not spelt_out) or (same_sort and single and one.kind == other.kind)


def _share_a_word(one: Name, other: Name) -> bool:
    """Parts of two names whose other words are the same, on the same side of them: Pius IX, Pius XII; Barack Obama, Michelle Obama."""
    for place in set(one.places) - set(one.rest):
        for there in set(other.places) - set(other.rest):
            word, partner = one.reading.words[place], other.reading.words[there]
            same = word.stem == partner.stem or alike(skeleton(word.low), skeleton(partner.low))
            if same and (one.rest[0] < place) == (other.rest[0] < there):
                return True
    return False


def _beside(name: Name, distance: int) -> tuple[set[int], set[int]]:
    """Where the words before and after a name start, the nearest ones, signs not counted."""
    words = name.reading.words
    before = [word.start for word in words[: name.places[0]] if word.is_word][-distance:]
    after = [word.start for word in words[name.places[-1] + 1 :] if word.is_word][:distance]
    return set(before), set(after)


def _next_to(name: Name) -> set[tuple[int, str]]:
    """The words right before and right after a name, or that it begins the text."""
    words, first, last = name.reading.words, name.places[0], name.places[-1]
    sides = (-1, words[max(0, first - 1) : first]), (1, words[last + 1 : last + 2])
    return {(side, word.low) for side, found in sides for word in found if word.is_word} | ({(-1, "")} if first == 0 else set())


def _same_place(one: Name, other: Name, cover: Cover, *, across: bool) -> bool:
    """Has a word beside the one its partner beside the other? In one language on the same side; the very next word may be any word."""
    distance = BESIDE_ACROSS if across else BESIDE
    beside, there = _beside(one, distance), _beside(other, distance)
    if across:
        beside, there = ((side[0] | side[1],) * 2 for side in (beside, there))
    elif _next_to(one) & _next_to(other):
        return True
    for near, far in zip(beside, there, strict=True):
        for index, word in enumerate(cover.words_a):
            if word.start in near and cover.cover_a[index] >= PARTNER and cover.words_b[cover.partner_a[index]].start in far:
                return True
    return False


def _one_thing(one: Name, other: Name, cover: Cover | None, *, across: bool) -> bool:
    """Two names in one place that are one: translated, or two spellings; two countries or cities known by name never are."""
    if one.kind and other.kind:
        return False
    if _rendered(one, "a", cover, across=across) or _rendered(other, "b", cover, across=across):
        return True
    languages = {one.reading.language, other.reading.language}
    if one.acronym and other.acronym and one.text.isascii() != other.text.isascii():
        return True  # ЦКЗ for CDC: no letter tells
    pairs = [(own.low, two.low) for own in one.words(one.rest) for two in other.words(other.rest)]
    return bool(languages & CYRILLIC_SCRIPT) and any(may_be_one(*pair) for pair in pairs)


def _rendered(name: Name, side: str, cover: Cover | None, *, across: bool) -> bool:
    """Does a word of a name stand on the other side after all, in a word of the same meaning: each the nearest to the other, as close as translations?"""
    least = RENDERED_ACROSS if across else RENDERED
    return cover is not None and any(cover.mutual(word.start, side) >= least for word in name.words(name.rest))
