"""The rows of a workbook that comes back from a reviewer: opened within bounds, nothing in it trusted. Called by `workbook`."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..decide.spans import place_of
from ..errors import InputError
from ..tables.as_written import COLUMN, DIGITS, REVIEWED, AsWritten, read_as_written
from ..tables.xlsx import SHEET

MOST_COLUMNS, MOST_ROWS, MOST_PROBLEMS = 300, 1_048_576, 20


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the sheet: cells by column name, where each is, and how it was written."""

    cells: dict[str, Any]
    places: dict[str, str]
    written: AsWritten
    hidden: str


class Problems(list[str]):
    """Everything that cannot be taken, each with its cell."""

    def say(self, cell: str, message: str) -> None:
        self.append(f"{cell}: {message}")

    def stop(self, path: Path) -> None:
        if self:
            head = f"{len(self)} cell{'' if len(self) == 1 else 's'} cannot be taken; nothing was imported"
            more = [f"... and {len(self) - MOST_PROBLEMS} more"] if len(self) > MOST_PROBLEMS else []
            raise InputError(
                "\n".join([head, *(f"  {one}" for one in self[:MOST_PROBLEMS]), *more]),
                place=str(path),
                hint=f"only the columns {', '.join(REVIEWED)} are for changes; mend the cells and import the file again",
            )


def read_rows(path: Path, problems: Problems) -> Iterator[Row]:
    """The rows of the sheet; what was changed outside the review columns, formulas and damaged rows are problems.

    Raises InputError for what is no workbook of this program.
    """
    header: dict[int, str] = {}
    for number, cells in enumerate(_cells(path), 1):
        if number == 1:
            header = _header(path, cells)
            continue
        if all(value in (None, "") for _, value, _ in cells):
            continue
        places = {header[column]: f"{SHEET}!{_letters(column)}{number}" for column in header}
        values: dict[str, Any] = dict.fromkeys(header.values(), "")
        usable = True
        for column, value, kind in cells:
            cell = f"{SHEET}!{_letters(column)}{number}"
            if column not in header:
                if value not in (None, ""):
                    problems.say(cell, "a cell outside the table")
                    usable = False
            elif kind in ("f", "e"):
                problems.say(cell, "a formula: write the text or number itself" if kind == "f" else f"an error value ({value})")
                usable = False
            else:
                values[header[column]] = "" if value is None else value
        if usable and (row := _row(values, places, problems)) is not None:
            yield row


def _row(values: dict[str, Any], places: dict[str, str], problems: Problems) -> Row | None:
    hidden = str(values[COLUMN])
    others = {name: value for name, value in values.items() if name not in REVIEWED and name != COLUMN}
    try:
        written = read_as_written(hidden)
        if len(written.others) != DIGITS * len(others):
            raise ValueError
        changed = written.changed(others)
    except ValueError:
        problems.say(places[COLUMN], f"the hidden column {COLUMN} was changed, so that the row is not known any more")
        return None
    for name in changed:
        problems.say(places[name], f"{name} was changed")
    own = [place_of(span) for span in written.target]
    stated = [(str(values[f"document_id_{side}"]), values[f"start_{side}"], values[f"end_{side}"]) for side in "ab"]
    if not changed and own != stated:
        problems.say(places[COLUMN], f"the hidden column {COLUMN} was changed, so that the row is not known any more")
        return None
    return None if changed else Row(values, places, written, hidden)


def _header(path: Path, cells: Sequence[tuple[int, Any, str]]) -> dict[int, str]:
    header = {column: str(value) for column, value, _ in cells if value not in (None, "")}
    names = list(header.values())
    needed = [*REVIEWED, COLUMN, *(f"{name}_{side}" for name in ("document_id", "start", "end", "text") for side in "ab")]
    if missing := [name for name in needed if name not in names]:
        raise InputError(
            f"not a workbook for review: the column {missing[0]} is missing", place=f"{path}: {SHEET}!A1",
            hint="review the divergence.xlsx of a run (align run writes it), and leave its columns as they are",
        )  # fmt: skip
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError(f"the column {twice[0]} stands twice", place=f"{path}: {SHEET}!A1", hint="leave the columns as they are")
    return header


def _cells(path: Path) -> Iterator[list[tuple[int, Any, str]]]:
    """(column from 1, value, type) of each cell, row by row; only the first lines of what a library says reach the user."""
    from openpyxl import load_workbook
    from openpyxl.utils.escape import unescape

    from ..tmx.tabular import refuse_unreasonable

    try:
        refuse_unreasonable(path)
        with warnings.catch_warnings(action="ignore"):
            book = load_workbook(path, read_only=True, data_only=False)
        if SHEET not in book.sheetnames:
            raise InputError(f"there is no sheet {SHEET!r}", place=str(path), hint="review the divergence.xlsx of a run, and leave its sheets as they are")
        sheet = book[SHEET]
        sheet.reset_dimensions()
        rows = sheet.iter_rows()
    except InputError:
        raise
    except Exception as error:  # what is wrong inside shows itself as almost any exception of the library's
        raise InputError(
            f"cannot read as XLSX ({_first_line(error)})", place=str(path), hint="open it in a spreadsheet program and save it again as .xlsx"
        ) from error
    number = 0
    try:
        while True:
            try:
                with warnings.catch_warnings(action="ignore"):
                    row = next(rows, None)
                if row is None:
                    return
                cells = [
                    (int(cell.column), unescape(cell.value) if isinstance(cell.value, str) else cell.value, str(cell.data_type))
                    for cell in row
                    if cell.value is not None
                ]
            except Exception as error:
                raise InputError(
                    f"the sheet is damaged after row {number} ({_first_line(error)})", place=f"{path}:{number}", hint="save it again as .xlsx"
                ) from error
            number += 1
            if number > MOST_ROWS or any(column > MOST_COLUMNS for column, _, _ in cells):
                raise InputError("the sheet is larger than any table of this program", place=f"{path}:{number}", hint="save it again as .xlsx")
            yield cells
    finally:
        book.close()


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:160] if lines else type(error).__name__


def _letters(column: int) -> str:
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
