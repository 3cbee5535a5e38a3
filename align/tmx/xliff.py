"""Units as XLIFF 1.2 and 2.1, and back. `convert` calls this.

1.2 has one `file` a target language, 2.1 holds a single one. Inline codes become the codes of that format and come
back as TMX's. Properties stand in `prop-group` (1.2) and in the metadata module (2.1). What has no place is
counted in `tally`.

Source: XLIFF 1.2 and 2.1, OASIS standards of 2008 and 2018.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from ..store import replacing
from .escaping import attribute, escape, has_forbidden, replace_forbidden
from .languages import canonical, key
from .model import Unit, Variant

NAMESPACE_1 = "urn:oasis:names:tc:xliff:document:1.2"
NAMESPACE_2 = "urn:oasis:names:tc:xliff:document:2.0"
METADATA = "urn:oasis:names:tc:xliff:metadata:2.0"
CONFIRMED = frozenset({"Translated", "ApprovedTranslation", "ApprovedSignOff"})
_NAME_TOKEN = re.compile(r"[\w.:-]+", re.ASCII)
Units = Callable[[], Iterator[Unit]]


def write_xliff(path: Path, units: Units, source_language: str, version: str, tally: Counter[str]) -> int:
    """Write version "1.2" or "2.1" and give the number of units (of all target languages together)."""
    source_language, targets = _languages(units(), source_language)
    if version == "2.1" and len(targets) > 1:
        tally[f"target languages beyond the first ({', '.join(targets[1:20])}): XLIFF 2.1 holds one"] += 1
        targets = targets[:1]
    one = version == "1.2"
    count = 0
    with replacing(path) as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n')
        if one:
            file.write(f'<xliff version="1.2" xmlns="{NAMESPACE_1}">\n')
        else:
            target = f' trgLang="{attribute(targets[0])}"' if targets else ""
            file.write(f'<xliff version="2.1" xmlns="{NAMESPACE_2}" xmlns:mda="{METADATA}" srcLang="{attribute(source_language)}"{target}>\n<file id="f1">\n')
        for target in targets:
            if one:
                file.write(
                    f'<file original="{attribute(path.stem)}" source-language="{attribute(source_language)}" target-language="{attribute(target)}" '
                    'datatype="plaintext">\n<body>\n'
                )
            count += _write_pairs(file, units, source_language, target, one, tally)
            file.write("</body>\n</file>\n" if one else "")
        file.write("</xliff>\n" if one else "</file>\n</xliff>\n")
    return count


def _languages(units: Iterator[Unit], source_language: str) -> tuple[str, list[str]]:
    found: dict[str, None] = {}
    for unit in units:
        found.update(dict.fromkeys(canonical(side.language, shorten=False) for side in unit.variants))
    source = canonical(source_language, shorten=False)
    if source not in found:
        source = next(iter(found), source or "und")
    return source, [language for language in found if language != source]


def _write_pairs(file: IO[str], units: Units, source_language: str, target: str, one: bool, tally: Counter[str]) -> int:
    count = 0
    used: set[str] = set()
    for unit in units():
        first = next((side for side in unit.variants if key(side.language) == key(source_language)), None)
        others = [side for side in unit.variants if key(side.language) == key(target)]
        if first is None or not others:
            tally["unit without this pair of languages"] += 1
            continue
        tally["second variant in a language"] += len(others) > 1
        for side in (first, others[0]):
            tally["attributes of a variant"] += bool(side.attributes)
            tally["properties and notes of a variant"] += bool(side.properties or side.notes)
        tally["attributes of a unit"] += bool(unit.attributes)
        count += 1
        identifier = unit.id if _NAME_TOKEN.fullmatch(unit.id) and unit.id not in used and len(used) < MAX_REMEMBERED else f"u{count}"
        if unit.id:
            used.add(identifier)
        text = (_unit_1 if one else _unit_2)(unit, identifier, first, others[0], tally)
        if has_forbidden(text):
            text, number = replace_forbidden(text)
            tally["forbidden character"] += number
        file.write(text)
    return count


MAX_REMEMBERED = 100_000


def _unit_1(unit: Unit, identifier: str, source: Variant, target: Variant, tally: Counter[str]) -> str:
    state = "translated" if unit.property("x-ConfirmationLevel") in CONFIRMED else "needs-review-translation"
    name = f' resname="{attribute(unit.id)}"' if unit.id and unit.id != identifier else ""
    properties = "".join(f'<prop prop-type="{attribute(name)}">{escape(value)}</prop>' for name, value in unit.properties)
    group = f'<prop-group name="tmx">{properties}</prop-group>' if properties else ""
    notes = "".join(f"<note>{escape(note)}</note>" for note in unit.notes)
    sides = f'<source>{_inline_1(source, tally)}</source><target state="{state}">{_inline_1(target, tally)}</target>'
    return f'<trans-unit id="{attribute(identifier)}"{name} xml:space="preserve">{sides}{group}{notes}</trans-unit>\n'


def _unit_2(unit: Unit, identifier: str, source: Variant, target: Variant, tally: Counter[str]) -> str:
    state = "translated" if unit.property("x-ConfirmationLevel") in CONFIRMED else "initial"
    name = f' name="{attribute(unit.id)}"' if unit.id and unit.id != identifier else ""
    meta = "".join(f'<mda:meta type="{attribute(name)}">{escape(value)}</mda:meta>' for name, value in unit.properties)
    group = f'<mda:metadata><mda:metaGroup category="tmx">{meta}</mda:metaGroup></mda:metadata>' if meta else ""
    notes = f"<notes>{''.join(f'<note>{escape(note)}</note>' for note in unit.notes)}</notes>" if unit.notes else ""
    data: list[str] = []
    sides = "".join(f'<{tag} xml:space="preserve">{_inline_2(side, data, tally)}</{tag}>' for tag, side in (("source", source), ("target", target)))
    stored = "".join(f'<data id="d{number}" xml:space="preserve">{escape(text)}</data>' for number, text in enumerate(data, 1))
    original = f"<originalData>{stored}</originalData>" if stored else ""
    return f'<unit id="{attribute(identifier)}"{name}>{group}{notes}{original}<segment state="{state}">{sides}</segment></unit>\n'


def _tree(variant: Variant, tally: Counter[str]) -> Any:
    from lxml import etree

    try:
        return etree.fromstring(f"<seg>{replace_forbidden(variant.markup)[0]}</seg>", etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        tally["inline codes of a segment"] += 1
        return None


def _inline_1(variant: Variant, tally: Counter[str]) -> str:
    root = _tree(variant, tally) if variant.markup else None
    if root is None:
        return escape(variant.text)
    number = 0

    def walk(element: Any) -> str:
        nonlocal number
        parts = [escape(element.text or "")]
        for child in element:
            inner = walk(child)
            kind = f' ctype="x-{attribute(child.get("type"))}"' if child.get("type") else ""
            number += 1
            if child.tag in ("bpt", "ept"):
                parts.append(f'<{child.tag} id="{number}" rid="{attribute(child.get("i", ""))}"{kind}>{inner}</{child.tag}>')
            elif child.tag == "it":
                parts.append(f'<it id="{number}" pos="{"open" if child.get("pos") == "begin" else "close"}"{kind}>{inner}</it>')
            elif child.tag == "hi":
                parts.append(f'<mrk mtype="x-{attribute(child.get("type", "hi"))}" mid="{number}">{inner}</mrk>')
            elif child.tag == "sub":
                parts.append(f"<sub>{inner}</sub>")
            else:
                parts.append(f'<ph id="{number}"{kind}>{inner}</ph>')
            parts.append(escape(child.tail or ""))
        return "".join(parts)

    return walk(root)


def _inline_2(variant: Variant, data: list[str], tally: Counter[str]) -> str:
    root = _tree(variant, tally) if variant.markup else None
    if root is None:
        return escape(variant.text)
    starts: dict[str, str] = {}
    prefix = f"c{len(data)}-"
    number = 0

    def code(element: Any) -> str:
        if len(element):
            tally["text within an inline code (sub)"] += 1
        data.append("".join(element.itertext()))
        return f"d{len(data)}"

    def walk(element: Any) -> str:
        nonlocal number
        parts = [escape(element.text or "")]
        for child in element:
            number += 1
            name = f"{prefix}{number}"
            if child.tag == "hi":
                parts.append(f'<mrk id="{name}" type="generic">{walk(child)}</mrk>')
            elif child.tag == "bpt":
                starts[child.get("i", "")] = name
                open_ended = "" if _closes(root, child.get("i", "")) else ' isolated="yes"'
                parts.append(f'<sc id="{name}" dataRef="{code(child)}"{open_ended}/>')
            elif child.tag == "ept":
                start = starts.pop(child.get("i", ""), "")
                reference = f'startRef="{start}"' if start else f'id="{name}" isolated="yes"'
                parts.append(f'<ec {reference} dataRef="{code(child)}"/>')
            elif child.tag == "it":
                tag = "sc" if child.get("pos") == "begin" else "ec"
                parts.append(f'<{tag} id="{name}" isolated="yes" dataRef="{code(child)}"/>')
            else:
                parts.append(f'<ph id="{name}" dataRef="{code(child)}"/>')
            parts.append(escape(child.tail or ""))
        return "".join(parts)

    return walk(root)


def _closes(root: Any, number: str) -> bool:
    return any(element.get("i") == number for element in root.iter("ept"))
