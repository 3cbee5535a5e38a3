"""A Word document (DOCX) to text: one paragraph a line, in the order of the document, those of tables and boxes too."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .plain import FileText, read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DOCX_BYTES = 128 * 2**20
MAX_UNPACKED_BYTES = 512 * 2**20
MAX_TEXT_PART_BYTES = 64 * 2**20
MAX_PARTS = 10_000

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_MARKS = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "\u2011"}
# Text that was struck out with changes tracked, and the second rendering of a box for old programs.
_LEFT_OUT = frozenset({f"{_W}del", f"{_W}moveFrom", _FALLBACK, f"{_W}pPr", f"{_W}rPr"})


def read_docx(path: Path, name: str) -> FileText:
    """The text of the body: tracked insertions count, deletions do not; headers, footers and notes are left out.

    Raises InputError for what is no DOCX, and for archives that unpack to more than a document can be.
    """
    import docx

    read_bytes(path, name, MAX_DOCX_BYTES)
    wrong = InputError("is not a DOCX document, or a damaged one", place=name, hint="open it in an office program and save it again as DOCX")
    _check_sizes(path, name, wrong)
    try:
        body = docx.Document(str(path)).element.body
    except Exception as error:  # python-docx lets the errors of zipfile, lxml and its own through
        raise wrong from error
    paragraphs = ["".join(_text(paragraph)) for paragraph in body.iter(f"{_W}p") if not _left_out(paragraph)]
    return FileText("\n".join(paragraphs) + "\n")


def _check_sizes(path: Path, name: str, wrong: InputError) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise wrong from error
    largest = max((part.file_size for part in parts if part.filename.endswith((".xml", ".rels"))), default=0)
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES or largest > MAX_TEXT_PART_BYTES:
        raise InputError("unpacks to more than a document can be", place=name, hint="save its text as plain text")
    if any(part.flag_bits & 1 for part in parts):
        raise InputError("is protected by a password", place=name, hint="save it without a password")


def _left_out(element: Any) -> bool:
    return any(ancestor.tag in _LEFT_OUT for ancestor in element.iterancestors())


def _text(element: Any) -> Iterator[str]:
    """The text of a paragraph without that of the paragraphs inside it (boxes), which come on lines of their own."""
    for child in element:
        if child.tag == f"{_W}t":
            yield child.text or ""
        elif child.tag in _MARKS:
            yield _MARKS[child.tag]
        elif child.tag not in _LEFT_OUT and child.tag != f"{_W}p":
            yield from _text(child)
