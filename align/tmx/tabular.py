"""Units as rows: TSV, CSV and XLSX, one column a language, then properties and notes. `convert` calls this.

The columns are found in a first pass, so nothing is kept in memory. A row holds texts: inline codes, dates and
what belongs to a single variant are lost, and counted in `tally`.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from ..errors import InputError
from ..store import replacing
from .languages import well_formed
from .lines import MAX_LINE_CHARS, bounded_lines
from .model import Unit, Variant
from .source import FREE_BYTES, MAX_RATIO

Units = Callable[[], Iterator[Unit]]
CELL_CHARS = 32_767
SHEET_ROWS = 1_048_576
MAX_PART_BYTES = 500_000_000
_NOT_LANGUAGES = frozenset({"id", "tu", "tuid", "note", "notes"})
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n"})
SHORT_LANGUAGE = 3


def write_table(path: Path, units: Units, tally: Counter[str]) -> int:
    """Write rows to `.tsv`, `.csv` or `.xlsx` (by the suffix) and give their number."""
    languages, properties, notes = _columns(units())
    header = ["id", *(_language_column(name) for name in languages), *(_property_column(name) for name in properties), *(["note"] if notes else [])]
    rows = (_row(unit, languages, properties, notes, tally) for unit in units())
    suffix = path.suffix.lower()
    if suffix == ".xlsx":
        return _write_xlsx(path, header, rows, tally)
    count = 0
    with replacing(path) as file:
        write = _csv_writer(file) if suffix == ".csv" else _tsv_writer(file)
        write(header)
        for row in rows:
            count += 1
            clean = [field.encode("utf-8", "replace").decode() for field in row]
            if suffix == ".tsv" and any("\r" in field for field in clean):
                tally["carriage return"] += 1
            write(clean)
    return count


def read_table(path: Path) -> Iterator[Unit]:
    """The units of a table as `write_table` writes them, or of any with a header line that names languages.

    Columns: `id`, `note`, a language tag (or `lang:TAG`), `x-...` or `prop:NAME`; any other becomes a property
    `x-NAME`. Empty cells are left out. Raises InputError with the row.
    """
    rows = _read_xlsx(path) if path.suffix.lower() == ".xlsx" else _read_text(path)
    header = next(rows, [])
    kinds = [_kind(name.strip()) for name in header]
    known = any(kind == "language" for kind, _ in kinds)
    if not known and [kind for kind, _ in kinds] != ["id"]:
        raise InputError("no column is named by a language tag", place=f"{path}:1", hint="name the columns like en, pt-BR (or lang:en)")
    for number, row in enumerate(rows, 2):
        if len(row) > len(kinds):
            raise InputError(f"{len(row)} fields under {len(kinds)} columns", place=f"{path}:{number}", hint="a field may hold a separator that is not escaped")
        cells = [(kind, name, text) for (kind, name), text in zip(kinds, row, strict=False) if text]
        variants = tuple(Variant(name, text) for kind, name, text in cells if kind == "language")
        if cells:
            yield Unit(
                next((text for kind, _, text in cells if kind == "id"), ""),
                variants,
                tuple((name, text) for kind, name, text in cells if kind == "property"),
                tuple(text for kind, _, text in cells if kind == "note"),
            )


def _columns(units: Iterable[Unit]) -> tuple[list[str], list[str], bool]:
    languages: dict[str, None] = {}
    properties: dict[str, None] = {}
    notes = False
    for unit in units:
        languages.update(dict.fromkeys(variant.language for variant in unit.variants))
        properties.update(dict.fromkeys(name for name, _ in unit.properties))
        notes = notes or bool(unit.notes)
    return list(languages), list(properties), notes


def _row(unit: Unit, languages: list[str], properties: list[str], notes: bool, tally: Counter[str]) -> list[str]:
    texts: dict[str, str] = {}
    for variant in unit.variants:
        if variant.language in texts:
            tally["second variant in a language"] += 1
            continue
        texts[variant.language] = variant.text
        tally["inline codes of a segment"] += bool(variant.markup)
        tally["attributes of a variant"] += bool(variant.attributes)
        tally["properties and notes of a variant"] += bool(variant.properties or variant.notes)
    tally["attributes of a unit"] += bool(unit.attributes)
    values: dict[str, str] = {}
    for name, value in unit.properties:
        if name in values:
            tally["property that stands more than once (joined by ;)"] += 1
        values[name] = f"{values[name]}; {value}" if name in values else value
    return [
        unit.id,
        *(texts.get(language, "") for language in languages),
        *(values.get(name, "") for name in properties),
        *(["\n".join(unit.notes)] if notes else []),
    ]


def _is_language(name: str) -> bool:
    return well_formed(name) and len(name.split("-", 1)[0]) in (2, SHORT_LANGUAGE)


def _language_column(language: str) -> str:
    return language if _is_language(language) and language.lower() not in _NOT_LANGUAGES else f"lang:{language}"


def _property_column(name: str) -> str:
    return name if name.startswith("x-") else f"prop:{name}"


def _kind(name: str) -> tuple[str, str]:
    lower = name.lower()
    if lower in ("id", "tuid"):
        return "id", ""
    if lower in ("note", "notes"):
        return "note", ""
    for prefix, kind in (("lang:", "language"), ("prop:", "property")):
        if lower.startswith(prefix):
            return kind, name[len(prefix) :]
    if lower.startswith("x-"):
        return "property", name
    return ("language", name) if _is_language(name) else ("property", f"x-{name}")


def _tsv_writer(file: IO[str]) -> Callable[[list[str]], object]:
    return lambda row: file.write("\t".join(field.translate(_ESCAPES).replace("\r", "") for field in row) + "\n")


def _csv_writer(file: IO[str]) -> Callable[[list[str]], object]:
    return csv.writer(file, lineterminator="\r\n").writerow


def _read_text(path: Path) -> Iterator[list[str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="" if path.suffix.lower() == ".csv" else "\n") as file:
            if path.suffix.lower() == ".csv":
                csv.field_size_limit(MAX_LINE_CHARS)
                yield from csv.reader(file)
            else:
                for line in bounded_lines(file, path):
                    yield [_unescape(field) for field in line.rstrip("\r\n").split("\t")]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"cannot read ({error})", place=str(path), hint="a table in UTF-8 with a header line is expected") from error


def _unescape(field: str) -> str:
    if "\\" not in field:
        return field
    parts = field.split("\\\\")
    return "\\".join(part.replace("\\t", "\t").replace("\\n", "\n") for part in parts)


def _write_xlsx(path: Path, header: list[str], rows: Iterable[list[str]], tally: Counter[str]) -> int:
    import xlsxwriter

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    count = 0
    with replacing(path, "wb") as file:
        book: Any = xlsxwriter.Workbook(file, options)
        # The same units give the same bytes: the moment of writing stays out of the file.
        book.set_properties({"created": datetime(1980, 1, 1, tzinfo=UTC)})
        sheet = book.add_worksheet("memory")
        sheet.freeze_panes(1, 0)
        sheet.set_column(1, max(1, len(header) - 1), 40)
        for column, text in enumerate(header):
            sheet.write_string(0, column, text)
        for row in rows:
            if count + 1 >= SHEET_ROWS:
                tally["unit beyond the last row of a sheet"] += 1
                continue
            count += 1
            for column, text in enumerate(row):
                if text:
                    tally["text cut to what a cell holds"] += len(text) > CELL_CHARS
                    sheet.write_string(count, column, text[:CELL_CHARS])
        book.close()
    return count


def _read_xlsx(path: Path) -> Iterator[list[str]]:
    import warnings

    from openpyxl import load_workbook
    from openpyxl.utils.escape import unescape

    place = str(path)
    number = 0
    # What is wrong inside shows itself as almost any exception of the library's: all of them say that the file is damaged.
    try:
        refuse_unreasonable(path)
        with warnings.catch_warnings(action="ignore"):
            book = load_workbook(path, read_only=True, data_only=True)
        sheet = book.worksheets[0]
        # The range that a file states may be wrong, and rows outside it would be lost.
        sheet.reset_dimensions()
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"cannot read as XLSX ({error})", place=place, hint="save it again as .xlsx") from error
    try:
        rows = sheet.iter_rows(values_only=True)
        while True:
            try:
                row = next(rows, None)
                texts = None if row is None else ["" if cell is None else unescape(cell) if isinstance(cell, str) else str(cell) for cell in row]
            except Exception as error:
                raise InputError(f"the sheet is damaged after row {number} ({error})", place=f"{place}:{number}", hint="save it again as .xlsx") from error
            if texts is None:
                return
            number += 1
            if number > SHEET_ROWS:
                raise InputError(f"more than {SHEET_ROWS} rows", place=f"{place}:{number}", hint="no sheet has so many; save it again as .xlsx")
            yield texts
    finally:
        book.close()


def refuse_unreasonable(path: Path) -> None:
    """What no spreadsheet program writes: parts that declare entities, or that unpack to far more than they should."""
    from zipfile import ZipFile

    with ZipFile(path) as archive:
        packed = path.stat().st_size
        for member in archive.infolist():
            if member.file_size > MAX_PART_BYTES or (member.file_size > FREE_BYTES and member.file_size > MAX_RATIO * packed):
                raise InputError(f"{member.filename[:60]} unpacks to {member.file_size} bytes", place=str(path), hint="split the table into several files")
            if member.filename.endswith((".xml", ".rels")):
                with archive.open(member) as file:
                    if b"<!DOCTYPE" in file.read(4096):
                        raise InputError(f"{member.filename[:60]} has a document type", place=str(path), hint="an XLSX needs none; save it again as .xlsx")
