"""Expat's events to units: what `open_tmx` and `recover` drive, and the memory that they fill.

In come start tags, end tags and text, out come `Unit`s, the header, and a list of what the data model does not hold.
"""

from __future__ import annotations

from .escaping import attribute
from .markup import Serializer
from .model import Header, Memory, OpenUnit, OpenVariant, Pairs, Unit, Variant
from .safe import MAX_ATTRIBUTES, MAX_DEPTH, Guard

MAX_UNIT_BYTES = 2_000_000
MAX_CODES = 10_000
MAX_VARIANTS = 2_000

# A `tu` that ends leaves the state at "body" even where a file has units outside one: they are read all the same.
_HOLDERS = ("tu", "tuv", "header")
# User-defined encodings: the attributes that they may have, the one that they must have first.
_ENCODING = {"ude": ("name", "base"), "map": ("unicode", "code", "ent", "subst")}
_ELEMENTS = frozenset({"tmx", "header", "body", "tu", "tuv", "seg", "prop", "note", "ude", "map"})


class Builder:
    """Expat's events to units: `found` grows by each unit that ends.

    The handlers are closures over plain variables, and character data goes straight into a list: this is the
    inner loop of everything that reads a memory.
    """

    def __init__(self, guard: Guard, memory: Memory) -> None:
        self.past_header = False
        self.rooted = False
        self.in_cdata = False
        self.found: list[Unit] = []
        self._guard = guard
        self._memory = memory
        self._connect()

    def take(self, quiet: int) -> int:
        """After each piece: the bytes read since a unit ended, and a complaint when they are too many."""
        if self.found:
            return 0
        if quiet > MAX_UNIT_BYTES:
            raise self._guard.refuse(f"more than {MAX_UNIT_BYTES} bytes in one unit", "no unit is that long; the file is damaged or hostile")
        return quiet

    @property
    def between_units(self) -> bool:
        """Has expat come to a place in the body where a unit may start? Text gathered there belongs to nothing and is dropped."""
        return not self.in_cdata and self._between()

    def _connect(self) -> None:
        guard, memory, parser, found = self._guard, self._memory, self._guard.parser, self.found
        where = holder = ""
        skipping = 0
        unit_id = language = kind = source_language = version = ""
        variants: list[Variant] = []
        unit_attributes: Pairs = ()
        variant_attributes: Pairs = ()
        header_attributes: Pairs = ()
        unit_properties: list[tuple[str, str]] = []
        unit_notes: list[str] = []
        own_properties: list[tuple[str, str]] = []
        own_notes: list[str] = []
        unit_rest: list[tuple[str, str]] = []
        own_rest: list[tuple[str, str]] = []
        parts: list[str] = []
        encodings: list[str] = []
        serializer: Serializer | None = None
        segment = markup = ""
        has_segment = False

        def lose(what: str) -> None:
            memory.lose(guard.line, guard.column, what)

        def between() -> bool:
            if where != "body" or skipping:
                return False
            parts.clear()
            return True

        def cdata(inside: bool) -> None:
            self.in_cdata = inside

        def start(name: str, attributes: list[str]) -> None:
            nonlocal where, holder, skipping, unit_id, language, kind, unit_attributes, variant_attributes
            if where == "seg":
                inline(name, attributes)
            elif skipping:
                skipping += 1
                if skipping > MAX_DEPTH:
                    raise too_deep()
            elif name == "seg" and where == "tuv" and not has_segment:
                where = "seg"
                parts.clear()
            elif name == "prop" and where in _HOLDERS:
                holder, where = where, "prop"
                if len(attributes) == 2 and attributes[0] == "type":
                    kind = attributes[1]
                else:
                    kind = dict(pairs_of(attributes)).get("type", "")
                    further("prop", attributes)
                parts.clear()
            elif name == "tuv" and where == "tu":
                where = "tuv"
                if len(attributes) == 2 and attributes[0] == "xml:lang":
                    language, variant_attributes = attributes[1], ()
                else:
                    count_attributes(attributes)
                    language, variant_attributes = language_of(attributes)
            elif name == "tu" and where in ("body", "tmx"):
                self.past_header = True
                where = "tu"
                if len(attributes) == 2 and attributes[0] == "tuid":
                    unit_id, unit_attributes = attributes[1], ()
                else:
                    count_attributes(attributes)
                    values = pairs_of(attributes)
                    unit_id = next((value for key, value in values if key == "tuid"), "")
                    unit_attributes = tuple(pair for pair in values if pair[0] != "tuid")
            else:
                rare(name.rpartition(":")[2], attributes, ":" in name)

        def rare(name: str, attributes: list[str], prefixed: bool) -> None:
            nonlocal where, holder, skipping, source_language, header_attributes, version
            count_attributes(attributes)
            if prefixed and name in _ELEMENTS:
                start(name, attributes)
            elif name == "note" and where in _HOLDERS:
                holder, where = where, "note"
                if attributes:
                    further("note", attributes)
                parts.clear()
            elif name == "tmx" and not where and not self.rooted:
                self.rooted, where = True, "tmx"
                version = dict(pairs_of(attributes)).get("version", "")
            elif name == "header" and where == "tmx":
                where = "header"
                values = pairs_of(attributes)
                source_language = next((value for key, value in values if key == "srclang"), "")
                header_attributes = tuple(pair for pair in values if pair[0] != "srclang")
            elif name == "body" and where == "tmx":
                where = "body"
                self.past_header = True
            elif not self.rooted:
                raise guard.refuse(f"the file is no TMX: its first element is {name[:40]!r}", "a translation memory starts with <tmx version=...>")
            elif name in _ENCODING and (name, where) in (("ude", "header"), ("map", "ude")) and _ENCODING[name][0] in attributes[::2]:
                where = name
                values = tuple(pair for pair in pairs_of(attributes) if pair[0] in _ENCODING[name])
                encodings.append(f"<{name}" + "".join(f' {key}="{attribute(value)}"' for key, value in values) + ("/>" if name == "map" else ">"))
            else:
                skipping = 1
                lose(f"element in a place where TMX has none: {name[:40]} in {where}")

        def inline(name: str, attributes: list[str]) -> None:
            nonlocal serializer
            count_attributes(attributes)
            if serializer is None:
                serializer = Serializer()
            if parts:
                serializer.data("".join(parts))
                parts.clear()
            if serializer.start(name, zip(attributes[::2], attributes[1::2], strict=True)) > MAX_DEPTH:
                raise too_deep()
            if serializer.elements > MAX_CODES:
                raise guard.refuse(f"more than {MAX_CODES} inline codes in one segment", "no segment needs that; the file is damaged or hostile")

        def too_deep() -> Exception:
            return guard.refuse(f"elements are nested more than {MAX_DEPTH} deep", "no memory needs that; the file is damaged or hostile")

        def count_attributes(attributes: list[str]) -> None:
            if len(attributes) > 2 * MAX_ATTRIBUTES:
                raise guard.refuse(f"more than {MAX_ATTRIBUTES} attributes in one tag", "no memory needs that; the file is damaged or hostile")

        def further(name: str, attributes: list[str]) -> None:
            """Attributes other than `type` go to those of the element around, as `prop[2]/@xml:lang`: the second property's."""
            count_attributes(attributes)
            own = holder == "tuv"
            number = 1 + (len(own_properties if own else unit_properties) if name == "prop" else len(own_notes if own else unit_notes))
            for key, value in pairs_of(attributes):
                if key != "type" or name == "note":
                    (own_rest if own else unit_rest).append((f"{name}[{number}]/@{key}", value))

        def end(_: str) -> None:
            nonlocal where, skipping, serializer, segment, markup, has_segment, unit_attributes
            if skipping:
                skipping -= 1
            elif where == "seg":
                if serializer is None:
                    segment, markup = parts[0] if len(parts) == 1 else "".join(parts), ""
                else:
                    if parts:
                        serializer.data("".join(parts))
                        parts.clear()
                    if serializer.end():
                        return
                    result = serializer.result()
                    segment, markup = result.text, result.markup
                    for element in result.unknown:
                        lose(f"inline element that TMX does not know: {element[:40]}")
                    serializer = None
                has_segment = True
                where = "tuv"
            elif where == "prop":
                (own_properties if holder == "tuv" else unit_properties).append((kind, parts[0] if len(parts) == 1 else "".join(parts)))
                where = holder
            elif where == "tuv":
                if not has_segment:
                    lose("variant without a segment")
                else:
                    variant = OpenVariant(
                        language,
                        segment,
                        markup,
                        tuple(own_properties) if own_properties else (),
                        tuple(own_notes) if own_notes else (),
                        (*variant_attributes, *own_rest) if own_rest else variant_attributes,
                    )
                    variant.__class__ = Variant  # type: ignore[assignment]
                    variants.append(variant)  # type: ignore[arg-type]
                    has_segment = False
                    if len(variants) > MAX_VARIANTS:
                        raise guard.refuse(f"more than {MAX_VARIANTS} variants in one unit", "no unit needs that; the file is damaged or hostile")
                if own_properties or own_notes:
                    own_properties.clear()
                    own_notes.clear()
                    own_rest.clear()
                where = "tu"
            elif where == "tu":
                if unit_rest:
                    unit_attributes = (*unit_attributes, *unit_rest)
                    unit_rest.clear()
                unit = OpenUnit(unit_id, tuple(variants), tuple(unit_properties), tuple(unit_notes) if unit_notes else (), unit_attributes)
                unit.__class__ = Unit  # type: ignore[assignment]
                found.append(unit)  # type: ignore[arg-type]
                variants.clear()
                unit_properties.clear()
                unit_notes.clear()
                where = "body"
            elif where == "note":
                (own_notes if holder == "tuv" else unit_notes).append("".join(parts))
                where = holder
            else:
                leave()

        def leave() -> None:
            nonlocal where
            if where == "header":
                memory.header = Header(
                    source_language, version, (*header_attributes, *unit_rest), tuple(unit_properties), tuple(unit_notes), "".join(encodings)
                )
                unit_properties.clear()
                unit_notes.clear()
                unit_rest.clear()
            elif where == "ude":
                if encodings[-1].startswith("<ude"):
                    encodings.pop()
                else:
                    encodings.append("</ude>")
            where = {"map": "ude", "ude": "header", "header": "tmx", "body": "tmx"}.get(where, "")

        self._between = between
        parser.StartCdataSectionHandler = lambda: cdata(True)
        parser.EndCdataSectionHandler = lambda: cdata(False)
        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = parts.append


def pairs_of(attributes: list[str]) -> Pairs:
    """Names and values, without declarations of namespaces."""
    return tuple((name, value) for name, value in zip(attributes[::2], attributes[1::2], strict=True) if not name.startswith("xmlns"))


def language_of(attributes: list[str]) -> tuple[str, Pairs]:
    """The language of a variant (`xml:lang`, or `lang` as in TMX 1.1) and its other attributes."""
    values = pairs_of(attributes)
    named = dict(values)
    language = named.get("xml:lang") or named.get("lang") or ""
    return language, tuple(pair for pair in values if pair[0] not in ("xml:lang", "lang"))
