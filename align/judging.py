"""Rows of a table or units of a memory in, the same ones with their divergence out; called by `align score` and `align.score`.

Rows stream through in blocks, so memory does not grow with the file. Formats: TSV (as this program writes it: no quoting,
`\\t` `\\n` `\\\\` escaped), CSV (RFC 4180), JSON Lines, TMX.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import IO, Any

from .corpus import Member, Pair, Score, Verdict
from .embed import Vectors
from .errors import InputError, UsageError
from .store import Cache, replacing

BLOCK = 256
LONGEST_FIELD = 10_000_000
OURS = ("divergence", "grade", "percentile", "kinds", "evidence")
SCORES = ("bleu", "chrf", "ter", "similarity", "coverage_ab", "coverage_ba")
_ESCAPES = {"\\t": "\t", "\\n": "\n", "\\r": "\r", "\\\\": "\\"}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is said of a pair of texts: the verdict, the scores behind it, and the back-translations where asked for."""

    verdict: Verdict
    scores: tuple[Score, ...]
    backtranslation_a: str = ""
    backtranslation_b: str = ""
    engine: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A file of pairs: its columns and its rows (plain dictionaries, in order), read while they are asked for."""

    columns: tuple[str, ...]
    rows: Iterator[dict[str, Any]]


def judge(texts: Iterable[tuple[str, str]], languages: tuple[str, str], vectors: Vectors, *, translate: bool = False) -> Iterator[Judgement]:
    """Judge pairs of texts, in order, a block at a time. `translate` holds them against offline back-translations too."""
    from .backtranslate import Settings, backtranslate
    from .diverge import diverge
    from .score import score

    stream = iter(texts)
    cache = Cache("translations") if translate else None
    while block := list(islice(stream, BLOCK)):
        pairs = [Pair(str(number), _member("a", a), _member("b", b), *languages) for number, (a, b) in enumerate(block)]
        if translate:
            pairs = list(backtranslate(pairs, "", Settings(), cache).pairs)
        scores = score(pairs, vectors)
        for pair, values, verdict in zip(pairs, scores, diverge(pairs, scores, vectors), strict=True):
            back_a, back_b = pair.backtranslation_a, pair.backtranslation_b
            engine = (back_a or back_b).engine if back_a or back_b else ""  # type: ignore[union-attr]
            yield Judgement(verdict, values, back_a.text if back_a else "", back_b.text if back_b else "", engine)
        vectors.forget()


def _member(document: str, text: str) -> Member:
    return Member(document, 0, len(text), text, (0,))


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
    reader = csv.reader(lines, strict=True) if suffix == ".csv" else ([_unescape(cell) for cell in line.rstrip("\r\n").split("\t")] for line in lines)
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


def _unescape(cell: str) -> str:
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


def score_table(table: Table, columns: tuple[str, str], languages: tuple[str, str], vectors: Vectors, *, translate: bool, place: str) -> Table:
    """Give each row back with divergence, grade, percentile, kinds, evidence and scores; a column of that name is replaced.

    Raises UsageError for a column that is not there.
    """
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise UsageError(f"{place} has no column {', '.join(missing)}", hint=f"its columns: {', '.join(table.columns)}")
    added = (*OURS, *SCORES, *(("backtranslation_a", "backtranslation_b", "engine") if translate else ()), "signature")
    return Table((*(name for name in table.columns if name not in added), *added), _scored(table.rows, columns, languages, vectors, translate))


def _scored(
    rows: Iterator[dict[str, Any]], columns: tuple[str, str], languages: tuple[str, str], vectors: Vectors, translate: bool
) -> Iterator[dict[str, Any]]:
    while block := list(islice(rows, BLOCK)):
        texts = [(str(row.get(columns[0]) or ""), str(row.get(columns[1]) or "")) for row in block]
        for row, found in zip(block, judge(texts, languages, vectors, translate=translate), strict=True):
            yield row | judged_fields(found, translate)


def judged_fields(found: Judgement, translate: bool = False) -> dict[str, Any]:
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
        fields |= {"backtranslation_a": found.backtranslation_a, "backtranslation_b": found.backtranslation_b, "engine": found.engine}
    return fields | {"signature": verdict.signature}


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


def score_memory(path: Path, out: Path, languages: tuple[str, str] | None, keep_below: float | None, encoder: str, translate: bool) -> tuple[int, int, float]:
    """A memory with `x-divergence`, `x-grade` and `x-kinds` on each unit; gives (units read, written, greatest divergence).

    Units without both languages pass through unjudged. Raises InputError for what is no memory.
    """
    from .embed import open_vectors
    from .tmx import Unit, open_tmx, write_tmx

    memory = open_tmx(path)
    counts, worst = [0, 0], 0.0
    vectors: Vectors | None = None
    tags = languages

    def judged() -> Iterator[Unit]:
        nonlocal vectors, tags, worst
        while block := list(islice(memory.units, BLOCK)):
            counts[0] += len(block)
            if tags is None:
                tags = _languages(block[0], memory.header.source_language)
            if vectors is None:
                vectors = open_vectors(encoder, tags, Cache("vectors"))
            sides = [_sides(unit, tags) for unit in block]
            found = judge([texts for texts in sides if texts is not None], tags, vectors, translate=translate)
            for unit, texts in zip(block, sides, strict=True):
                if texts is None:
                    counts[1] += 1
                    yield unit
                    continue
                verdict = next(found).verdict
                worst = max(worst, verdict.divergence)
                if keep_below is None or verdict.divergence < keep_below:
                    counts[1] += 1
                    yield replace(unit, properties=_properties(unit.properties, verdict))

    write_tmx(out, judged(), memory.header.source_language, header=memory.header, faithful=True)
    return counts[0], counts[1], worst


def _languages(unit: Any, source: str) -> tuple[str, str]:
    tags = [variant.language for variant in unit.variants]
    first = next((tag for tag in tags if tag.lower() == source.lower()), tags[0])
    return first, next((tag for tag in tags if tag != first), first)


def _sides(unit: Any, languages: tuple[str, str]) -> tuple[str, str] | None:
    texts = {variant.language.lower(): variant.text for variant in unit.variants}
    a, b = texts.get(languages[0].lower()), texts.get(languages[1].lower())
    return None if a is None or b is None else (a, b)


def _properties(known: Sequence[tuple[str, str]], verdict: Verdict) -> tuple[tuple[str, str], ...]:
    ours = {"x-divergence": f"{verdict.divergence:.4f}", "x-grade": str(verdict.grade), "x-kinds": "|".join(verdict.kinds)}
    return (*(pair for pair in known if pair[0] not in ours), *((name, value) for name, value in ours.items() if value))
