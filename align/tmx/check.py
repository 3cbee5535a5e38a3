"""Check a translation memory: well-formed, the DTD, the specification's further rules, what named clients stumble on.

In goes a file, out comes a `Report` with every problem's rule, line, column and remedy. `align tmx check` prints
it. One pass in constant memory; the DTD itself is not needed (`rules` holds what it says).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import InputError
from .builder import MAX_CODES, MAX_UNIT_BYTES, MAX_VARIANTS
from .keys import Keys, short_hash
from .languages import canonical, key, well_formed
from .markup import CODES
from .rules import ELEMENTS, FIRST, NEEDED, RULES, SINGLE, VALUES, VERSIONS, Problem, Report
from .safe import MAX_ATTRIBUTES, MAX_DEPTH, Guard
from .source import Source, open_source
from .writer import DATES, RESERVED

SHOWN = 20
LONG_CHARS = 2000
_DATE = re.compile(r"\d{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3])[0-5]\d[0-5]\dZ", re.ASCII)
# The names that the specification itself lists or shows for properties without a prefix.
_SPECIFIED = re.compile(r"(?:x-.*|domain|subject|client|project|user-defined)", re.IGNORECASE)


def check(path: Path, shown: int = SHOWN) -> Report:
    """All problems of a memory; of each rule the first `shown` with their places.

    Raises InputError only when the file cannot be opened as text; what is wrong inside is a problem, not an error.
    """
    source = open_source(path)
    report = Report(path)
    checker = _Checker(source, report, shown)
    try:
        quiet = units = 0
        for taken in checker.guard.drive():
            quiet = quiet + taken if report.units == units else 0
            units = report.units
            if quiet > MAX_UNIT_BYTES:
                raise checker.guard.refuse(f"more than {MAX_UNIT_BYTES} bytes in one unit", "no unit is that long; the file is damaged or hostile")
    except InputError as error:
        place = re.search(r":(\d+):(\d+)$", error.place)
        line, column = (int(place[1]), int(place[2])) if place else (checker.guard.line, checker.guard.column)
        report.counts["xml"] += 1
        report.problems.append(Problem("error", "xml", line, column, error.message, error.hint))
    finally:
        checker.keys.close()
    report.problems.sort(key=lambda problem: (problem.line, problem.column, problem.rule))
    return report


@dataclass(slots=True)
class _Open:
    """An element that is open: its name, how many children of each name it has, the place where it began."""

    name: str
    line: int
    column: int
    children: Counter[str] = field(default_factory=Counter)
    last: str = ""
    complained: bool = False


@dataclass(slots=True)
class _Side:
    """A variant as far as it is read."""

    language: str
    line: int
    column: int
    text: str = ""
    filled: bool = False
    codes: Counter[str] = field(default_factory=Counter)


class _Checker:
    """Expat's events to problems."""

    def __init__(self, source: Source, report: Report, shown: int) -> None:
        self.guard = Guard(source)
        self.keys = Keys()
        self._report = report
        self._shown = shown
        self._stack: list[_Open] = []
        self._version = ""
        self._source_language = ""
        self._unit_source = ""
        self._sides: list[_Side] = []
        self._text: list[str] = []
        self._pairs: dict[str, int] = {}
        self._closed: set[str] = set()
        self._many = False
        parser = self.guard.parser
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        declared, real = source.declared.lower().replace("_", "-"), source.encoding
        if declared and not real.startswith(declared) and not (declared in ("us-ascii", "ascii", "utf8") and real == "utf-8") and _other(declared, real):
            self._found("encoding", f"declared as {source.declared}, stored as {real.upper()}")

    def _found(self, rule: str, detail: str = "", place: _Open | _Side | None = None) -> None:
        report = self._report
        report.counts[rule] += 1
        if report.counts[rule] <= self._shown:
            severity, message, hint = RULES[rule]
            line, column = (place.line, place.column) if place else (self.guard.line, self.guard.column)
            report.problems.append(Problem(severity, rule, line, column, f"{message}: {detail}" if detail else message, hint))

    def _start(self, name: str, attributes: list[str]) -> None:
        if len(self._stack) >= MAX_DEPTH:
            raise self.guard.refuse(f"elements are nested more than {MAX_DEPTH} deep", "no memory needs that; the file is damaged or hostile")
        if len(attributes) > 2 * MAX_ATTRIBUTES:
            raise self.guard.refuse(f"more than {MAX_ATTRIBUTES} attributes in one tag", "no memory needs that; the file is damaged or hostile")
        name = name.rpartition(":")[2]
        values = {
            key: value for key, value in zip(attributes[::2], attributes[1::2], strict=True) if not key.startswith("xmlns") and not key.startswith("xsi:")
        }
        parent = self._stack[-1] if self._stack else None
        self._stack.append(_Open(name, self.guard.line, self.guard.column))
        element = ELEMENTS.get(name)
        if element is None or (parent.name if parent else "") not in element.parents:
            self._found("dtd-element", f"<{name[:40]}> in <{parent.name[:40]}>" if parent else f"the first element is <{name[:40]}>")
            if parent is None:
                raise self.guard.refuse(f"the file is no TMX: its first element is {name[:40]!r}", "a translation memory starts with <tmx version=...>")
        else:
            self._attributes(name, values)
        if parent:
            if name in SINGLE and SINGLE[name] == parent.name and name in parent.children:
                self._found("dtd-twice", f"<{name}>")
            if name in FIRST and parent.name in ("tu", "tuv") and any(child not in FIRST for child in parent.children):
                self._found("dtd-order", f"<{name}> after <{parent.last[:40]}>")
            if name == "header" and "body" in parent.children:
                self._found("dtd-order", "<header> after <body>")
            parent.children[name] += 1
            parent.last = name
        self._meaning(name, values)

    def _attributes(self, name: str, values: dict[str, str]) -> None:
        element = ELEMENTS[name]
        for required in element.required:
            if required not in values:
                if name == "tuv" and "lang" in values:
                    self._found("old-language")
                elif name == "header" and required == "srclang":
                    self._found("source-language")
                else:
                    self._found("dtd-required", f"{required} of <{name}>")
        for attribute, value in values.items():
            if attribute not in element.required and attribute not in element.optional:
                self._found("dtd-attribute", f"{attribute[:40]} of <{name}>")
            allowed = VALUES.get((name, attribute))
            if allowed and value not in allowed:
                self._found("dtd-value", f"{attribute}={value[:40]!r} of <{name}>; allowed: {', '.join(allowed)}")
            if attribute in DATES and not _DATE.fullmatch(value):
                self._found("date", f"{attribute}={value[:40]!r}")

    def _meaning(self, name: str, values: dict[str, str]) -> None:
        if name == "seg":
            self._text, self._pairs, self._closed = [], {}, set()
        elif name == "prop":
            kind = values.get("type", "")
            if kind in RESERVED:
                self._found("property-client", kind)
            elif kind and not _SPECIFIED.fullmatch(kind):
                self._found("property-name", kind[:40])
        elif name == "tuv":
            language = values.get("xml:lang") or values.get("lang") or ""
            self._sides.append(_Side(language, self.guard.line, self.guard.column))
            self._language(language)
            if len(self._sides) > MAX_VARIANTS:
                raise self.guard.refuse(f"more than {MAX_VARIANTS} variants in one unit", "no unit needs that; the file is damaged or hostile")
        elif name == "tu":
            self._sides, self._unit_source = [], values.get("srclang", self._source_language)
            if values.get("tuid", "x").split() != [values.get("tuid", "x")]:
                self._found("identifier", repr(values["tuid"][:40]))
        elif name in ("bpt", "ept"):
            self._code(name, values.get("i", ""))
        elif name == "header":
            self._source_language = values.get("srclang", "")
            if self._source_language == "*all*":
                self._found("all-languages")
            elif self._source_language:
                self._language(self._source_language)
                if "x" in key(self._source_language).split("-"):
                    self._found("private-source", self._source_language[:40])
            elif "srclang" in values:
                self._found("source-language")
            if values.get("creationtool", "").startswith("OmegaT"):
                self._found("tool")
        elif name == "tmx":
            self._version = values.get("version", "")
            if self._version not in VERSIONS:
                self._found("version", self._version[:20])
            elif self._version != "1.4":
                self._found("old-version", self._version)
        if name in ("bpt", "ept", "ph", "it", "hi", "ut") and self._sides:
            self._sides[-1].codes[name] += 1
            if self._sides[-1].codes[name] > MAX_CODES:
                raise self.guard.refuse(f"more than {MAX_CODES} inline codes in one segment", "no segment needs that; the file is damaged or hostile")

    def _code(self, name: str, number: str) -> None:
        if name == "bpt":
            if number in self._pairs:
                self._found("codes", f"two <bpt i={number[:20]!r}> in one segment")
            self._pairs[number] = self._pairs.get(number, 0) + 1
        elif number not in self._pairs:
            self._found("codes", f"<ept i={number[:20]!r}> without a <bpt> before it")
        elif number in self._closed:
            self._found("codes", f"two <ept i={number[:20]!r}> in one segment")
        else:
            self._closed.add(number)

    def _language(self, tag: str) -> None:
        if not tag:
            return
        if not well_formed(tag.replace("_", "-")) or (len(key(tag).split("-")[0]) > 3 and not key(tag).startswith("x-")):
            self._found("language", repr(tag[:40]))
        elif tag != canonical(tag):
            self._found("language-form", f"{tag[:40]!r} should be {canonical(tag)[:40]!r}")

    def _data(self, text: str) -> None:
        here = self._stack[-1]
        element = ELEMENTS.get(here.name)
        if element is not None and not element.text and not here.complained and text.strip(" \t\r\n"):
            here.complained = True
            self._found("dtd-text", f"{text.strip()[:40]!r} in <{here.name}>")
        # What stands within a code is no text: one sign stands for it.
        if any(entry.name == "seg" for entry in self._stack[3:5]):
            self._text.append("\ufffc" if any(entry.name in CODES for entry in self._stack[5:]) else text)

    def _end(self, _: str) -> None:
        here = self._stack.pop()
        for needed in NEEDED.get(here.name, ()):
            if needed not in here.children:
                self._found("dtd-missing", f"<{needed}> in <{here.name}>", here)
        if here.name in ("tu", "tuv") and here.children["note"] > 1:
            self._found("notes", place=here)
        if here.name == "seg" and self._sides:
            side = self._sides[-1]
            side.text, side.filled = "".join(self._text), True
            for number in self._pairs:
                if number not in self._closed:
                    self._found("codes", f"<bpt i={number[:20]!r}> without an <ept>", here)
            if not side.text.strip() and not side.codes:
                self._found("empty", place=here)
            if len(side.text) > LONG_CHARS:
                self._found("long", f"{len(side.text)} characters", here)
            if side.text.strip() and side.text != side.text.strip():
                self._found("blank-edge", repr(side.text[:20] if side.text[0].isspace() else side.text[-20:]), here)
        elif here.name == "tu":
            self._unit(here)

    def _unit(self, here: _Open) -> None:
        self._report.units += 1
        sides = self._sides
        languages = [key(side.language) for side in sides]
        if len(sides) == 1:
            self._found("one-side", place=here)
        for language, count in Counter(languages).items():
            if count > 1:
                self._found("same-language", language[:40], here)
        if len(set(languages)) > 2 and not self._many:
            self._many = True
            self._found("many-languages", place=here)
        source = next((side for side in sides if side.language == self._unit_source), None)
        if self._unit_source and self._unit_source != "*all*" and source is None and sides:
            self._found("source-missing", f"{self._unit_source[:40]!r} among {', '.join(side.language[:40] for side in sides[:5])}", here)
        if source is None or len(sides) < 2:
            return
        targets = "\0".join(sorted(f"{side.language}\0{side.text}" for side in sides if side is not source))
        if any(side.codes != source.codes for side in sides if side.filled):
            self._found("codes-differ", place=here)
        content = short_hash(targets)
        seen = self.keys.add(short_hash(source.language, source.text, *sorted(languages)), content)
        if seen == content:
            self._found("duplicate", repr(source.text[:40]), here)
        elif seen is not None:
            self._found("same-source", repr(source.text[:40]), here)
        self._sides = []


def _other(declared: str, real: str) -> bool:
    """Is the declared encoding another than the real one, whatever the spelling?"""
    import codecs

    try:
        return not codecs.lookup(real).name.startswith(codecs.lookup(declared).name)
    except LookupError:
        return True
