"""How a row of the workbook stood when it was written, in one hidden cell: so that what a reviewer changed is known wherever the row
has been moved to, and whatever was decided elsewhere meanwhile. Written by `xlsx`, read back by `review.workbook`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from ..corpus import Span
from ..decide.spans import text_hash

COLUMN = "as_written"
REVIEWED = ("status", "comment", "grade", "kinds")
DIGITS = 4  # hexadecimal, for each cell that nobody should change


@dataclass(frozen=True, slots=True)
class AsWritten:
    """The two spans of the row, the cells of the review columns by name, and a short hash of each other cell by column."""

    target: tuple[Span, Span]
    reviewed: dict[str, Any]
    others: str

    def changed(self, cells: Mapping[str, Any]) -> list[str]:
        """The columns, in alphabetical order, whose cells are not as they were written; `cells` are all but those of the review."""
        hashes = [self.others[place : place + DIGITS] for place in range(0, len(self.others), DIGITS)]
        return [name for name, known in zip(sorted(cells), hashes, strict=True) if cell_hash(cells[name]) != known]


def as_written(row: Mapping[str, Any], cells: Mapping[str, Any]) -> str:
    """The hidden cell of a row; `cells` are the cells of all columns as they are written."""
    target = [
        [row.get(f"document_id_{side}"), row.get(f"start_{side}"), row.get(f"end_{side}"), text_hash(str(row.get(f"text_{side}") or ""))] for side in "ab"
    ]
    return json.dumps(
        {
            "target": target,
            **{name: row.get(name) for name in REVIEWED},
            "others": others(value for _, value in sorted(cells.items()) if _ not in REVIEWED),
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def others(values: Iterable[Any]) -> str:
    return "".join(cell_hash(value) for value in values)


def read_as_written(text: str) -> AsWritten:
    """Raises ValueError for what is none."""
    try:
        record = json.loads(text)
        first, second = (Span(str(name), int(start), int(end), str(text_hash_)) for name, start, end, text_hash_ in record["target"])
        return AsWritten((first, second), {name: record[name] for name in REVIEWED}, str(record["others"]))
    except (TypeError, KeyError, RecursionError) as error:
        raise ValueError("not what was written") from error


def cell_hash(value: Any) -> str:
    """The same for a cell and for what a spreadsheet program makes of it: white space and control signs do not count, numbers have four decimals."""
    if isinstance(value, bool):
        value = "true" if value else "false"
    if isinstance(value, (int, float)):
        value = f"{float(value):.4f}"
    text = "".join(str(value or "").split())
    if not text.isprintable():
        text = "".join(sign for sign in text if sign.isprintable())
    # A check against slips, not against forgery: what is imported are the review columns alone.
    return f"{crc32(text.encode('utf-8', 'surrogatepass')) & 0xFFFF:04x}"
