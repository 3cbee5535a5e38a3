"""Expat, made safe for files from anywhere: what is refused, and how a complaint names its place.

Entities and their declarations, a document type of unreasonable size, absurd depth, attribute counts and token
sizes end the reading at once. No external file is ever opened. The reader and the checker drive this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from xml.parsers import expat

from ..errors import InputError
from .source import Source

MAX_DEPTH = 64
MAX_ATTRIBUTES = 100
MAX_TOKEN_BYTES = 1 << 20
MAX_DECLARATIONS = 500
MAX_DOCTYPE_BYTES = 1 << 17
LENIENT_HINT = "`align tmx convert FILE --out NEW.tmx --lenient` reads what can be read and lists the rest"

# The very strings that the handlers compare with: a comparison of one object with itself costs nothing.
_NAMES = ("tu", "tuv", "seg", "prop", "note", "tuid", "type", "xml:lang")

_MEANING = {
    "not well-formed (invalid token)": "a character that XML does not allow here",
    "mismatched tag": "an end tag that does not fit the element that is open",
    "no element found": "the file ends before its last element is closed",
    "unclosed token": "the file ends inside a tag or comment",
    "unclosed CDATA section": "the file ends inside a CDATA section",
    "undefined entity": "an entity that is not defined (only &amp; &lt; &gt; &quot; &apos; are)",
    "reference to invalid character number": "a reference to a character that XML cannot hold",
    "junk after document element": "something stands after the end of the document",
    "duplicate attribute": "an attribute stands twice in one tag",
    "XML or text declaration not at start of entity": "a second XML declaration",
    "partial character": "the file ends in the middle of a character",
}


class Guard:
    """An expat parser with everything dangerous closed, and the place that it has come to."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.parser = parser = expat.ParserCreate("utf-8", intern={name: name for name in _NAMES})
        parser.buffer_text = True
        parser.buffer_size = 1 << 16
        parser.ordered_attributes = True
        # Attributes that only an internal DTD supplies would multiply a small file into a large one.
        parser.specified_attributes = True
        parser.EntityDeclHandler = self._entity
        parser.SkippedEntityHandler = self._skipped
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EndDoctypeDeclHandler = self._doctype_end
        parser.AttlistDeclHandler = self._declaration
        parser.NotationDeclHandler = self._declaration
        self.doctype = ""
        self._doctype_start = -1
        self.declarations = 0
        self.fed = 0
        # Lines that went past expat.
        self.lines_skipped = 0

    @property
    def settled(self) -> bool:
        """Has the parser dealt with all that it was fed? It has not while it waits for the end of a tag or comment."""
        return self.parser.CurrentByteIndex == self.fed

    @property
    def line(self) -> int:
        return self.parser.CurrentLineNumber + self.lines_skipped

    @property
    def column(self) -> int:
        """Counted from 1."""
        return self.parser.CurrentColumnNumber + 1

    def refuse(self, message: str, hint: str) -> InputError:
        """An error about the place that the parser is at."""
        return InputError(message, place=f"{self.source.path}:{self.line}:{self.column}", hint=hint)

    def _entity(self, name: str, *_: object) -> None:
        raise self.refuse(f"declares the entity {name[:40]!r}: entities are refused", "a TMX needs none; remove the declaration and write the text itself")

    def _skipped(self, name: str, *_: object) -> None:
        raise self.refuse(f"uses the entity &{name[:40]};, which is not defined", f"write the character itself, or {LENIENT_HINT}")

    def _doctype(self, name: str, system: str | None, public: str | None, *_: object) -> None:
        self.doctype = system or public or name
        self._doctype_start = self.parser.CurrentByteIndex

    def _doctype_end(self) -> None:
        self._doctype_start = -1

    def _declaration(self, *_: object) -> None:
        self.declarations += 1
        if self.declarations > MAX_DECLARATIONS:
            raise self.refuse(f"more than {MAX_DECLARATIONS} declarations in the document type", "remove what stands between [ and ] in the DOCTYPE")

    def drive(self, pieces: Iterator[bytes | str] | None = None) -> Iterator[int]:
        """Feed the parser (the source's pieces, or others instead); after each piece its size comes back, so that what was found so far can be taken.

        Raises InputError with file, line, column, what is wrong and what to do about it.
        """
        parser = self.parser
        try:
            for piece in self.source.pieces if pieces is None else pieces:
                data = piece.encode("utf-8", "surrogatepass") if isinstance(piece, str) else piece
                parser.Parse(data, False)
                self.fed += len(data)
                if self.fed - parser.CurrentByteIndex > MAX_TOKEN_BYTES:
                    raise self.refuse(f"a single tag or comment of more than {MAX_TOKEN_BYTES} bytes", "no memory needs that; the file is damaged or hostile")
                if self._doctype_start >= 0 and self.fed - self._doctype_start > MAX_DOCTYPE_BYTES:
                    raise self.refuse(f"a document type of more than {MAX_DOCTYPE_BYTES} bytes", "remove what stands between [ and ] in the DOCTYPE")
                yield len(data)
            parser.Parse(b"", True)
            yield 0
        except expat.ExpatError as error:
            reason = expat.errors.messages.get(error.code, str(error))
            place = f"{self.source.path}:{error.lineno + self.lines_skipped}:{error.offset + 1}"
            raise InputError(f"not well-formed XML: {_MEANING.get(reason, reason)}", place=place, hint=LENIENT_HINT) from error


Handler = Callable[..., None]
