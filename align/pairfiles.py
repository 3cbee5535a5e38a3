"""Rows of a table or units of a memory in, the same ones with their divergence out; called by `align score` and `align.score`.

Rows stream through in blocks, so memory does not grow with the file. Formats: TSV (as this program writes it: no quoting,
`\\t` `\\n` `\\\\` escaped), CSV (RFC 4180), JSON Lines, TMX.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from .corpus import BackTranslation, Member, Pair, Verdict
from .errors import InputError, UsageError
from .store import Cache, replacing

if TYPE_CHECKING:
    from .judge import Encode, Judgement, Translate
    from .tmx import Unit

LONGEST_FIELD = 10_000_000
OURS = ("divergence", "grade", "percentile", "kinds", "evidence")
SCORES = ("bleu", "chrf", "similarity", "coverage_ab", "coverage_ba")
BACK = ("backtranslation_a", "backtranslation_b", "engine")
FURTHER = ("inline_codes", "unchecked", "signature")
_CODE = re.compile(r'<(bpt|it|ph|hi|ut)\b(?:[^>]*?\sx="(\d{1,9})")?')
_ESCAPES = {"\\t": "\t", "\\n": "\n", "\\r": "\r", "\\\\": "\\"}


@dataclass(frozen=True, slots=True)
class Table:
    """A file of pairs: its columns and its rows (plain dictionaries, in order), read while they are asked for."""

    columns: tuple[str, ...]
    rows: Iterator[dict[str, Any]]


def translators(languages: tuple[str, str]) -> tuple[Translate, Translate]:
    """What makes the back-translations of each side: of A through or into the other language, and of B. Cached on disk.

    Raises NoRouteError when no installed model leads there.
    """
    from .backtranslate import Settings, backtranslate
    from .backtranslate.argos_packages import find_route, no_route, packages

    a, b = languages
    found = packages()
    if a.split("-")[0].lower() != b.split("-")[0].lower() and not (find_route(a, b, found) or find_route(b, a, found)):
        raise no_route(a, b, found)
    cache = Cache("translations")

    def side(own: str, other: str) -> Translate:
        def translate(texts: Sequence[str]) -> list[BackTranslation]:
            pairs = [Pair("", Member("a", 0, len(text), text, ()), Member("b", 0, 0, "", ()), own, other) for text in texts]
            made = backtranslate(pairs, "", Settings(), cache).pairs
            return [pair.backtranslation_a or BackTranslation("", "", "", "", "no route") for pair in made]

        return translate

    return side(a, b), side(b, a)


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


def judged(
    texts: Iterable[tuple[str, str]], languages: tuple[str, str], encode: Encode, translate: bool, base_rate: float | None = None
) -> Iterator[Judgement]:
    """One judgement a pair, in order; `translate` holds each against its offline back-translation too."""
    from .judge import judge

    to_b, to_a = translators(languages) if translate else (None, None)
    return judge(texts, languages, encode, translate_a=to_b, translate_b=to_a, base_rate=base_rate)


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


def score_memory(
    path: Path, out: Path, languages: tuple[str, str] | None, keep_below: float | None, encoder: str, translate: bool, base_rate: float | None = None
) -> tuple[int, int, float]:
    """A memory with `x-divergence`, `x-grade`, `x-kinds` on each unit, `x-inline-codes` where a side lost some; gives (read, written, greatest divergence).

    Without `languages`, those of the first unit, the header's source language first. A unit without both passes through unjudged.
    Raises InputError for what is no memory.
    """
    from .embed import open_encoder
    from .tmx import open_tmx, write_tmx

    memory = open_tmx(path)
    counts, worst = [0, 0], 0.0
    waiting: deque[tuple[Unit, bool]] = deque()
    first = next(memory.units, None)
    tags = languages or (_languages(first, memory.header.source_language) if first else ("und", "und"))

    def units() -> Iterator[Unit]:
        if first is not None:
            yield first
        yield from memory.units

    def texts() -> Iterator[tuple[str, str]]:
        for unit in units():
            counts[0] += 1
            sides = _sides(unit, tags)
            waiting.append((unit, sides is not None))
            if sides is not None:
                yield sides

    def passing() -> Iterator[Unit]:
        while waiting and not waiting[0][1]:
            counts[1] += 1
            yield waiting.popleft()[0]

    def scored() -> Iterator[Unit]:
        nonlocal worst
        for found in judged(texts(), tags, open_encoder(encoder, tags).encode, translate, base_rate):
            yield from passing()
            unit, verdict = waiting.popleft()[0], found.verdict
            worst = max(worst, verdict.divergence)
            if keep_below is None or verdict.divergence < keep_below:
                counts[1] += 1
                yield replace(unit, properties=_properties(unit.properties, verdict, lost_codes(unit, tags)))
        yield from passing()

    write_tmx(out, scored(), memory.header.source_language, header=memory.header, faithful=True)
    return counts[0], counts[1], worst


def _languages(unit: Unit, source: str) -> tuple[str, str]:
    tags = [variant.language for variant in unit.variants]
    first = next((tag for tag in tags if tag.lower() == source.lower()), tags[0])
    return first, next((tag for tag in tags if tag != first), first)


def _sides(unit: Unit, languages: tuple[str, str]) -> tuple[str, str] | None:
    texts = {variant.language.lower(): variant.text for variant in unit.variants}
    a, b = texts.get(languages[0].lower()), texts.get(languages[1].lower())
    return None if a is None or b is None else (a, b)


def lost_codes(unit: Unit, languages: tuple[str, str]) -> str:
    """The inline codes that only one side has, by element and number (`en: ph 2`), or ""; they take no part in the meaning."""
    sides = []
    for language in languages:
        markup = next((variant.markup for variant in unit.variants if variant.language.lower() == language.lower()), "")
        sides.append([f"{name} {number}".strip() for name, number in _CODE.findall(markup)])
    lost = [
        f"{language}: {code}" for language, own, other in zip(languages, sides, sides[::-1], strict=True) for code in dict.fromkeys(own) if code not in other
    ]
    return " | ".join(lost)


def _properties(known: Sequence[tuple[str, str]], verdict: Verdict, codes: str) -> tuple[tuple[str, str], ...]:
    ours = {"x-divergence": f"{verdict.divergence:.4f}", "x-grade": str(verdict.grade), "x-kinds": "|".join(verdict.kinds), "x-inline-codes": codes}
    return (*(pair for pair in known if pair[0] not in ours), *((name, value) for name, value in ours.items() if value))
