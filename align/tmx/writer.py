"""Write a translation memory (TMX 1.4b), unit by unit, so that every CAT tool loads it.

In go `Unit`s, out comes one file, whole or not at all, the same bytes each time. The export of a run and the
commands `merge`, `split` and `convert` call this.

Two manners. What we produce ourselves follows every rule that a client has been seen to stumble on: no blank
at either end of a segment, no empty segment, one variant a language, tags in canonical form, our own
properties only with `x-`. `faithful=True` is for a memory of somebody else's that passes through: it keeps
whatever TMX allows. In both, what XML forbids is replaced by a space. `tally` counts every departure.

Source of the rules: TMX 1.4b Specification (LISA OSCAR, 2005) and its DTD; XML 1.0, section 2.2.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from .. import __version__
from ..store import digest, replacing
from .escaping import attribute, escape, has_forbidden, replace_forbidden
from .languages import canonical
from .markup import clean_markup, strip_markup
from .model import Header, Pairs, Unit, Variant

TOOL = "align"
# Properties that a client takes for something of its own: OmegaT leaves a unit with `file` out, for one.
RESERVED = frozenset({"file", "id", "prev", "next", "path", "origin", "x-ice", "x-100pc", "x-auto"})
SEGMENT_TYPES = ("block", "paragraph", "sentence", "phrase")
UNIT_ATTRIBUTES = (
    "o-encoding", "datatype", "usagecount", "lastusagedate", "creationtool", "creationtoolversion", "creationdate", "creationid", "changedate",
    "segtype", "changeid", "o-tmf", "srclang",
)  # fmt: skip
VARIANT_ATTRIBUTES = tuple(name for name in UNIT_ATTRIBUTES if name not in ("segtype", "srclang"))
HEADER_ATTRIBUTES = ("segtype", "o-tmf", "adminlang", "datatype", "o-encoding", "creationdate", "creationid", "changedate", "changeid")
# What a prop or note may have beside its type; the reader gives these as `prop[2]/@xml:lang` among the attributes of the element around.
INNER_ATTRIBUTES = ("o-encoding", "xml:lang", "lang")
DATES = frozenset({"creationdate", "changedate", "lastusagedate"})
_DATE = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
BUFFER_CHARS = 1 << 16
# Beyond this many kinds of departures, the names of the rest say nothing more.
MAX_KINDS = 500


class TmxFile:
    """A memory that is being written; `add` takes one unit. `open_writer` makes and closes it."""

    def __init__(self, file: IO[str], source_language: str, header: Header | None, faithful: bool, tally: Counter[str]) -> None:
        self.written = 0
        self._file = file
        self._tally = tally
        self._render = _faithful if faithful else _strict
        self._parts = [_head(header or Header(source_language), canonical(source_language, shorten=not faithful), faithful, tally)]
        self._size = 0

    def add(self, unit: Unit) -> bool:
        """Write a unit; False when it is none (fewer than two sides)."""
        text = self._render(unit, self._tally)
        if text and has_forbidden(text):
            text = self._render(_without_forbidden(unit, self._tally), self._tally)
        if not text:
            return False
        self.written += 1
        self._parts.append(text)
        self._size += len(text)
        if self._size > BUFFER_CHARS:
            self._flush()
        return True

    def end(self) -> None:
        """Write what closes the file."""
        self._parts.append("</body>\n</tmx>\n")
        self._flush()

    def _flush(self) -> None:
        self._file.write("".join(self._parts))
        self._parts.clear()
        self._size = 0


@contextmanager
def open_writer(
    path: Path, source_language: str, *, header: Header | None = None, faithful: bool = False, tally: Counter[str] | None = None
) -> Iterator[TmxFile]:
    """A memory open for writing, which takes its name when the block ends without an exception."""
    with replacing(path) as file:
        memory = TmxFile(file, source_language, header, faithful, Counter() if tally is None else tally)
        yield memory
        memory.end()


def write_tmx(
    path: Path,
    units: Iterable[Unit],
    source_language: str,
    *,
    header: Header | None = None,
    faithful: bool = False,
    tally: Counter[str] | None = None,
) -> int:
    """Write the units to `path` and give their number.

    A unit of ours with fewer than two variants that say something is left out. `tally` (when given) counts
    what was left out or changed, by reason. Raises OutputError when the file cannot be written.
    """
    with open_writer(path, source_language, header=header, faithful=faithful, tally=tally) as memory:
        for unit in units:
            memory.add(unit)
    return memory.written


def tmx_date(date: str) -> str:
    """`2017-05-14` or `2017-05-14T10:20:30Z` as `20170514T102030Z`; "" for what is no date."""
    try:
        moment = datetime.fromisoformat(date)
    except ValueError:
        return ""
    return (moment.astimezone(UTC) if moment.tzinfo else moment).strftime("%Y%m%dT%H%M%SZ")


def epoch_date() -> str:
    """The moment that SOURCE_DATE_EPOCH names, or "": no other clock is looked at."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y%m%dT%H%M%SZ") if seconds.isdecimal() else ""


