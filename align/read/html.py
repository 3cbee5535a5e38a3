"""A web page to its main text, with date, address and outlet where the page names them."""

from __future__ import annotations

import re
from pathlib import Path

from ..errors import InputError
from .plain import FileText, decode, read_bytes

MAX_HTML_BYTES = 16 * 2**20
MAX_ELEMENTS = 100_000
_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE)


def read_html(path: Path, language: str, name: str) -> FileText:
    """The main text of a page, found by trafilatura; one paragraph a line. Nothing is fetched.

    Where no main text stands out the whole text of the page is taken, with a warning. Raises InputError for a page
    of more than 16 MB or 100,000 elements.
    """
    import trafilatura

    data = read_bytes(path, name, MAX_HTML_BYTES)
    source, warnings = _decode(data, language, name)
    if source.count("<") > 2 * MAX_ELEMENTS:
        raise InputError(f"has more than {MAX_ELEMENTS:,} elements", place=name, hint="save the text of the page as plain text")
    try:
        found = trafilatura.bare_extraction(source, with_metadata=True, include_comments=False, date_extraction_params={"extensive_search": False})
        text = (found.text if found is not None else None) or ""
        if not text.strip():
            text = trafilatura.html2txt(source)
            warnings = (*warnings, "no main text stands out from the page; all of its text was taken")
    except (ValueError, RecursionError, AttributeError, TypeError) as error:
        raise InputError("cannot be read as HTML", place=name, hint="save the text of the page as plain text") from error
    if found is None:
        return FileText(text, warnings)
    return FileText(text, warnings, outlet=found.sitename or "", date=found.date or "", url=found.url or "")


def _decode(data: bytes, language: str, name: str) -> tuple[str, tuple[str, ...]]:
    """The page as text: by its own statement where it is not UTF-8 and the statement holds."""
    declared = _CHARSET.search(data[:4096])
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        if declared is not None and b"\0" not in data:
            try:
                return data.decode(declared[1].decode("ascii")), ()
            except (UnicodeDecodeError, LookupError):
                pass
    return decode(data, language, name)
