"""One memory a language pair: the units of all parts in, duplicates left out, the best of them kept.

The same rules as `align run` (`tmx.split`): of units that are the same to the letter the best stays, in the place of the first;
of units with the same source the best stands last. Only hashes are sorted, on disk, so an archive of any size goes through
constant memory. The order is that of the manifest.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO, Any

from ..store import digest, replacing
from ..tmx.jsonl import from_record
from ..tmx.keys import short_hash
from ..tmx.model import Unit
from ..tmx.split import rank_of, source
from ..tmx.writer import open_writer
from .parts import Places, read_record

# Of the units with one content: the place of the first and the number of the best. Then, among those with one source, places
# rising and units by rank (of equals the first comes last) are put side by side.
ORDER = """
WITH best AS (
    SELECT MIN(number) OVER same AS place, number, source, rank, ROW_NUMBER() OVER (PARTITION BY content ORDER BY rank DESC, number) AS nth
    FROM units WINDOW same AS (PARTITION BY content)
), kept AS (SELECT place, number, source, rank FROM best WHERE nth = 1),
places AS (SELECT place, source, ROW_NUMBER() OVER (PARTITION BY source ORDER BY place) AS nth FROM kept),
ranked AS (SELECT number, source, ROW_NUMBER() OVER (PARTITION BY source ORDER BY rank, number DESC) AS nth FROM kept)
SELECT units.part, units.start FROM places JOIN ranked USING (source, nth) JOIN units ON units.number = ranked.number ORDER BY places.place
"""


def memorise(places: Places, languages: str, parts: int) -> dict[str, Any]:
    """Write `tmx/LANGUAGES.tmx` unless it is there already; gives its counts.

    `languages` is the pair of tags, joined by "_". Raises OutputError when the file cannot be written.
    """
    path, record_path = places.out / "tmx" / f"{languages}.tmx", places.work / "memories" / f"{languages}.json"
    held = [(part, found) for part in range(parts) if (found := read_record(places, part)["units"].get(languages))]
    key = digest(languages, *(f"{part}:{found}" for part, found in held))
    record = _former(record_path)
    if record.get("key") == key and path.exists() and path.stat().st_size == record.get("size"):
        return record
    numbers = [part for part, _ in held]
    with tempfile.TemporaryDirectory(prefix="units-", dir=places.work) as folder:
        index = _index(Path(folder) / "index.sqlite", places, languages, numbers)
        try:
            (found,) = index.execute("SELECT COUNT(*) FROM units").fetchone()
            with open_writer(path, languages.partition("_")[0]) as memory:
                for unit in _ordered(index, places, languages):
                    memory.add(unit)
        finally:
            index.close()
    record = {"key": key, "languages": languages, "units": memory.written, "duplicates": found - memory.written, "size": path.stat().st_size}
    with replacing(record_path) as file:
        json.dump(record, file)
    return record


def remove_others(places: Places, names: Collection[str]) -> None:
    """Remove the memories of pairs of languages that the archive no longer has."""
    for record in (places.work / "memories").glob("*.json"):
        if record.stem not in names:
            (places.out / "tmx" / f"{record.stem}.tmx").unlink(missing_ok=True)
            record.unlink()


def _former(path: Path) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return record
    except (OSError, ValueError):
        return {}


def _index(path: Path, places: Places, languages: str, parts: list[int]) -> sqlite3.Connection:
    """Where each unit stands, hashes of its content and its source, and its rank."""
    index = sqlite3.connect(path, isolation_level=None)
    for setting in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-64000", "temp_store=FILE"):
        index.execute(f"PRAGMA {setting}")
    index.execute("CREATE TABLE units (number INTEGER PRIMARY KEY, part INTEGER, start INTEGER, content INTEGER, source INTEGER, rank REAL)")
    index.execute("BEGIN")
    index.executemany("INSERT INTO units (part, start, content, source, rank) VALUES (?, ?, ?, ?, ?)", _hashed(places, languages, parts))
    index.execute("COMMIT")
    return index


def _hashed(places: Places, languages: str, parts: list[int]) -> Iterator[tuple[int, int, int, int, float]]:
    for part in parts:
        with places.units(languages, part).open("rb") as file:
            start = 0
            for line in file:
                unit = from_record(json.loads(line)[1])
                content = short_hash(*(text for side in unit.variants for text in (side.language, side.markup or side.text)))
                yield part, start, content, short_hash(*source(unit)), rank_of(unit)
                start += len(line)


def _ordered(index: sqlite3.Connection, places: Places, languages: str) -> Iterator[Unit]:
    """The units that stay, in their order; they are read where they lie."""
    opened: tuple[int, IO[bytes]] | None = None
    try:
        for part, start in index.execute(ORDER):
            if opened is None or opened[0] != part:
                if opened is not None:
                    opened[1].close()
                opened = part, places.units(languages, part).open("rb")
            opened[1].seek(start)
            yield from_record(json.loads(opened[1].readline())[1])
    finally:
        if opened is not None:
            opened[1].close()