def _head(header: Header, source_language: str, faithful: bool, tally: Counter[str]) -> str:
    found = dict(header.attributes)
    values = {"segtype": "sentence", "o-tmf": TOOL, "adminlang": "en", "datatype": "plaintext"}
    values.update({name: found[name] for name in HEADER_ATTRIBUTES if found.get(name)})
    if values["segtype"] not in SEGMENT_TYPES:
        values["segtype"] = "sentence"
    values["adminlang"] = canonical(values["adminlang"], shorten=not faithful)
    if "creationdate" not in values and epoch_date():
        values["creationdate"] = epoch_date()
    clean = _reference(tally)
    attributes = "".join(f' {name}="{clean(attribute(values[name]))}"' for name in HEADER_ATTRIBUTES if name in values)
    inner = clean(_inner(header.properties, header.notes, True, header.attributes))
    inner += header.encodings + "\n" if header.encodings else ""
    start = f'<header creationtool="{TOOL}" creationtoolversion="{__version__}" srclang="{clean(attribute(source_language))}"{attributes}'
    return '<?xml version="1.0" encoding="UTF-8"?>\n<tmx version="1.4">\n' + (f"{start}>\n{inner}</header>\n" if inner else f"{start}/>\n") + "<body>\n"


def _reference(tally: Counter[str]) -> Callable[[str], str]:
    def clean(text: str) -> str:
        text, count = replace_forbidden(text)
        if count:
            tally["forbidden character"] += count
        return text

    return clean


def _without_forbidden(unit: Unit, tally: Counter[str]) -> Unit:
    clean = _reference(tally)

    def pairs(values: Pairs) -> Pairs:
        return tuple((clean(name), clean(value)) for name, value in values)

    variants = []
    for variant in unit.variants:
        markup = clean(variant.markup) if variant.markup else ""
        text = replace_forbidden(variant.text)[0] if variant.markup else clean(variant.text)
        variants.append(Variant(clean(variant.language), text, markup, pairs(variant.properties), tuple(map(clean, variant.notes)), pairs(variant.attributes)))
    return Unit(clean(unit.id), tuple(variants), pairs(unit.properties), tuple(map(clean, unit.notes)), pairs(unit.attributes))


def _strict(unit: Unit, tally: Counter[str]) -> str:
    """A unit of ours, or "" when it has fewer than two sides."""
    body = []
    languages: dict[str, str] = {}
    for variant in unit.variants:
        language = canonical(variant.language)
        segment = _segment(variant, tally) if variant.markup else escape(variant.text.strip())
        if variant.markup:
            segment = strip_markup(segment)
        if not segment or segment.isspace():
            tally["empty side"] += 1
        elif not language:
            tally["side without a language"] += 1
        elif language in languages:
            tally["second variant in a language"] += 1
        else:
            languages[language] = segment
            inner = _inner(variant.properties, variant.notes, False) if variant.properties or variant.notes else ""
            attributes = _attributes(variant.attributes, VARIANT_ATTRIBUTES, tally, False) if variant.attributes else ""
            body.append(f'<tuv xml:lang="{attribute(language)}"{attributes}>{inner}<seg>{segment}</seg></tuv>\n')
    if len(body) < 2:
        tally["unit without two sides"] += 1
        return ""
    name = "-".join(unit.id.split()) or digest(*(part for pair in languages.items() for part in pair))[:16]
    attributes = _attributes(unit.attributes, UNIT_ATTRIBUTES, tally, False) if unit.attributes else ""
    inner = _inner(unit.properties, unit.notes, False) if unit.properties or unit.notes else ""
    return f'<tu tuid="{attribute(name)}"{attributes}>\n{inner}{"".join(body)}</tu>\n'


