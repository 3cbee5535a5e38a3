"""A file as a stream of text that expat can take: unpacked, decoded, bounded.

gzip and zip are unpacked on the way, and a packed file that grows out of all proportion is refused. The encoding
is that of the byte-order mark, else that of the bytes themselves (UTF-16 without a mark), else the declared one.
Blanks before the XML declaration, and the declaration itself, become blanks: lines and columns stay as they are.
"""

from __future__ import annotations

import codecs
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ..errors import InputError

CHUNK_BYTES = 1 << 16
PACKED_BYTES = 1 << 10
# A packed memory of real text grows to some 5 to 40 times its size; deflate cannot exceed 1032.
MAX_RATIO = 250
FREE_BYTES = 1 << 19
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
          (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))  # fmt: skip
_DECLARATION = re.compile(r"\s*<\?xml(?=[\s?])[^>]{0,400}?\?>")
_ENCODING = re.compile(r"""encoding\s*=\s*["']([A-Za-z][A-Za-z0-9._:-]*)["']""")
_ODD_CODECS = frozenset({"utf-7", "idna", "punycode", "unicode_escape", "raw_unicode_escape", "mbcs", "oem", "undefined"})


@dataclass(frozen=True, slots=True)
class Source:
    """A memory open for reading: its text in pieces (bytes when UTF-8), and how it was stored."""

    path: Path
    encoding: str
    declared: str
    mark: bool
    packed: str
    blank_start: bool
    pieces: Iterator[bytes | str]


def open_source(path: Path, replace_errors: bool = False) -> Source:
    """Look at the start of a file and give its text as a stream.

    With `replace_errors`, bytes that are not what the encoding allows become U+FFFD instead of an error.
    Raises InputError for a file that is missing, empty, not a text, packed beyond reason or in an unknown encoding.
    """
    blocks, packed = _unpacked(path)
    first = b""
    for block in blocks:
        first += block
        if len(first) >= 1024:
            break
    if not first:
        raise InputError("the file is empty", place=str(path), hint="a translation memory has at least a header and a body")
    mark = next(((mark, name) for mark, name in _MARKS if first.startswith(mark)), None)
    encoding = mark[1] if mark else _guess(first)
    first = first[len(mark[0]) :] if mark else first
    declared = ""
    head = first[:600].decode(encoding if encoding else "latin-1", "replace")
    found = _DECLARATION.match(head)
    if found and (named := _ENCODING.search(found[0])):
        declared = named[1]
    if not encoding:
        encoding = _usable(declared, path)
    pieces = _decoded(first, blocks, encoding, replace_errors, path)
    return Source(path, encoding, declared, mark is not None, packed, head[:1].isspace(), pieces)


def _guess(start: bytes) -> str:
    """UTF-16 and UTF-32 without a mark show themselves by the zero bytes about the first `<`; else ""."""
    patterns = ((b"<\0\0\0", "utf-32-le"), (b"\0\0\0<", "utf-32-be"), (b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))
    return next((name for pattern, name in patterns if start.startswith(pattern)), "")


def _usable(declared: str, path: Path) -> str:
    if not declared:
        return "utf-8"
    try:
        name = codecs.lookup(declared).name
        "x".encode(name)
    except (LookupError, UnicodeError):
        name = ""
    if not name or name in _ODD_CODECS:
        raise InputError(f"the encoding {declared!r} is not known", place=f"{path}:1:1", hint='save the file as UTF-8 and declare encoding="UTF-8"')
    # One byte a character is what was just read: a declaration of UTF-16 or UTF-32 is then untrue.
    return "utf-8" if name in ("ascii", "utf-8-sig") or name.startswith(("utf-16", "utf-32")) else name


def _decoded(first: bytes, blocks: Iterator[bytes], encoding: str, replace_errors: bool, path: Path) -> Iterator[bytes | str]:
    if encoding == "utf-8" and not replace_errors:
        found = _DECLARATION.match(first[:600].decode("latin-1"))
        if found:
            first = re.sub(rb"[^\n\r]", b" ", first[: found.end()]) + first[found.end() :]
        yield first
        yield from blocks
        return
    decoder = codecs.getincrementaldecoder(encoding)("replace" if replace_errors else "strict")
    offset = 0
    try:
        text = decoder.decode(first)
        if found := _DECLARATION.match(text[:600]):
            text = re.sub(r"[^\n\r]", " ", found[0]) + text[found.end() :]
        offset = len(first)
        yield text
        for block in blocks:
            yield decoder.decode(block)
            offset += len(block)
        yield decoder.decode(b"", True)
    except UnicodeDecodeError as error:
        raise InputError(
            f"byte {offset + error.start} is not {encoding.upper()}", place=str(path), hint="the file is damaged or declares another encoding than it has"
        ) from error


def _unpacked(path: Path) -> tuple[Iterator[bytes], str]:
    """The file's bytes, unpacked, and what it was packed with."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise InputError(f"cannot read ({error.strerror or error})", place=str(path), hint="look at the path and at who may read the file") from error
    if start.startswith(b"\x1f\x8b"):
        return _gzip(path), "gzip"
    if start == b"PK\x03\x04":
        return _zip(path), "zip"
    return _plain(path), ""


def _plain(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while block := file.read(CHUNK_BYTES):
                yield block
    except OSError as error:
        raise InputError(f"cannot read ({error.strerror or error})", place=str(path), hint="") from error


def _gzip(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        taken = given = 0
        unpacker = zlib.decompressobj(31)
        waiting = b""
        within = False
        while waiting or (waiting := file.read(PACKED_BYTES)):
            taken = file.tell()
            try:
                block = unpacker.decompress(waiting, CHUNK_BYTES)
            except zlib.error as error:
                raise InputError(f"the gzip stream is damaged ({error})", place=str(path), hint="fetch or pack the file again") from error
            waiting, within = unpacker.unconsumed_tail, True
            if unpacker.eof:
                # Several streams may follow each other; zero bytes may pad the end.
                waiting, within = unpacker.unused_data.lstrip(b"\0"), False
                unpacker = zlib.decompressobj(31)
            given += len(block)
            _within_reason(given, taken, path)
            if block:
                yield block
        if within:
            raise InputError("the gzip stream ends too early", place=str(path), hint="fetch or pack the file again")


def _zip(path: Path) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) != 1:
                raise InputError(f"the zip file holds {len(members)} files", place=str(path), hint="unpack it and name the memory that is meant")
            with archive.open(members[0]) as file:
                yield from _bounded(file, path)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise InputError(f"the zip file is damaged ({error})", place=str(path), hint="unpack it yourself, or fetch it again") from error


def _bounded(file: IO[bytes], path: Path) -> Iterator[bytes]:
    given, taken = 0, path.stat().st_size
    while block := file.read(CHUNK_BYTES):
        given += len(block)
        _within_reason(given, taken, path)
        yield block


def _within_reason(given: int, taken: int, path: Path) -> None:
    if given > FREE_BYTES and given > MAX_RATIO * taken:
        raise InputError(
            f"the packed file grows to more than {MAX_RATIO} times its size", place=str(path), hint="unpack it yourself if you trust where it comes from"
        )
