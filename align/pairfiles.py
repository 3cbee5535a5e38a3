"""Rows of a table in, the same ones with their divergence out; called by `align score`. Memories: `pairmemories`.

Rows stream through in blocks, so memory does not grow with the file. Formats: TSV (as this program writes it: no quoting,
`\\t` `\\n` `\\\\` escaped), CSV (RFC 4180), JSON Lines.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from .errors import InputError, UsageError
from .store import replacing

if TYPE_CHECKING:
    from .judge import Encode, Judgement

LONGEST_FIELD = 10_000_000
OURS = ("divergence", "grade", "percentile", "kinds", "evidence")
SCORES = ("bleu", "chrf", "similarity", "coverage_ab", "coverage_ba")
BACK = ("backtranslation_a", "backtranslation_b", "engine")
FURTHER = ("inline_codes", "unchecked", "signature")
_ESCAPES = {"\\t": "\t", "\\n": "\n", "\\r": "\r", "\\\\": "\\"}


@dataclass(frozen=True, slots=True)
class Table:
    """A file of pairs: its columns and its rows (plain dictionaries, in order), read while they are asked for."""

    columns: tuple[str, ...]
    rows: Iterator[dict[str, Any]]


def read_table(path: Path) -> Table:
    """Open a TSV, CSV or JSON Lines file with a header (JSON Lines: the keys of its first object).

    Raises InputError with file and line for a row that does not fit.
    """
    suffix = path.suffix.lower()
    if suffix not in (".tsv", ".csv", ".jsonl"):
        raise InputError(f"cannot read pairs from a {suffix or 'file without suffix'}", place=str(path), hint="give .tsv, .csv, .jsonl or .tmx")
    lines = _lines(path)
    if suffix == ".jsonl":
        return _objects(path, lines)
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(lines, strict=True) if suffix == ".csv" else ([unescape(cell) for cell in line.rstrip("\r\n").split("\t")] for line in lines)
    try:
        columns = tuple(next(iter(reader)))
    except (StopIteration, csv.Error) as error:
        raise InputError("there is no header line", place=str(path)) from error
    return Table(columns, _rows(path, columns, reader))


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from file
    except OSError as error:
        raise InputError(f"cannot read ({error.strerror})", place=str(path)) from error
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 (byte {error.start})", place=str(path), hint="save the file as UTF-8") from error


def _rows(path: Path, columns: Sequence[str], reader: Iterable[list[str]]) -> Iterator[dict[str, Any]]:
    number = 1
    try:
        for number, cells in enumerate(reader, 2):
            if len(cells) != len(columns):
                raise InputError(f"{len(cells)} fields where the header has {len(columns)}", place=f"{path}:{number}")
            yield dict(zip(columns, cells, strict=True))
    except csv.Error as error:
        raise InputError(f"not CSV ({error})", place=f"{path}:{number + 1}") from error


def unescape(cell: str) -> str:
    """A field of a TSV line as it was before `tables.tsv_line` escaped it."""
    if "\\" not in cell:
        return cell
    out, rest = [], iter(range(len(cell)))
    for place in rest:
        if (plain := _ESCAPES.get(cell[place : place + 2])) is not None:
            out.append(plain)
            next(rest)
        else:
            out.append(cell[place])
    return "".join(out)


def _objects(path: Path, lines: Iterator[str]) -> Table:
    def objects() -> Iterator[dict[str, Any]]:
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    record = json.loads(line)
                except ValueError as error:
                    raise InputError(f"not JSON ({error})", place=f"{path}:{number}") from error
                if not isinstance(record, dict):
                    raise InputError("not an object", place=f"{path}:{number}")
                yield record

    stream = objects()
    first = next(stream, None)
    if first is None:
        raise InputError("there is no row", place=str(path))

    def all_rows() -> Iterator[dict[str, Any]]:
        yield first
        yield from stream

    return Table(tuple(first), all_rows())


def score_table(
    table: Table, columns: tuple[str, str], languages: tuple[str, str], encode: Encode, *, translate: bool, place: str, base_rate: float | None = None
) -> Table:
    """Give each row back, in order, with divergence, grade, percentile, kinds, evidence and scores; a column of that name is replaced.

    Raises UsageError for a column that is not there.
    """
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise UsageError(f"{place} has no column {', '.join(missing)}", hint=f"its columns: {', '.join(table.columns)}")
    added = (*OURS, *SCORES, *(BACK if translate else ()), *FURTHER)
    kept = tuple(name for name in table.columns if name not in added)

    from .judge import judged

    def scored() -> Iterator[dict[str, Any]]:
        waiting: deque[dict[str, Any]] = deque()

        def texts() -> Iterator[tuple[str, str]]:
            for row in table.rows:
                waiting.append({name: row.get(name) for name in kept})
                yield _text(row.get(columns[0])), _text(row.get(columns[1]))

        for found in judged(texts(), languages, encode, translate, base_rate):
            yield waiting.popleft() | _fields(found, translate)

    return Table((*kept, *added), scored())


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _fields(found: Judgement, translate: bool) -> dict[str, Any]:
    """The fields that a judgement adds to a row."""
    from .plain import to_plain

    verdict, values = found.verdict, {score.name: round(score.value, 4) for score in found.scores}
    fields: dict[str, Any] = {
        "divergence": round(verdict.divergence, 4),
        "grade": verdict.grade,
        "percentile": None if verdict.percentile is None else round(verdict.percentile, 4),
        "kinds": list(verdict.kinds),
        "evidence": to_plain(list(verdict.evidence)),
    }
    fields |= {name: values.get(name) for name in SCORES}
    if translate:
        sides = [side for side in (found.pair.backtranslation_a, found.pair.backtranslation_b) if side is not None]
        engines = dict.fromkeys(side.engine for side in sides if side.engine)
        fields |= dict(zip(BACK, (*(side.text for side in sides), " | ".join(engines)), strict=True))
    codes = [list(side) for side in found.tags] if any(found.tags) else []
    return fields | {"inline_codes": codes, "unchecked": list(found.unchecked), "signature": verdict.signature}


def write_stream(table: Table, path: Path | None, suffix: str, keep: Callable[[dict[str, Any]], bool]) -> tuple[int, int]:
    """Write the rows that `keep` wants to a file (whole or not at all) or to stdout; gives (rows read, rows written)."""
    read = written = 0
    with _target(path) as file:
        put = _writer(file, table.columns, suffix)
        for row in table.rows:
            read += 1
            if keep(row):
                written += 1
                put(row)
    return read, written


@contextmanager
def _target(path: Path | None) -> Iterator[IO[str]]:
    if path is None:
        yield sys.stdout
        sys.stdout.flush()
        return
    with replacing(path) as file:
        yield file


def _writer(file: IO[str], columns: Sequence[str], suffix: str) -> Callable[[dict[str, Any]], None]:
    if suffix == ".jsonl":
        return lambda row: _ignore(file.write(json.dumps({name: row.get(name) for name in columns}, ensure_ascii=False) + "\n"))
    from .tables import cell, tsv_line

    if suffix == ".csv":
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(columns)
        return lambda row: _ignore(writer.writerow([cell(row.get(name)) for name in columns]))
    file.write(tsv_line(columns))
    return lambda row: _ignore(file.write(tsv_line([row.get(name) for name in columns])))


def _ignore(_: object) -> None:
    return None
