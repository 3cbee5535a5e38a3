"""What is written: the manifest that `align batch run` takes, what has no partner, and what a reviewer should look at."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ...errors import UsageError
from .results import Entry, Match, Matching

SUFFIXES = (".tsv", ".jsonl")
SCHEMA = 1
UNMATCHED = ("document", "language", "missing", "nearest", "confidence", "reason")
DOUBTFUL = ("id", "source", "target", "source_language", "target_language", "confidence", "doubts")
COLUMNS = ("id", "source", "target", "source_language", "target_language", "confidence", "group", "doubts")


def check_suffix(*paths: Path | None) -> None:
    for path in paths:
        if path is not None and path.suffix.lower() not in SUFFIXES:
            raise UsageError(f"cannot write {path.name}: no format is known for {path.suffix or 'a name without suffix'}", hint=f"known: {', '.join(SUFFIXES)}")


def write(matching: Matching, out: Path, unmatched: Path | None = None, doubtful: Path | None = None) -> None:
    """Write the files; paths in them are relative to the folder of each."""
    check_suffix(out, unmatched, doubtful)
    _write(out, COLUMNS, manifest_rows(matching, out.parent))
    if unmatched is not None:
        _write(unmatched, UNMATCHED, unmatched_rows(matching, unmatched.parent))
    if doubtful is not None:
        _write(doubtful, DOUBTFUL, [{name: row[name] for name in DOUBTFUL} for row in manifest_rows(matching, doubtful.parent) if row["doubts"]])


def _write(path: Path, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    from ...store import replacing, write_lines
    from ...tables import tsv_line

    if path.suffix.lower() == ".jsonl":
        write_lines(path, rows)
        return
    with replacing(path) as file:
        file.write(tsv_line(columns))
        for row in rows:
            file.write(tsv_line([row[column] for column in columns]))


def manifest_rows(matching: Matching, folder: Path) -> list[dict[str, Any]]:
    """A row a pair. An id is the source's name without suffix, and the target's language."""
    ids = _ids(matching)
    return [
        {
            "id": name,
            "source": relative(matching.entries[match.source], folder),
            "target": relative(matching.entries[match.target], folder),
            "source_language": matching.entries[match.source].language,
            "target_language": matching.entries[match.target].language,
            "confidence": match.confidence,
            "group": match.group,
            "doubts": "; ".join(match.doubts),
        }
        for match, name in zip(matching.matches, ids, strict=True)
    ]


def _ids(matching: Matching) -> list[str]:
    def short(match: Match) -> str:
        name = matching.entries[match.source].name
        return name[: len(name) - len(Path(name).suffix)]

    def tagged(stem: str, match: Match) -> str:
        return f"{stem}.{matching.entries[match.target].language}"

    counts = Counter(tagged(short(match), match) for match in matching.matches)
    found = [tagged(short(match), match) for match in matching.matches]
    return [name if counts[name] == 1 else tagged(matching.entries[match.source].name, match) for name, match in zip(found, matching.matches, strict=True)]


def unmatched_rows(matching: Matching, folder: Path) -> list[dict[str, Any]]:
    """A row for each document and language that it has no partner in, and one for each file that took no part."""
    rows: list[dict[str, Any]] = [
        {
            "document": relative(matching.entries[alone.entry], folder),
            "language": matching.entries[alone.entry].language,
            "missing": alone.other,
            "nearest": relative(matching.entries[alone.nearest], folder) if alone.nearest is not None else "",
            "confidence": alone.confidence,
            "reason": alone.reason,
        }
        for alone in matching.alone
    ]
    for out in matching.left_out:
        name = relative(out.entry, folder)
        rows.append({"document": name, "language": out.entry.language, "missing": "", "nearest": "", "confidence": 0.0, "reason": out.reason})
    return rows


def relative(entry: Entry, folder: Path) -> str:
    return Path(os.path.relpath(entry.path.absolute(), folder.absolute())).as_posix()


def summary(matching: Matching) -> dict[str, Any]:
    """Counts in all and by pair of languages."""
    entries = matching.entries
    documents = Counter(entry.language for entry in entries)
    rows = []
    for place, source in enumerate(matching.languages):
        for target in matching.languages[place + 1 :]:
            pairs = [match for match in matching.matches if (entries[match.source].language, entries[match.target].language) == (source, target)]
            alone = [each for each in matching.alone if {entries[each.entry].language, each.other} == {source, target}]
            rows.append(
                {
                    "source_language": source,
                    "target_language": target,
                    "source_documents": documents[source],
                    "target_documents": documents[target],
                    "pairs": len(pairs),
                    "doubtful": sum(bool(match.doubts) for match in pairs),
                    "unmatched": len(alone),
                }
            )
    return {
        "schema": SCHEMA,
        "documents": len(matching.entries),
        "pairs": len(matching.matches),
        "groups": len({match.group for match in matching.matches}),
        "doubtful": sum(bool(match.doubts) for match in matching.matches),
        "left_out": [{"document": out.entry.name, "reason": out.reason} for out in matching.left_out],
        "language_pairs": rows,
        "signature": matching.signature,
    }
