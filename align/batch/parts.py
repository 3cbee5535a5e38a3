"""The parts of a run: results of pairs in, files out, each whole or not at all; and the reverse, when a part has to be made again.

A result lies under its key (a digest of the inputs and of all that they pass through) in `.work/pairs` until its part is put
together. A part holds the pairs of a stretch of the manifest, in its order, whoever worked them and when: so the bytes depend
on nothing else. Its record in `.work/parts` is written last; a part without one does not exist.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import IO, Any

from ..registry import required
from ..store import digest, replacing, write_text
from . import schema
from .tasks import Assemble

ROWS = 4_000  # rows of a row group, at most
Line = tuple[str, Any]


class Places:
    """Where everything of a run lies."""

    def __init__(self, out: Path) -> None:
        self.out, self.work = out, out / ".work"

    def pair(self, key: str) -> Path:
        return self.work / "pairs" / key[:2] / f"{key}.jsonl"

    def record(self, part: int) -> Path:
        return self.work / "parts" / f"part-{part:05d}.json"

    def tables(self, part: int) -> tuple[Path, Path]:
        return self.out / "beads" / f"part-{part:05d}.parquet", self.out / "divergence" / f"part-{part:05d}.parquet"

    def units(self, languages: str, part: int) -> Path:
        return self.work / "units" / languages / f"part-{part:05d}.jsonl"


def parts_there(places: Places) -> list[int]:
    """The numbers of the parts that are whole, in order."""
    return sorted(int(path.stem.removeprefix("part-")) for path in (places.work / "parts").glob("part-*.json"))


def read_head(places: Places, part: int) -> dict[str, Any] | None:
    """The first line of a part's record: digests of its ids and keys, its files; None when it is not there."""
    with suppress(OSError, ValueError), places.record(part).open(encoding="utf-8") as file:
        head: dict[str, Any] = json.loads(file.readline())
        return head
    return None


def read_record(places: Places, part: int) -> dict[str, Any]:
    """What a part holds: `pairs` (id, key, counts, warnings, failure) and `counts`, their sum."""
    with places.record(part).open(encoding="utf-8") as file:
        file.readline()
        record: dict[str, Any] = json.loads(file.readline())
        return record


def intact(places: Places, head: dict[str, Any]) -> bool:
    """Are the part's files there, of the size that they were written with?"""
    try:
        return all((places.out / name).stat().st_size == size for name, size in head["files"])
    except OSError:
        return False


def write_result(places: Places, key: str, lines: Iterable[Line]) -> None:
    """Keep the result of a pair, line by line."""
    with replacing(places.pair(key)) as file:
        for line in lines:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def read_result(places: Places, key: str) -> Iterator[Line]:
    with places.pair(key).open(encoding="utf-8") as file:
        for line in file:
            kind, value = json.loads(line)
            yield kind, value


def found(places: Places, key: str) -> str:
    """What is kept for a pair: "" for nothing, else "done" or "failed"."""
    try:
        return "failed" if next(read_result(places, key))[0] == "failure" else "done"
    except (OSError, ValueError, StopIteration):
        return ""


@contextmanager
def _table(path: Path, table_schema: Any) -> Iterator[_Rows]:
    parquet = required("pyarrow.parquet", "batch")
    with replacing(path, "wb") as file, parquet.ParquetWriter(file, table_schema, compression="zstd") as writer:
        rows = _Rows(writer, table_schema)
        yield rows
        rows.flush()


class _Rows:
    """Rows on their way into a Parquet file, a row group at a time."""

    def __init__(self, writer: Any, table_schema: Any) -> None:
        self._writer, self._schema = writer, table_schema
        self._waiting: list[dict[str, Any]] = []

    def add(self, row: dict[str, Any]) -> None:
        self._waiting.append(row)
        if len(self._waiting) >= ROWS:
            self.flush()

    def flush(self) -> None:
        if self._waiting:
            self._writer.write_table(required("pyarrow", "batch").Table.from_pylist(self._waiting, schema=self._schema))
            self._waiting = []


