"""Read what can be read of a damaged memory, and say what was lost.

`open_tmx(lenient=True)` calls this. The text is cut at `<tu` and `</tu>`; each unit is read by itself, so that one
that is broken costs no other. A broken unit is mended first (characters and references that XML forbids, stray
`&` and `<`), then read variant by variant, then without inline codes; what is still not readable is left out.
Every step is a loss with its line. Memory stays constant; the limits of the strict reader hold for each unit.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from html.entities import html5
from pathlib import Path

from ..errors import InputError
from .builder import MAX_UNIT_BYTES, Builder
from .escaping import escape, has_forbidden, replace_forbidden
from .model import Header, Memory, Unit, Variant
from .safe import Guard
from .source import Source, open_source

_MARK = re.compile(r"<!--|<!\[CDATA\[|<(?:[\w.-]{1,40}:)?tu(?=[\s/>])|</(?:[\w.-]{1,40}:)?tu\s{0,40}>")
_REFERENCE = re.compile(r"&(?:#(?:x([0-9A-Fa-f]{1,8})|([0-9]{1,9}));|([A-Za-z][A-Za-z0-9]{0,31});)?")
_STRAY = re.compile(r"<(?!/?(?:[\w.-]{1,40}:)?(?:tmx|header|body|tu|tuv|seg|prop|note|ude|map|bpt|ept|ph|it|hi|ut|sub)(?=[\s/>])|!--|!\[CDATA\[)")
_CLOSED = re.compile(r"</(?:[\w.-]{1,40}:)?tu\s*>\Z")
_VARIANT = re.compile(r"<(?:[\w.-]{1,40}:)?tuv(?=[\s>]).*?(?:</(?:[\w.-]{1,40}:)?tuv\s*>|(?=<(?:[\w.-]{1,40}:)?tuv[\s>])|\Z)", re.DOTALL)
_SEGMENT = re.compile(r"(<(?:[\w.-]{1,40}:)?seg(?:\s[^<>]*)?>)(.*?)(?=</(?:[\w.-]{1,40}:)?seg|</(?:[\w.-]{1,40}:)?tuv|\Z)", re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")
_LANGUAGE = re.compile(r"""(?:xml:)?lang\s*=\s*["']([^"'<>]{1,60})["']""")
_SOURCE = re.compile(r"""srclang\s*=\s*["']([^"'<>]{1,60})["']""")
_VERSION = re.compile(r"""<(?:[\w.-]{1,40}:)?tmx\s[^<>]*?version\s*=\s*["']([^"'<>]{1,20})["']""")
_HEADER = re.compile(r"<(?:[\w.-]{1,40}:)?header(?=[\s/>])(?:[^<>]*/>|.*?</(?:[\w.-]{1,40}:)?header\s*>)", re.DOTALL)
_REPLACED = "\ufffd"


def recover(path: Path) -> Memory:
    """The header and what is readable of the units; `losses` says what is not. Raises InputError when the file is no TMX at all."""
    source = open_source(path, replace_errors=True)
    memory = Memory(path, Header(""), iter(()))
    blocks = _blocks(source, memory)
    head = next(blocks)[1]
    if not re.search(r"<(?:[\w.-]{1,40}:)?tmx[\s>]", head):
        raise InputError("the file is no TMX: no <tmx> before the first unit", place=f"{path}:1:1", hint="look at what kind of file it is")
    memory.header = _header(head, memory)
    memory.units = _units(blocks, memory)
    return memory


def _blocks(source: Source, memory: Memory) -> Iterator[tuple[int, str]]:
    """What stands before the first unit, then each unit with the line that it starts at."""
    buffer = ""
    line = 1
    position = 0
    start: int | None = None
    seen_head = False
    pieces = iter(source.pieces)
    ended = False
    while True:
        found = _MARK.search(buffer, position)
        if found is None or (found.end() + 60 > len(buffer) and not ended):
            keep = max(position, len(buffer) - 60) if found is None else found.start()
            if not seen_head and len(buffer) > MAX_UNIT_BYTES:
                raise InputError("no translation unit in the first part of the file", place=f"{memory.path}:1:1", hint="look at what kind of file it is")
            if seen_head and start is None:
                line += buffer.count("\n", 0, keep)
                buffer, position = buffer[keep:], 0
            elif start is not None and len(buffer) - start > MAX_UNIT_BYTES:
                memory.lose(line, 1, f"more than {MAX_UNIT_BYTES} characters in one unit")
                line += buffer.count("\n", 0, keep)
                buffer, position, start = buffer[keep:], 0, None
            else:
                position = keep
            if ended:
                break
            piece = _next(pieces, memory, line)
            if piece is None:
                ended = True
            else:
                buffer += piece
            continue
        mark = found[0]
        if mark.startswith("<!"):
            close = buffer.find("-->" if mark == "<!--" else "]]>", found.end())
            if close < 0 and not ended and len(buffer) - found.start() < MAX_UNIT_BYTES:
                piece = _next(pieces, memory, line)
                if piece is None:
                    ended = True
                else:
                    buffer += piece
                continue
            position = found.end() if close < 0 else close + 3
            continue
        opens = not mark.startswith("</")
        if not seen_head:
            seen_head = True
            yield 1, buffer[: found.start()]
        if opens:
            if start is not None:
                yield line, buffer[start : found.start()]
            line += buffer.count("\n", 0, found.start())
            buffer, position, start = buffer[found.start() :], found.end() - found.start(), 0
            tag_end = buffer.find(">", position)
            if tag_end > 0 and buffer[tag_end - 1] == "/" and "<" not in buffer[1:tag_end]:
                position, start = tag_end + 1, None
        else:
            if start is not None:
                yield line, buffer[start : found.end()]
            else:
                memory.lose(line + buffer.count("\n", 0, found.start()), 1, "end of a unit that never started")
            line += buffer.count("\n", 0, found.end())
            buffer, position, start = buffer[found.end() :], 0, None
    if not seen_head:
        yield 1, buffer
    elif start is not None:
        yield line, buffer[start:]


def _next(pieces: Iterator[bytes | str], memory: Memory, line: int) -> str | None:
    """One more piece of text; None at the end, which damage to a packed file may bring about."""
    try:
        piece = next(pieces, None)
    except InputError as error:
        memory.lose(line, 1, f"the rest of the file: {error.message}")
        return None
    if piece is None:
        return None
    text = piece if isinstance(piece, str) else piece.decode("utf-8", "replace")
    if _REPLACED in text:
        memory.lose(line, 1, "bytes that the encoding does not allow (about here)")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _header(head: str, memory: Memory) -> Header:
    if re.search(r"<!ENTITY\s", head):
        memory.lose(1, 1, "entity declarations")
    found = _HEADER.search(head)
    line = head.count("\n", 0, found.start()) + 1 if found else 1
    text = found[0] if found else ""
    version = _VERSION.search(head)
    for mend in (False, True):
        if found:
            try:
                inner = _parse(f"<tmx>{_mended(text, line, memory) if mend else text}<body></body></tmx>", memory.path)[1]
            except InputError:
                continue
            _carry(inner, memory, line)
            return replace(inner.header, version=version[1] if version else "")
    named = _SOURCE.search(head)
    memory.lose(line, 1, "the header" if text else "there is no header")
    return Header(named[1] if named else "")


def _parse(text: str, path: Path) -> tuple[list[Unit], Memory]:
    guard = Guard(Source(path, "utf-8", "", False, "", False, iter((text,))))
    memory = Memory(path, Header(""), iter(()))
    builder = Builder(guard, memory)
    for _ in guard.drive():
        pass
    return builder.found, memory


def _units(blocks: Iterator[tuple[int, str]], memory: Memory) -> Iterator[Unit]:
    for line, block in blocks:
        yield from _unit(block, line, memory)


def _unit(block: str, line: int, memory: Memory) -> list[Unit]:
    """One unit, by whatever step gives it."""
    try:
        return _read(block, line, memory)
    except InputError as error:
        reason = error.message
    if not _CLOSED.search(block):
        memory.lose(line, 1, "unit that is not closed, read as far as it goes")
    mended = _mended(block, line, memory)
    try:
        return _read(mended, line, memory)
    except InputError:
        pass
    head = re.match(r"<[^<>]*>", mended)
    front = mended[: next((found.start() for found in _VARIANT.finditer(mended)), len(mended))]
    variants: list[Variant] = []
    for found in _VARIANT.finditer(mended):
        place = line + mended.count("\n", 0, found.start())
        variants += _variant(found[0], place, memory)
    if not variants:
        memory.lose(line, 1, f"unit that cannot be read ({reason})")
        return []
    for opening in (front, head[0] if head else "<tu>"):
        try:
            (unit,) = _read(f"{opening}</tu>", line, memory)
        except (InputError, ValueError):
            continue
        return [replace(unit, variants=tuple(variants))]
    memory.lose(line, 1, "attributes, properties and notes of a unit")
    return [Unit("", tuple(variants))]


def _variant(text: str, line: int, memory: Memory) -> list[Variant]:
    """One variant (none when nothing of it can be read): whole, or its segment without inline codes."""
    closed = text if re.search(r"</(?:[\w.-]{1,40}:)?tuv\s*>\Z", text) else f"{text}</tuv>"
    try:
        (unit,) = _read(f"<tu>{closed}</tu>", line, memory)
        return list(unit.variants)
    except (InputError, ValueError):
        pass
    language, segment = _LANGUAGE.search(text), _SEGMENT.search(text)
    if language is None or segment is None:
        memory.lose(line, 1, "variant that cannot be read")
        return []
    memory.lose(line, 1, "inline codes, properties and attributes of a variant (its text is kept)")
    return [Variant(unescape(language[1]), unescape(_TAG.sub("", segment[2])))]


def _read(block: str, line: int, memory: Memory) -> list[Unit]:
    units, inner = _parse(f"<tmx><body>{block}</body></tmx>", memory.path)
    _carry(inner, memory, line)
    return units


def _carry(inner: Memory, memory: Memory, line: int) -> None:
    for loss in inner.losses:
        memory.lose(line + loss.line - 1, loss.column, loss.what)


def _mended(text: str, line: int, memory: Memory) -> str:
    """The text with what XML forbids replaced, and stray `&` and `<` written as characters."""
    counts: Counter[str] = Counter()
    if has_forbidden(text):
        text, counts["character that XML forbids, replaced by a space"] = replace_forbidden(text)

    def reference(found: re.Match[str]) -> str:
        hexadecimal, decimal, name = found.groups()
        if hexadecimal or decimal:
            number = int(hexadecimal, 16) if hexadecimal else int(decimal)
            if number <= 0x10FFFF and not has_forbidden(chr(number)):
                return found[0]
            counts["reference to a character that XML forbids, replaced by a space"] += 1
            return " "
        if name in ("amp", "lt", "gt", "quot", "apos"):
            return found[0]
        if name and f"{name};" in html5:
            counts["entity of HTML, replaced by its character"] += 1
            return escape(unescape(found[0]))
        counts["stray & or unknown entity, kept as text"] += 1
        return "&amp;" + found[0][1:]

    text = _REFERENCE.sub(reference, text)
    text, stray = _STRAY.subn("&lt;", text)
    if stray:
        counts["stray <, kept as text"] = stray
    for what, count in counts.items():
        memory.lose(line, 1, what)
        memory.lost[what] += count - 1
    return text
