"""Inline codes: the inner XML of a segment, checked against what TMX allows, and the text that it shows.

`clean_markup` is called by the writer for segments with codes, `Serializer` by the reader while it parses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from xml.parsers import expat

from .escaping import attribute, escape
from .safe import MAX_DEPTH

# Element: attributes in the order of the DTD. The text within CODES is code of the document's format, not text to read.
INLINE = {
    "bpt": ("i", "x", "type"),
    "ept": ("i",),
    "sub": ("datatype", "type"),
    "it": ("pos", "x", "type"),
    "ph": ("x", "assoc", "type"),
    "hi": ("x", "type"),
    "ut": ("x",),
}
CODES = frozenset({"bpt", "ept", "it", "ph", "ut"})
# Where an element may stand (TMX 1.4 DTD): codes and `hi` in seg, sub and hi; sub in codes.
FLOW = frozenset({"bpt", "ept", "it", "ph", "hi", "ut"})
REQUIRED = {"bpt": "i", "ept": "i", "it": "pos"}


@dataclass(frozen=True, slots=True)
class Markup:
    """Inline XML in one canonical spelling, the text that it shows, and the elements that were not TMX's (their text stays)."""

    markup: str
    text: str
    unknown: tuple[str, ...]


class Serializer:
    """Start tags, end tags and character data of one segment to canonical inner XML and text."""

    __slots__ = ("_code", "_parts", "_stack", "_texts", "elements", "unknown")

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._texts: list[str] = []
        self._stack: list[str] = []
        self._code = 0
        self.elements = 0
        self.unknown: list[str] = []

    def start(self, name: str, attributes: Iterable[tuple[str, str]]) -> int:
        """Open an inline element; gives the depth that was reached."""
        local = name.rpartition(":")[2]
        parent = next((entry for entry in reversed(self._stack) if entry), "seg")
        allowed = local == "sub" if parent in CODES else local in FLOW
        values = dict(attributes)
        if allowed and REQUIRED.get(local, "") in ("", *values) and (local != "it" or values["pos"] in ("begin", "end")):
            self._parts.append(f"<{local}" + "".join(f' {key}="{attribute(values[key])}"' for key in INLINE[local] if key in values) + ">")
            self._stack.append(local)
            self._code += local in CODES
            self.elements += 1
        else:
            self.unknown.append(name)
            self._stack.append("")
        return len(self._stack)

    def end(self) -> bool:
        """Close the innermost element; False when none was open."""
        if not self._stack:
            return False
        local = self._stack.pop()
        if local:
            self._code -= local in CODES
            if self._parts[-1].startswith(f"<{local}") and not self._parts[-1].endswith("/>"):
                self._parts[-1] = self._parts[-1][:-1] + "/>"
            else:
                self._parts.append(f"</{local}>")
        return True

    def data(self, text: str) -> None:
        """Character data: code within a code (sub-flows too), text elsewhere."""
        self._parts.append(escape(text))
        if not self._code:
            self._texts.append(text)

    def result(self) -> Markup:
        """What was gathered; `markup` is "" when no inline element is left."""
        return Markup("".join(self._parts) if self.elements else "", "".join(self._texts), tuple(self.unknown))


def clean_markup(markup: str) -> Markup | None:
    """Parse inner XML and give it back canonically, without what TMX does not allow; None when it is not well-formed or absurdly deep."""
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.ordered_attributes = True
    serializer = Serializer()
    depth = deepest = 0

    def start(name: str, attributes: list[str]) -> None:
        nonlocal depth, deepest
        depth += 1
        if depth > 1:
            deepest = max(deepest, depth)
            serializer.start(name, zip(attributes[::2], attributes[1::2], strict=True))

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1
        if depth:
            serializer.end()

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = serializer.data
    try:
        parser.Parse(f"<seg>{markup}</seg>".encode("utf-8", "surrogatepass"), True)
    except expat.ExpatError:
        return None
    if deepest > MAX_DEPTH:
        return None
    result = serializer.result()
    return result if result.markup else Markup(escape(result.text), result.text, result.unknown)


_EDGE = re.compile(r"\A(?:\s|&#13;)+|(?:\s|&#13;)+\Z")


def strip_markup(markup: str) -> str:
    """Inner XML without blanks at its two ends; blanks inside a code stay, they belong to the document's format."""
    return _EDGE.sub("", markup)
