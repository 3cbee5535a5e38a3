"""The fast way through plain units: those of two variants without inline codes, which is nearly all of most memories.

`open_tmx` puts `skim` between the file and expat. Where expat stands between two units, a regular expression takes
the plain ones that follow, and expat gets a line end and blanks in their place, so that lines and columns stay true. It
matches only what is sound XML and means the same to expat, to the letter; anything else goes to expat as it is.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from ..errors import InputError
from .builder import Builder, language_of, pairs_of
from .model import OpenUnit, OpenVariant, Pairs, Unit, Variant
from .safe import MAX_ATTRIBUTES, Guard

# So much that holds no end of a unit is kept for the next piece; more goes to expat.
HELD_CHARS = 1 << 14
# After a unit that is not plain, expat gets twice as much as the last time before the next attempt.
FIRST_STRETCH, LONGEST_STRETCH = 256, 1 << 16
_CLOSE = "</tu>"

_BAD = r"\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff"
_TEXT = rf"[^<&\r\]{_BAD}]*+(?:(?:&(?:amp|lt|gt|quot|apos);|\](?!\]>))[^<&\r\]{_BAD}]*+)*+"
_BLANK = r"[ \t\r\n]*+"
_VALUE = rf'[^"<&\t\r\n{_BAD}]*+'
_ATTRIBUTES = rf'((?: [A-Za-z][A-Za-z:-]*+="{_VALUE}")*+)'
_PROPERTIES = rf'((?:<prop type="{_VALUE}">{_TEXT}</prop>{_BLANK})*+)'
_VARIANT = rf"<tuv{_ATTRIBUTES}>{_BLANK}{_PROPERTIES}<seg>({_TEXT})</seg>{_BLANK}</tuv>{_BLANK}"
_UNIT = re.compile(rf"{_BLANK}<tu{_ATTRIBUTES}>{_BLANK}{_PROPERTIES}{_VARIANT}{_VARIANT}</tu>")
_ONE_ATTRIBUTE = re.compile(r' ([A-Za-z:-]+)="([^"]*)"')
_ONE_PROPERTY = re.compile(r'<prop type="([^"]*)">([^<]*)</prop>')
_MAX_KNOWN = 1000


def skim(pieces: Iterator[bytes | str], guard: Guard, builder: Builder) -> Iterator[bytes | str]:
    """Give the pieces on to expat, without the plain units: those go straight into `builder.found`, in their order."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    taker = _Taker(builder.found)
    waiting = ""
    stretch = FIRST_STRETCH
    while True:
        try:
            piece = next(pieces, None)
        except InputError:
            # What stands before the damage is read, and judged, first.
            yield waiting
            raise
        if piece is None:
            break
        if isinstance(piece, bytes):
            try:
                waiting += decoder.decode(piece)
            except UnicodeDecodeError:
                # Expat says where; the decoder holds the first bytes of a character that began in the last piece.
                yield waiting
                yield decoder.getstate()[0] + piece
                yield from pieces
                return
        else:
            waiting += piece
        # Without a document type of its own, expat sees line ends as they are counted here only if no carriage return stands alone.
        lone = "\r" in waiting and waiting.count("\r") != waiting.count("\r\n")
        position = 0
        while True:
            if builder.between_units and not lone and guard.settled and not guard.doctype:
                start, position = position, taker.take(waiting, position)
                if position > start:
                    stretch = FIRST_STRETCH
                    lines = waiting.count("\n", start, position)
                    last = waiting.rfind("\n", start, position)
                    guard.lines_skipped += max(0, lines - 1)
                    yield "\n" * (lines > 0) + " " * (position - (last + 1 if lines else start))
            end = waiting.find(_CLOSE, min(position + stretch, len(waiting)))
            end = end if end >= 0 else waiting.rfind(_CLOSE, position)
            if end < 0:
                break
            stretch = min(2 * stretch, LONGEST_STRETCH)
            yield waiting[position : end + len(_CLOSE)]
            position = end + len(_CLOSE)
        waiting = waiting[position:]
        if len(waiting) > HELD_CHARS or not builder.between_units:
            yield waiting
            waiting = ""
    yield waiting
    if rest := decoder.getstate()[0]:
        yield rest


class _Taker:
    """Matches to units; what attributes say is remembered, as most variants have the same."""

    def __init__(self, found: list[Unit]) -> None:
        self._found = found
        self._known: dict[str, tuple[str, Pairs] | None] = {}

    def take(self, text: str, position: int) -> int:
        """Add the plain units from `position` on to `found`; gives the place after the last."""
        found, known = self._found, self._known
        for match in iter(_UNIT.scanner(text, position).match, None):  # type: ignore[attr-defined]
            head, unit_properties, one, one_properties, first, other, other_properties, second = match.groups()
            named = (head[7:-1], ()) if head[:7] == ' tuid="' and head.count('"') == 2 else _identifier(head)
            a = known[one] if one in known else self._variant(one)
            b = known[other] if other in known else self._variant(other)
            if named is None or a is None or b is None:
                break
            if "&" in first:
                first = _unescape(first)
            if "&" in second:
                second = _unescape(second)
            left = OpenVariant(a[0], first, "", _properties(one_properties) if one_properties else (), (), a[1])
            left.__class__ = Variant  # type: ignore[assignment]
            right = OpenVariant(b[0], second, "", _properties(other_properties) if other_properties else (), (), b[1])
            right.__class__ = Variant  # type: ignore[assignment]
            unit = OpenUnit(named[0], (left, right), _properties(unit_properties) if unit_properties else (), (), named[1])  # type: ignore[arg-type]
            unit.__class__ = Unit  # type: ignore[assignment]
            found.append(unit)  # type: ignore[arg-type]
            position = match.end()
        return position

    def _variant(self, text: str) -> tuple[str, Pairs] | None:
        if len(self._known) > _MAX_KNOWN:
            self._known.clear()
        values = _attributes(text)
        self._known[text] = None if values is None else language_of(values)
        return self._known[text]


def _attributes(text: str) -> list[str] | None:
    """Names and values in turn, or None for what expat should judge: a name that stands twice, names with a prefix, too many."""
    pairs = _ONE_ATTRIBUTE.findall(text)
    names = {name for name, _ in pairs}
    if len(names) != len(pairs) or len(pairs) > MAX_ATTRIBUTES or any(":" in name and name != "xml:lang" for name in names):
        return None
    return [part for pair in pairs for part in pair]


def _identifier(text: str) -> tuple[str, Pairs] | None:
    values = _attributes(text)
    if values is None:
        return None
    pairs = pairs_of(values)
    return next((value for name, value in pairs if name == "tuid"), ""), tuple(pair for pair in pairs if pair[0] != "tuid")


def _properties(text: str) -> Pairs:
    pairs = _ONE_PROPERTY.findall(text)
    return tuple((name, _unescape(value)) for name, value in pairs) if "&" in text else tuple(pairs)


def _unescape(text: str) -> str:
    if text.count("&") == text.count("&amp;"):
        return text.replace("&amp;", "&")
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&apos;", "'").replace("&amp;", "&")
