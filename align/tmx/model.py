"""What a translation memory holds: units of variants, with a header in front.

The reader gives these, the writer takes them; nothing here knows about XML.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..store import digest

MAX_LOSSES = 1000
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Variant:
    """One language's side of a unit.

    `text` is what a reader of the language sees: the segment without its inline codes. `markup` is the
    inner XML of the segment where it has inline codes, else "". `attributes` are those of the element
    other than its language (dates, creationid, changeid ...), in the order of the DTD.
    """

    language: str
    text: str
    markup: str = ""
    properties: Pairs = ()
    notes: tuple[str, ...] = ()
    attributes: Pairs = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """Segments that say the same in several languages. `id` is the tuid, or "" where there is none."""

    id: str
    variants: tuple[Variant, ...]
    properties: Pairs = ()
    notes: tuple[str, ...] = ()
    attributes: Pairs = ()

    def variant(self, language: str) -> Variant | None:
        """The first variant in exactly this language."""
        return next((variant for variant in self.variants if variant.language == language), None)

    def property(self, name: str) -> str:
        """The first value of a property, or ""."""
        return next((value for key, value in self.properties if key == name), "")

    def attribute(self, name: str) -> str:
        """The value of an attribute, or ""."""
        return next((value for key, value in self.attributes if key == name), "")


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before the units. `encodings` is the XML of user-defined encodings (`ude`), as found."""

    source_language: str
    version: str = "1.4"
    attributes: Pairs = ()
    properties: Pairs = ()
    notes: tuple[str, ...] = ()
    encodings: str = ""


@dataclass(frozen=True, slots=True)
class Loss:
    """Something in the file that the units given do not hold."""

    line: int
    column: int
    what: str


@dataclass(slots=True)
class Memory:
    """A memory that is being read. `losses` grows as `units` is consumed; `lost` counts them all."""

    path: Path
    header: Header
    units: Iterator[Unit]
    losses: list[Loss] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)

    def lose(self, line: int, column: int, what: str) -> None:
        """Note a loss; the first ones with their place, all of them by number."""
        self.lost[what if what in self.lost or len(self.lost) < MAX_LOSSES else "more of other kinds"] += 1
        if len(self.losses) < MAX_LOSSES:
            self.losses.append(Loss(line, column, what))


class OpenVariant:
    """A `Variant` in the making: the same slots with a plain constructor, five times as fast as that of a frozen class.

    The reader makes millions: it fills one of these and gives it the class `Variant`, which freezes it.
    """

    __slots__ = ("attributes", "language", "markup", "notes", "properties", "text")

    def __init__(self, language: str, text: str, markup: str, properties: Pairs, notes: tuple[str, ...], attributes: Pairs) -> None:
        self.language = language
        self.text = text
        self.markup = markup
        self.properties = properties
        self.notes = notes
        self.attributes = attributes


class OpenUnit:
    """A `Unit` in the making, like `OpenVariant`."""

    __slots__ = ("attributes", "id", "notes", "properties", "variants")

    def __init__(self, id: str, variants: tuple[Variant, ...], properties: Pairs, notes: tuple[str, ...], attributes: Pairs) -> None:
        self.id = id
        self.variants = variants
        self.properties = properties
        self.notes = notes
        self.attributes = attributes


def content_id(variants: tuple[Variant, ...]) -> str:
    """The tuid of a unit of ours: 16 hexadecimal digits of a digest over languages and segments."""
    return digest(*(part for variant in variants for part in (variant.language, variant.markup or variant.text)))[:16]
