"""A table (TSV, CSV) to text: the cells of one column, one row a line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from ..errors import InputError
from .plain import FileText, decode, one_line, read_bytes

NAMES = ("text", "segment", "sentence", "target", "translation", "source", "original")
_ESCAPE = re.compile(r"\\([tn\\])")
_ESCAPED = {"t": " ", "n": " ", "\\": "\\"}


def read_table(path: Path, language: str, name: str) -> FileText:
    """The column that is named like the language (`pt-BR`, `pt`, `text_pt`), else the first of `NAMES` that there is.

    TSV has no quoting, and `\\t`, `\\n`, `\\\\` stand for what they say; CSV is RFC 4180, with comma, semicolon or tab.
    Raises InputError that names the columns when none fits.
    """
    text, warnings = decode(read_bytes(path, name), language, name)
    rows = _tsv(text) if path.suffix.lower() in {".tsv", ".tab"} else _csv(text)
    try:
        header = next(rows, [])
        column = _column(header, language, name)
        cells = [one_line(row[column]) if column < len(row) else "" for row in rows]
    except csv.Error as error:
        raise InputError(f"is not CSV: {error}", place=name, hint="a field with a comma or a line end stands in double quotes (RFC 4180)") from error
    return FileText("\n".join(cells) + "\n" if cells else "", warnings, part=header[column].strip())


def _tsv(text: str) -> Iterator[list[str]]:
    for line in text.removesuffix("\n").split("\n"):
        yield [_ESCAPE.sub(lambda match: _ESCAPED[match[1]], field) for field in line.removesuffix("\r").split("\t")]


def _csv(text: str) -> Iterator[list[str]]:
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=lambda mark: (head.count(mark), mark == ","))
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _column(header: list[str], language: str, name: str) -> int:
    names = [cell.strip().lower().replace("_", "-") for cell in header]
    tag = language.lower()
    primary = tag.partition("-")[0]
    wanted = [tag, primary, f"text-{tag}", f"text-{primary}"] if tag else []
    for candidate in (*wanted, *NAMES):
        if candidate in names:
            return names.index(candidate)
    # A column of another region serves when it is the only one of the language: "pt-BR" for "pt".
    regional = [index for index, cell in enumerate(names) if primary and cell.partition("-")[0] == primary]
    if len(regional) == 1:
        return regional[0]
    columns = ", ".join(repr(cell.strip()[:40]) for cell in header[:20]) + (", ..." if len(header) > 20 else "")
    raise InputError(
        f"no column for {language or 'the text'}; the columns are {columns}",
        place=name,
        hint=f"name the column {language or 'text'!r} (or 'text') in the first line",
    )
