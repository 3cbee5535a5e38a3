"""Read XLIFF 1.2 and 2.x as units: one a `trans-unit`, or one a `segment`. `convert` calls this.

Inline codes become TMX's: paired ones `bpt` and `ept`, single ones `ph`, marks `hi`. Streams; entities and external
files are never opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import InputError
from .builder import MAX_CODES, MAX_UNIT_BYTES
from .escaping import attribute, escape
from .markup import clean_markup
from .model import Unit, Variant
from .xliff import METADATA, NAMESPACE_2

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def read_xliff(path: Path) -> Iterator[Unit]:
    """The units of an XLIFF file, in order. A unit with no target has one variant. Raises InputError with line and column."""
    from lxml import etree

    source_language = target_language = ""
    try:
        with path.open("rb") as file:
            events = etree.iterparse(file, events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
            for event, element in events:
                name = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
                if event == "start":
                    if name == "xliff" and element.getparent() is None:
                        _refuse_entities(element, path)
                        source_language, target_language = element.get("srcLang", ""), element.get("trgLang", "")
                    elif element.getparent() is None:
                        raise InputError(f"the file is no XLIFF: its first element is {name!r}", place=f"{path}:{element.sourceline}", hint="")
                    elif name == "file":
                        source_language = element.get("source-language", source_language)
                        target_language = element.get("target-language", target_language)
                elif name == "trans-unit":
                    yield _unit_1(element, source_language, target_language)
                    _forget(element)
                elif element.tag == f"{{{NAMESPACE_2}}}unit":
                    yield from _units_2(element, source_language, target_language)
                    _forget(element)
    except _UnreasonableError as error:
        raise InputError(str(error), place=f"{path}:{element.sourceline}", hint="no segment needs that; the file is damaged or hostile") from error
    except OSError as error:
        raise InputError(f"cannot read ({error.strerror or error})", place=str(path), hint="look at the path and at who may read the file") from error
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise InputError(f"not well-formed XML: {error.msg}", place=f"{path}:{line}:{column}", hint="mend the file at this place") from error


def _refuse_entities(root: Any, path: Path) -> None:
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and next(iter(dtd.iterentities()), None) is not None:
        raise InputError("declares an entity: entities are refused", place=f"{path}:1", hint="an XLIFF needs none; remove the declaration")


def _forget(element: Any) -> None:
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]


def _unit_1(element: Any, source_language: str, target_language: str) -> Unit:
    variants = []
    for tag, language in (("source", source_language), ("target", target_language)):
        side = element.find(f"{{*}}{tag}")
        if side is not None and (tag == "source" or len(side) or side.text):
            variants.append(_variant(side, side.get(_LANG) or language, {}))
    properties = tuple((prop.get("prop-type", ""), prop.text or "") for prop in element.iterfind("{*}prop-group/{*}prop"))
    notes = tuple("".join(note.itertext()) for note in element.iterfind("{*}note"))
    return Unit(element.get("resname") or element.get("id") or "", tuple(variants), properties, notes)


def _units_2(element: Any, source_language: str, target_language: str) -> Iterator[Unit]:
    data = {entry.get("id", ""): "".join(entry.itertext()) for entry in element.iterfind("{*}originalData/{*}data")}
    properties = tuple((meta.get("type", ""), meta.text or "") for meta in element.iter(f"{{{METADATA}}}meta"))
    notes = tuple("".join(note.itertext()) for note in element.iterfind("{*}notes/{*}note"))
    segments = element.findall("{*}segment")
    identifier = element.get("name") or element.get("id") or ""
    for number, segment in enumerate(segments, 1):
        variants = []
        for tag, language in (("source", source_language), ("target", target_language)):
            side = segment.find(f"{{*}}{tag}")
            if side is not None and (tag == "source" or len(side) or side.text):
                variants.append(_variant(side, side.get(_LANG) or language, data))
        yield Unit(identifier if len(segments) == 1 else f"{identifier}-{number}", tuple(variants), properties, notes)


def _variant(side: Any, language: str, data: dict[str, str]) -> Variant:
    if not len(side):
        return Variant(language, side.text or "")
    found = clean_markup(_Codes(data).walk(side))
    if found is None:
        raise _UnreasonableError("inline codes that nest too deep")
    return Variant(language, found.text, found.markup if "<" in found.markup else "")


class _UnreasonableError(Exception):
    """A segment that no translator ever saw."""


class _Codes:
    """XLIFF's inline elements as TMX's."""

    def __init__(self, data: dict[str, str]) -> None:
        self._data = data
        self._numbers: dict[str, str] = {}
        self._count = self._size = 0

    def walk(self, element: Any) -> str:
        """The inner XML of an element."""
        parts = [escape(element.text or "")]
        for child in element:
            if isinstance(child.tag, str):
                self._count += 1
                if self._count > MAX_CODES:
                    raise _UnreasonableError(f"more than {MAX_CODES} inline codes in one segment")
                parts.append(self._code(child, child.tag.rpartition("}")[2]))
            parts.append(escape(child.tail or ""))
        return "".join(parts)

    def _number(self, name: str) -> str:
        return self._numbers.setdefault(name, str(len(self._numbers) + 1))

    def _stored(self, element: Any, name: str) -> str:
        stored = escape(self._data.get(element.get(name, ""), ""))
        self._size += len(stored)
        if self._size > MAX_UNIT_BYTES:
            raise _UnreasonableError(f"inline codes of more than {MAX_UNIT_BYTES} characters in one segment")
        return stored

    def _code(self, child: Any, name: str) -> str:
        kind = child.get("ctype", "").removeprefix("x-")
        kind = f' type="{attribute(kind)}"' if kind else ""
        if name in ("bpt", "ept"):
            number = self._number(child.get("rid") or child.get("id", ""))
            return f'<{name} i="{number}"{kind if name == "bpt" else ""}>{self.walk(child)}</{name}>'
        if name == "it":
            return f'<it pos="{"begin" if child.get("pos") == "open" else "end"}"{kind}>{self.walk(child)}</it>'
        if name == "sub":
            return f"<sub>{self.walk(child)}</sub>"
        if name in ("g", "pc"):
            number = self._number(child.get("id", ""))
            start, end = self._stored(child, "dataRefStart"), self._stored(child, "dataRefEnd")
            return f'<bpt i="{number}"{kind}>{start}</bpt>{self.walk(child)}<ept i="{number}">{end}</ept>'
        if name in ("bx", "sc") and child.get("isolated") != "yes":
            return f'<bpt i="{self._number(child.get("rid") or child.get("id", ""))}"{kind}>{self._stored(child, "dataRef")}</bpt>'
        if name in ("ex", "ec") and child.get("isolated") != "yes":
            return f'<ept i="{self._number(child.get("startRef") or child.get("rid") or child.get("id", ""))}">{self._stored(child, "dataRef")}</ept>'
        if name in ("sc", "ec"):
            return f'<it pos="{"begin" if name == "sc" else "end"}"{kind}>{self._stored(child, "dataRef")}</it>'
        if name == "mrk":
            mark = child.get("mtype", "").removeprefix("x-")
            return f'<hi type="{attribute(mark)}">{self.walk(child)}</hi>' if mark and mark != "hi" else f"<hi>{self.walk(child)}</hi>"
        return f"<ph{kind}>{self._stored(child, 'dataRef') or self.walk(child)}</ph>"