def _faithful(unit: Unit, tally: Counter[str]) -> str:
    """Somebody else's unit, with all that TMX allows, or "" when it has no variant."""
    body = []
    for variant in unit.variants:
        segment = _segment(variant, tally) if variant.markup else escape(variant.text)
        inner = _inner(variant.properties, variant.notes, True, variant.attributes)
        attributes = _attributes(variant.attributes, VARIANT_ATTRIBUTES, tally, True)
        if not variant.language:
            tally["side without a language (written as und)"] += 1
        language = canonical(variant.language, shorten=False) or "und"
        body.append(f'<tuv xml:lang="{attribute(language)}"{attributes}>{inner}<seg>{segment}</seg></tuv>\n')
    if not body:
        tally["unit without a variant"] += 1
        return ""
    name = f' tuid="{attribute(unit.id)}"' if unit.id else ""
    attributes = _attributes(unit.attributes, UNIT_ATTRIBUTES, tally, True)
    return f"<tu{name}{attributes}>\n{_inner(unit.properties, unit.notes, True, unit.attributes)}{''.join(body)}</tu>\n"


def _segment(variant: Variant, tally: Counter[str]) -> str:
    """The inner XML of a segment with inline codes; what the DTD does not know falls back to its text."""
    found = clean_markup(variant.markup)
    if found is None or found.text.strip() != variant.text.strip():
        tally["inline codes that no longer fit the text"] += 1
        return escape(variant.text)
    for element in found.unknown:
        tally[f"inline element that TMX does not know: {element[:40]}" if len(tally) < MAX_KINDS else "inline elements that TMX does not know"] += 1
    return found.markup


def _attributes(values: Pairs, known: tuple[str, ...], tally: Counter[str], faithful: bool) -> str:
    found = dict(values)
    parts = []
    for name in known:
        value = found.pop(name, "")
        if not value:
            continue
        if name in DATES and not faithful and not _DATE.fullmatch(value):
            value = tmx_date(value)
            if not value:
                tally[f"{name} that is no date"] += 1
                continue
        if name == "segtype" and value not in SEGMENT_TYPES:
            tally["segtype that TMX does not know"] += 1
            continue
        if name == "srclang" and value != "*all*":
            value = canonical(value, shorten=not faithful)
        parts.append(f' {name}="{attribute(value)}"')
    for name, value in found.items():
        if value and not (faithful and _is_inner(name)):
            tally[f"attribute that TMX does not know: {name[:40]}" if len(tally) < MAX_KINDS else "attributes that TMX does not know"] += 1
    return "".join(parts)


def _inner(properties: Pairs, notes: tuple[str, ...], faithful: bool, attributes: Pairs = ()) -> str:
    if not faithful and len(notes) > 1:
        notes = ("\n".join(notes),)
    further = {name: value for name, value in attributes if _is_inner(name)} if faithful else {}

    def rest(element: str) -> str:
        return "".join(f' {name}="{attribute(further[key])}"' for name in INNER_ATTRIBUTES if (key := f"{element}/@{name}") in further)

    lines = [f"<note{rest(f'note[{number}]') if further else ''}>{escape(note)}</note>\n" for number, note in enumerate(notes, 1)]
    for number, (name, value) in enumerate(properties, 1):
        if not faithful:
            name = property_name(name)
        lines.append(f'<prop type="{attribute(name or "x-unnamed")}"{rest(f"prop[{number}]") if further else ""}>{escape(value)}</prop>\n')
    return "".join(lines)


def _is_inner(name: str) -> bool:
    return "]/@" in name and name.rpartition("/@")[2] in INNER_ATTRIBUTES


def property_name(name: str) -> str:
    """A name that no client takes for its own: it starts with `x-` and is none of those that mean something."""
    name = "-".join(name.split())
    if not name.startswith("x-"):
        name = f"x-{name or 'unnamed'}"
    return f"x-align-{name[2:]}" if name in RESERVED else name
