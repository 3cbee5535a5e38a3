"""Typed channels: each looks for one kind of difference and shows where in the two texts it stands.

Two readings in, evidence out. A channel names itself, its version and the languages that it covers; `check` runs those
that cover both sides and `unchecked` says which could not run. Called by `diverge`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..corpus import Evidence
from . import antonyms, dates, names, negation, numbers, order, speech, stance, voice
from .reading import Reading

if TYPE_CHECKING:
    from ..coverage import Cover


@dataclass(frozen=True, slots=True)
class Channel:
    """One kind of difference. `languages` empty: any; `one_language`: both sides must be in the same."""

    name: str
    version: str
    languages: frozenset[str]
    find: Callable[[Reading, Reading], list[Evidence]]
    one_language: bool = False

    def covers(self, language_a: str, language_b: str) -> bool:
        if self.one_language and language_a != language_b:
            return False
        return not self.languages or {language_a, language_b} <= self.languages


CHANNELS = (
    Channel("numbers", numbers.VERSION, numbers.LANGUAGES, numbers.find),
    Channel("dates", dates.VERSION, dates.LANGUAGES, dates.find),
    Channel("names", names.VERSION, names.LANGUAGES, names.find),
    Channel("negation", negation.VERSION, negation.LANGUAGES, negation.find),
    Channel("stance", stance.VERSION, stance.LANGUAGES, stance.find),
    Channel("voice", voice.VERSION, voice.LANGUAGES, voice.find),
    Channel("antonyms", antonyms.VERSION, antonyms.LANGUAGES, antonyms.find, one_language=True),
    Channel("speech", speech.VERSION, speech.LANGUAGES, speech.find),
    Channel("order", order.VERSION, order.LANGUAGES, order.find, one_language=True),
)


def check(a: Reading, b: Reading, cover: Cover | None = None) -> list[Evidence]:
    """What the channels that cover both languages find, in the order of `CHANNELS`.

    With the cover of the words, a name that the other side renders by a word of the same meaning is no finding (Sun, Sol), and two names
    stand against each other only in the same place.
    """
    found = []
    for channel in CHANNELS:
        if channel.covers(a.language, b.language):
            found += names.find(a, b, cover) if channel.name == "names" else channel.find(a, b)
    return settled(found)


def settled(found: list[Evidence]) -> list[Evidence]:
    """The evidence without a negation and an opposite that undo each other: `not correct`, `incorrect`; `failed`, `did not manage`."""
    denied = [item for item in found if item.channel.startswith("negation")]
    opposed = [item for item in found if item.channel.startswith("antonyms")]
    return [item for item in found if item not in (denied[0], opposed[0])] if denied and opposed else found


def unchecked(language_a: str, language_b: str) -> tuple[str, ...]:
    """The names of the channels that do not cover a pair of languages."""
    return tuple(channel.name for channel in CHANNELS if not channel.covers(language_a, language_b))
