"""Update a memory from a new run without losing what people did in it.

`align tmx merge MEMORY NEW... --out FILE` calls this. Two passes over files and a temporary index: any size.

What counts as done by people: a unit that another tool or person made, whose text no longer is what its tuid
was made from, or that was confirmed. Such a unit stays as it is, and a new draft of the same source in the same
languages does not come beside it. A draft of ours that nobody touched gives way to what the new run says: it is
renewed where the run still has it, dropped where the run covers its documents and has it no more.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from .jsonl import from_record, to_record
from .keys import Keys, short_hash
from .languages import key
from .model import Header, Pairs, Unit, content_id
from .reader import open_tmx
from .writer import open_writer


def merge(memory: Path, news: Sequence[Path], out: Path, tally: Counter[str] | None = None) -> int:
    """Write `memory` brought up to date by each of `news` to `out` (which may be `memory`); gives the number of units.

    `tally` counts what was kept, renewed, dropped and added, and what a conversion loses. Raises InputError for a
    file that cannot be read and OutputError when `out` cannot be written; nothing is changed then.
    """
    tally = Counter() if tally is None else tally
    old = open_tmx(memory)
    fresh = _Fresh()
    taken = Keys()
    try:
        source_language = old.header.source_language
        for path in news:
            new = open_tmx(path)
            source_language = source_language or new.header.source_language
            for unit in new.units:
                fresh.add(unit)
        header = Header(source_language, attributes=old.header.attributes, properties=old.header.properties, notes=old.header.notes)
        with open_writer(out, source_language, header=replace(header, encodings=old.header.encodings), faithful=True, tally=tally) as file:
            for unit in old.units:
                if edited(unit):
                    result: Unit | None = unit
                    taken.add(_place(unit))
                    if unit.id:
                        taken.add(short_hash("id", unit.id))
                    tally["kept: edited or confirmed"] += 1
                elif renewed := fresh.take(content_id(unit.variants)):
                    result = _renewed(unit, renewed)
                    tally["renewed"] += 1
                elif fresh.covers(unit):
                    result = None
                    tally["dropped: a draft that the new run no longer has"] += 1
                else:
                    result = unit
                    tally["kept: from other documents"] += 1
                # A unit that stands twice in the memory goes in once.
                if result is not None:
                    if taken.add(short_hash("unit", *(part for side in result.variants for part in (key(side.language), side.markup or side.text)))) is None:
                        file.add(result)
                    else:
                        tally["dropped: a duplicate"] += 1
            for unit in fresh.rest():
                if taken.get(_place(unit)) is not None or taken.get(short_hash("id", unit.id)) is not None:
                    tally["left out: people have this source already"] += 1
                elif file.add(unit):
                    tally["added"] += 1
        return file.written
    finally:
        fresh.close()
        taken.close()


def edited(unit: Unit) -> bool:
    """Did people have a hand in this unit? A draft of ours bears a tuid made from its own text."""
    draft = unit.property("x-Origin") == "Alignment" and unit.property("x-ConfirmationLevel") in ("", "Draft")
    changed_by = [dict(attributes).get("changeid", "") for attributes in (unit.attributes, *(side.attributes for side in unit.variants))]
    return not draft or unit.id != content_id(unit.variants) or any(changed_by) or bool(unit.notes)


def _place(unit: Unit) -> int:
    """Source text and languages: what an edited unit and the draft that it came from have in common."""
    first = unit.variants[0] if unit.variants else None
    return short_hash("place", first.text if first else "", *(key(variant.language) for variant in unit.variants))


def _renewed(old: Unit, new: Unit) -> Unit:
    """The new unit, with the properties of the old one that the run knows nothing of."""
    named = {name for name, _ in new.properties}
    kept: Pairs = tuple(pair for pair in old.properties if pair[0] not in named and pair[0] not in _OURS)
    # What belongs to the old properties by their number (`prop[2]/@xml:lang`) would come to belong to others.
    attributes = {name: value for name, value in old.attributes if "/@" not in name} | dict(new.attributes)
    return replace(new, properties=(*new.properties, *kept), attributes=tuple(attributes.items()))


_OURS = frozenset({"x-score", "x-divergence", "x-grade", "x-kinds", "x-bead", "x-source-document", "x-target-document", "x-speaker"})


class _Fresh:
    """The units of the new run, on disk, by the digest of their content."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.execute("PRAGMA cache_size=-8000")
        self._connection.execute("PRAGMA journal_mode=OFF")
        self._connection.execute("CREATE TABLE units (number INTEGER PRIMARY KEY, content TEXT UNIQUE, used INTEGER NOT NULL, record TEXT NOT NULL)")
        self._connection.execute("BEGIN")
        self._documents: set[tuple[str, str]] = set()

    def add(self, unit: Unit) -> None:
        """Keep a unit; one of the same content that came earlier gives way."""
        record = json.dumps(to_record(unit), ensure_ascii=True)
        self._connection.execute("INSERT OR IGNORE INTO units (content, used, record) VALUES (?, 0, ?)", (content_id(unit.variants), record))
        self._connection.execute("UPDATE units SET record = ? WHERE content = ?", (record, content_id(unit.variants)))
        self._documents.add((unit.property("x-source-document"), unit.property("x-target-document")))

    def take(self, content: str) -> Unit | None:
        """The unit of this content, which `rest` then leaves out."""
        row = self._connection.execute("SELECT record FROM units WHERE content = ?", (content,)).fetchone()
        if row is None:
            return None
        self._connection.execute("UPDATE units SET used = 1 WHERE content = ?", (content,))
        return from_record(json.loads(row[0]))

    def covers(self, unit: Unit) -> bool:
        """Is the unit about two documents that the new run is about as well?"""
        return (unit.property("x-source-document"), unit.property("x-target-document")) in self._documents

    def rest(self) -> Iterator[Unit]:
        """The units that nobody took, in order."""
        for (record,) in self._connection.execute("SELECT record FROM units WHERE used = 0 ORDER BY number"):
            yield from_record(json.loads(record))

    def close(self) -> None:
        """Give the temporary file back."""
        self._connection.close()
