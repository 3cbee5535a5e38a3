"""What TMX allows, as tables: the elements and attributes of the DTD (1.4, as amended on 10 July 2002), the rules, and the report of breaches.

The checker reads and fills these. Version 1.1 to 1.3 differ in two points that the checker knows: `lang` stood for
`xml:lang`, and `tmx version` had its own value.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from .writer import HEADER_ATTRIBUTES, SEGMENT_TYPES, UNIT_ATTRIBUTES, VARIANT_ATTRIBUTES

Severity = Literal["error", "warning", "note"]
VERSIONS = ("1.1", "1.2", "1.3", "1.4")
INLINE_CONTENT = frozenset({"bpt", "ept", "ph", "it", "hi", "ut"})


@dataclass(frozen=True, slots=True)
class Element:
    """Where it may stand, whether it holds text, and which attributes it has."""

    parents: frozenset[str]
    text: bool
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


def _element(parents: str, text: bool, required: str = "", optional: str = "") -> Element:
    return Element(frozenset(parents.split()) or frozenset({""}), text, tuple(required.split()), tuple(optional.split()))


_FLOW = "seg sub hi"
_CODES = "bpt ept it ph ut"
ELEMENTS = {
    "tmx": _element("", False, "", "version"),
    "header": Element(
        frozenset({"tmx"}),
        False,
        ("creationtool", "creationtoolversion", "segtype", "o-tmf", "adminlang", "srclang", "datatype"),
        tuple(name for name in HEADER_ATTRIBUTES if name not in ("segtype", "o-tmf", "adminlang", "datatype")),
    ),
    "body": _element("tmx", False),
    "note": _element("header tu tuv", True, "", "o-encoding xml:lang lang"),
    "prop": _element("header tu tuv", True, "type", "xml:lang o-encoding lang"),
    "ude": _element("header", False, "name", "base"),
    "map": _element("ude", False, "unicode", "code ent subst"),
    "tu": Element(frozenset({"body"}), False, (), ("tuid", *UNIT_ATTRIBUTES)),
    "tuv": Element(frozenset({"tu"}), False, ("xml:lang",), (*VARIANT_ATTRIBUTES, "lang")),
    "seg": _element("tuv", True),
    "bpt": _element(_FLOW, True, "i", "x type"),
    "ept": _element(_FLOW, True, "i"),
    "it": _element(_FLOW, True, "pos", "x type"),
    "ph": _element(_FLOW, True, "", "x assoc type"),
    "hi": _element(_FLOW, True, "", "x type"),
    "ut": _element(_FLOW, True, "", "x"),
    "sub": _element(_CODES, True, "", "datatype type"),
}
VALUES = {("header", "segtype"): SEGMENT_TYPES, ("tu", "segtype"): SEGMENT_TYPES, ("it", "pos"): ("begin", "end")}
# What must be there, and how often it may be.
NEEDED = {"tmx": ("header", "body"), "tu": ("tuv",), "tuv": ("seg",), "ude": ("map",)}
SINGLE = {"header": "tmx", "body": "tmx", "seg": "tuv"}
# In tu and tuv, notes and properties come before anything else.
FIRST = frozenset({"note", "prop"})

# Rule: how bad it is, what it says, and what to do about it.
RULES: dict[str, tuple[Severity, str, str]] = {
    "xml": ("error", "", ""),
    "dtd-element": ("error", "an element where the DTD has none", "move or remove it"),
    "dtd-missing": ("error", "an element that the DTD requires is missing", "add it"),
    "dtd-twice": ("error", "an element that may stand only once", "remove the second"),
    "dtd-order": ("error", "elements in another order than the DTD's", "put notes and properties first, the header before the body"),
    "dtd-attribute": ("error", "an attribute that the DTD does not know", "remove it, or make it a <prop>"),
    "dtd-required": ("error", "an attribute that the DTD requires is missing", "add it"),
    "dtd-value": ("error", "a value that the DTD does not allow", "use one of those named"),
    "dtd-text": ("error", "text where the DTD allows none", "remove it, or put it into a <seg>"),
    "version": ("warning", "a version other than 1.1 to 1.4", "write version=\"1.4\""),
    "old-version": ("note", "an older version of TMX", "`align tmx convert FILE --out NEW.tmx` writes 1.4"),
    "old-language": ("warning", "`lang` instead of `xml:lang`, which 1.3 deprecates", "write xml:lang"),
    "encoding": ("warning", "the declared encoding is not the real one", "declare the one that the file has"),
    "language": ("error", "not a language tag (BCP 47)", "use a tag like en, pt-BR or zh-Hant; codes with two letters, joined by hyphens"),
    "language-form": ("warning", "a language tag that is not in its canonical form", "OmegaT, Trados and Weblate compare letters: write the canonical form"),
    "source-language": ("error", "no source language", "OmegaT and Weblate lose the whole file without srclang in the header"),
    "private-source": ("warning", "a source language with a private tag", "OmegaT finds no match for it: give the source a plain tag"),
    "source-missing": ("warning", "a unit without a variant in the source language", "srclang and xml:lang must be equal to the letter"),
    "all-languages": ("note", "srclang is *all*", "OmegaT and translate-toolkit need a source language: write one file a pair with `align tmx split`"),
    "one-side": ("warning", "a unit with a single variant", "a gap is no translation: leave it out"),
    "same-language": ("warning", "two variants in one language", "OmegaT takes the last, others the first: make two units"),
    "many-languages": ("note", "units with more than two languages", "Trados takes two, translate-toolkit the wrong one: use `align tmx split`"),
    "blank-edge": ("warning", "a blank at an end of a segment", "TMX forbids it, and OmegaT then finds no exact match: remove it"),
    "long": ("note", "a segment of more than 2,000 characters", "RWS's cloud memories leave it out: split it"),
    "empty": ("warning", "an empty segment", "OmegaT inserts an empty translation: leave the unit out"),
    "date": ("warning", "not a date of the form YYYYMMDDThhmmssZ", "write it so, in UTC"),
    "codes": ("error", "inline codes that do not pair", "each <bpt i> needs one <ept i> after it in the same segment, each i once"),
    "codes-differ": ("note", "inline codes that differ between source and target", "look whether a code was lost"),
    "property-name": ("note", "a property of one's own without x-", "TMX reserves other names for itself: start it with x-"),
    "property-client": ("warning", "a property that OmegaT takes for its own", "a unit with `file` or `id` is only offered in that place: rename it with x-"),
    "notes": ("note", "more than one note", "OmegaT shows the last: make one of them"),
    "identifier": ("warning", "a tuid with blanks", "write it without"),
    "tool": ("note", "creationtool is OmegaT", "OmegaT then reads inline codes in its own way; others should not claim to be it"),
    "same-source": ("note", "one source text with several targets", "OmegaT's tm/auto takes the last: put the best there"),
    "duplicate": ("note", "a unit that stands more than once", "`align tmx merge FILE --out NEW.tmx` keeps one"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Problem:
    """One breach of one rule."""

    severity: Severity
    rule: str
    line: int
    column: int
    message: str
    hint: str


@dataclass(slots=True)
class Report:
    """The problems of a file: the first of each rule in full, all of them by number."""

    path: Path
    units: int = 0
    problems: list[Problem] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def count(self, severity: Severity) -> int:
        """How many problems are that bad."""
        return sum(number for rule, number in self.counts.items() if RULES[rule][0] == severity)

    def as_record(self) -> dict[str, Any]:
        """What `--json` prints."""
        return {
            "file": str(self.path),
            "units": self.units,
            "errors": self.count("error"),
            "warnings": self.count("warning"),
            "notes": self.count("note"),
            "rules": dict(sorted(self.counts.items())),
            "problems": [{name: getattr(problem, name) for name in ("severity", "rule", "line", "column", "message", "hint")} for problem in self.problems],
        }
