"""Which format a file is in (its suffix, and where that says little its first bytes), and the text that it holds."""

from __future__ import annotations

import re
from pathlib import Path

from ..errors import InputError
from .plain import FileText, read_plain

HTML_SUFFIXES = frozenset({".html", ".htm", ".xhtml"})
TABLE_SUFFIXES = frozenset({".tsv", ".tab", ".csv"})
_HTML = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)


def read_text(path: Path, language: str = "", name: str = "") -> FileText:
    """The text of a file of any known format, and what the file says about itself.

    `language` chooses the column of a table, the variants of a TMX and the old encodings that are thinkable; `name` is
    what messages call the file. Raises InputError.
    """
    path, name = Path(path), name or str(path)
    text = _by_format(path, language, name)
    if not text.text.strip():
        raise InputError("holds no text", place=name, hint="a document needs text")
    return text


def _by_format(path: Path, language: str, name: str) -> FileText:
    suffix = path.suffix.lower()
    if suffix in TABLE_SUFFIXES:
        from .tabular import read_table

        return read_table(path, language, name)
    head = _head(path)
    if suffix == ".docx" or (head.startswith(b"PK\x03\x04") and b"[Content_Types].xml" in head):
        from .docx import read_docx

        return read_docx(path, name)
    if suffix in HTML_SUFFIXES or _HTML.match(head):
        from .html import read_html

        return read_html(path, language, name)
    if suffix == ".tmx":
        from .memory import read_memory

        return read_memory(path, language, name)
    return read_plain(path, language, name)


def _head(path: Path) -> bytes:
    """The first bytes of a file; nothing where it cannot be read, which `read_bytes` will say better."""
    try:
        with path.open("rb") as file:
            return file.read(4096)
    except (OSError, ValueError):
        return b""