def assemble(places: Places, task: Assemble) -> dict[str, Any]:
    """Write a part's tables, units and record from the results of its pairs; gives the record. The results are removed.

    A pair with a failure in the task has no result; it is tried again when the run is taken up once more.
    """
    failed = {failure.id: failure for failure in task.failures}
    pairs: list[dict[str, Any]] = []
    written: dict[str, Path] = {}
    remove_part(places, task.part)
    with ExitStack() as stack:
        beads, rows = (
            stack.enter_context(_table(path, kind)) for path, kind in zip(places.tables(task.part), (schema.beads(), schema.divergence()), strict=True)
        )
        units: dict[str, IO[str]] = {}
        for item, key in zip(task.items, task.keys, strict=True):
            entry: dict[str, Any] = {"id": item.id, "key": key, "languages": f"{item.source_language}-{item.target_language}"}
            if item.id in failed:
                pairs.append(entry | {"failure": asdict(failed[item.id])})
                continue
            for kind, value in read_result(places, key):
                if kind == "bead":
                    beads.add({"pair": item.id, **value})
                elif kind == "row":
                    rows.add({"pair": item.id, **value})
                elif kind == "unit":
                    languages, record = value
                    if languages not in units:
                        written[languages] = places.units(languages, task.part)
                        units[languages] = stack.enter_context(replacing(written[languages]))
                    units[languages].write(json.dumps([item.id, record], ensure_ascii=False) + "\n")
                else:
                    pairs.append(entry | ({"failure": value} if kind == "failure" else value))
    record = {"pairs": pairs, "counts": _total(pairs), "units": {name: _file_digest(path) for name, path in sorted(written.items())}}
    files = [*places.tables(task.part), *(written[name] for name in sorted(written))]
    head = {
        "ids": ids_digest(item.id for item in task.items),
        "keys": digest(*task.keys),
        "settled": not task.failures,
        "files": [[path.relative_to(places.out).as_posix(), path.stat().st_size] for path in files],
    }
    write_text(places.record(task.part), json.dumps(head) + "\n" + json.dumps(record, ensure_ascii=False) + "\n")
    for key in task.keys:
        places.pair(key).unlink(missing_ok=True)
    return record


def ids_digest(ids: Iterable[str]) -> str:
    return digest(*ids)


def _file_digest(path: Path) -> str:
    from hashlib import sha256

    hasher = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            hasher.update(block)
    return hasher.hexdigest()


def _total(pairs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Sums over the pairs of a part, in all and by pair of languages."""
    counts: Counter[str] = Counter()
    by_languages: dict[str, Counter[str]] = {}
    for pair in pairs:
        here = Counter(pair.get("counts", {}))
        here.update({"failed": 1} if "failure" in pair else {"done": 1, f"mode:{pair['mode']}": 1, "warnings": len(pair["warnings"])})
        counts.update(here)
        by_languages.setdefault(pair["languages"], Counter()).update(here)
    return {"all": dict(sorted(counts.items())), "languages": {name: dict(sorted(found.items())) for name, found in sorted(by_languages.items())}}


def unpack(places: Places, part: int) -> None:
    """Turn a part back into the results of its pairs, then remove it. Failures that may pass are forgotten."""
    record = read_record(places, part)
    streams = [_grouped(places.tables(part)[number], kind) for number, kind in enumerate(("bead", "row"))]
    streams += [_grouped_units(places.units(languages, part), languages) for languages in sorted(record["units"])]
    waiting = [next(stream, None) for stream in streams]
    for pair in record["pairs"]:
        own = {name: pair[name] for name in ("mode", "reason", "counts", "warnings") if name in pair}
        failure = pair.get("failure")
        if failure is not None:
            if failure["settled"]:
                write_result(places, pair["key"], [("failure", failure)])
            continue
        mine = [number for number, group in enumerate(waiting) if group is not None and group[0] == pair["id"]]
        write_result(places, pair["key"], [*(line for number in mine for line in _lines(waiting[number])), ("end", own)])
        for number in mine:
            waiting[number] = next(streams[number], None)
    remove_part(places, part)


def _lines(group: tuple[str, Iterator[Line]] | None) -> Iterator[Line]:
    return group[1] if group is not None else iter(())


def _grouped(path: Path, kind: str) -> Iterator[tuple[str, Iterator[Line]]]:
    parquet = required("pyarrow.parquet", "batch")
    with parquet.ParquetFile(path) as file:
        rows = (row for group in file.iter_batches(batch_size=ROWS) for row in group.to_pylist())
        for pair, found in groupby(rows, key=lambda row: str(row["pair"])):
            yield pair, ((kind, {name: value for name, value in row.items() if name != "pair"}) for row in found)


def _grouped_units(path: Path, languages: str) -> Iterator[tuple[str, Iterator[Line]]]:
    with path.open(encoding="utf-8") as file:
        for pair, found in groupby(map(json.loads, file), key=lambda line: str(line[0])):
            yield pair, (("unit", [languages, record]) for _, record in found)


def remove_part(places: Places, part: int) -> None:
    """The record goes first: without it the rest counts for nothing."""
    places.record(part).unlink(missing_ok=True)
    for path in (*places.tables(part), *(places.work / "units").glob(f"*/part-{part:05d}.jsonl")):
        path.unlink(missing_ok=True)
