"""What a run works on: a manifest (TSV, JSON Lines or Parquet) or a folder of files that fit a pattern, as a list of `Item`s.

Columns: id, source, target, source_language, target_language; others are left alone. Paths are relative to the
manifest's folder. Everything that is wrong with a manifest is reported at once, each with its line; whether the
documents can be read is found out when their turn comes.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from sys import intern
from typing import Any

from ..config import LANGUAGE
from ..errors import InputError, UsageError
from ..pairfiles import unescape
from ..registry import required

COLUMNS = ("id", "source", "target", "source_language", "target_language")
SUFFIXES = (".tsv", ".jsonl", ".parquet")
SHOWN = 50  # problems that a message lists
_PLACES = re.compile(r"\{(id|language)\}")


@dataclass(frozen=True, slots=True)
class Item:
    """One pair of documents; `source` and `target` are paths as the manifest has them."""

    id: str
    source: str
    target: str
    source_language: str
    target_language: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The pairs in their order, the folder that their paths are relative to, and what a user should know, a line each."""

    folder: Path
    items: tuple[Item, ...]
    notes: tuple[str, ...] = ()


def read_manifest(path: Path, *, pattern: str = "", source_language: str = "", target_language: str = "") -> Manifest:
    """Read a manifest, or look for pairs in a folder.

    Raises InputError with every problem and its line, UsageError for a folder without a pattern or a pattern without a folder.
    """
    if path.is_dir():
        if not pattern:
            raise UsageError(f"{path} is a folder: how are its files named?", hint="add --pattern '{id}.{language}.txt'")
        return _folder(path, pattern, source_language, target_language)
    if pattern:
        raise UsageError("--pattern is for a folder", hint=f"{path} is a file" if path.exists() else f"there is no folder {path}")
    if path.suffix.lower() not in SUFFIXES:
        raise InputError("is no manifest", place=str(path), hint=f"give a table ({', '.join(SUFFIXES)}) or a folder with --pattern")
    return Manifest(path.parent, _items(path))


def _items(path: Path) -> tuple[Item, ...]:
    problems: list[str] = []
    items: list[Item] = []
    first: dict[str, int] = {}
    for number, row in _rows(path, problems):
        wrong = [f"{name} is missing" for name in COLUMNS if not str(row.get(name) or "").strip()]
        wrong += [
            f"{name}: {row[name]!r} is no language tag (such as en or pt-BR)"
            for name in COLUMNS[3:]
            if row.get(name) and not LANGUAGE.fullmatch(str(row[name]))
        ]
        identity = str(row.get("id") or "")
        if identity and first.setdefault(identity, number) != number:
            wrong.append(f"the id {identity!r} stands in line {first[identity]} already")
        if wrong:
            problems.append(f"line {number}: {'; '.join(wrong)}")
        else:
            items.append(Item(identity, str(row["source"]), str(row["target"]), intern(str(row["source_language"])), intern(str(row["target_language"]))))
    if not items and not problems:
        problems.append("there is no pair in it")
    if problems:
        more = [f"  and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        count = f"{len(problems)} problems" if len(problems) > 1 else "1 problem"
        lines = [f"{count} in the manifest", *(f"  {problem}" for problem in problems[:SHOWN]), *more]
        raise InputError("\n".join(lines), place=str(path), hint=f"columns: {', '.join(COLUMNS)}; paths are relative to the manifest's folder")
    return tuple(items)


def _rows(path: Path, problems: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line (of Parquet: row) number and row; what is no row becomes a problem."""
    if path.suffix.lower() == ".parquet":
        yield from _parquet(path, problems)
        return
    try:
        lines = path.read_bytes().decode("utf-8-sig").splitlines()
    except OSError as error:
        raise InputError(f"cannot read ({error.strerror})", place=str(path)) from error
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 (byte {error.start})", place=str(path), hint="save the file as UTF-8") from error
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    yield from _objects(numbered, problems) if path.suffix.lower() == ".jsonl" else _table(numbered, problems)


def _objects(lines: Sequence[tuple[int, str]], problems: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in lines:
        try:
            row = json.loads(line)
        except ValueError as error:
            problems.append(f"line {number}: not JSON ({error})")
            continue
        if isinstance(row, dict):
            yield number, row
        else:
            problems.append(f"line {number}: not an object")


def _table(lines: Sequence[tuple[int, str]], problems: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    if not lines:
        return
    header = [unescape(cell) for cell in lines[0][1].split("\t")]
    if _lacks(header, f"line {lines[0][0]}", problems):
        return
    for number, line in lines[1:]:
        cells = [unescape(cell) for cell in line.split("\t")]
        if len(cells) != len(header):
            problems.append(f"line {number}: {len(cells)} fields where the header has {len(header)}")
        else:
            yield number, dict(zip(header, cells, strict=True))


def _lacks(header: Sequence[str], place: str, problems: list[str]) -> bool:
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        problems.append(f"{place}: there is no column {', '.join(missing)} (columns: {', '.join(header)})")
    return bool(missing)


def _parquet(path: Path, problems: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    parquet, pyarrow = required("pyarrow.parquet", "batch"), required("pyarrow", "batch")
    try:
        file = parquet.ParquetFile(path)
        if _lacks(file.schema_arrow.names, "the file", problems):
            return
        number = 0
        for group in file.iter_batches(columns=list(COLUMNS)):
            for row in group.to_pylist():
                number += 1
                yield number, row
    except (OSError, pyarrow.ArrowException) as error:
        raise InputError(f"cannot be read as Parquet ({' '.join(str(error).split())})", place=str(path)) from error


def _folder(folder: Path, pattern: str, source_language: str, target_language: str) -> Manifest:
    """Pairs of the files that fit the pattern, by id: the source language with each other one, or with the one that is named."""
    by_id = _by_id(folder, pattern)
    found = sorted({language for files in by_id.values() for language in files})
    if not found:
        raise InputError(
            f"no file fits the pattern {pattern}", place=str(folder), hint="{id} and {language} stand for what differs: --pattern '{id}.{language}.txt'"
        )
    if not source_language and (len(found) != 2 or target_language):
        raise UsageError(f"from which language? The files are in {', '.join(found)}", hint=f"add --source-language {found[0]}")
    source = source_language or found[0]
    targets = [target_language] if target_language else [language for language in found if language != source]
    unknown = [language for language in (source, *targets) if language not in found]
    if unknown or not targets:
        raise InputError(
            f"no file is in {', '.join(unknown) or 'another language than ' + source}", place=str(folder), hint=f"languages found: {', '.join(found)}"
        )
    items, alone = [], []
    for identity, files in sorted(by_id.items()):
        here = [language for language in targets if source in files and language in files]
        items += [Item(identity if len(targets) == 1 else f"{identity}.{each}", files[source], files[each], source, each) for each in here]
        alone += [name for language, name in sorted(files.items()) if not here or (language in targets and language not in here)]
    if not items:
        raise InputError(
            f"no {source} file has a partner with the same id", place=str(folder), hint="`align batch match` finds which documents belong together"
        )
    notes = [f"{len(alone)} files have no partner and are left out: {', '.join(alone[:3])}{' ...' if len(alone) > 3 else ''}"] if alone else []
    return Manifest(folder, tuple(items), tuple(notes))


def _by_id(folder: Path, pattern: str) -> dict[str, dict[str, str]]:
    """id -> language -> path relative to the folder, of the files that fit."""
    if sorted(_PLACES.findall(pattern)) != ["id", "language"]:
        raise UsageError(f"the pattern {pattern!r} needs {{id}} and {{language}}, each once", hint="such as '{id}.{language}.txt' or '{language}/{id}.html'")
    parts = _PLACES.split(pattern)
    known = {"id": "(?P<id>.+)", "language": f"(?P<language>{LANGUAGE.pattern})"}
    expression = re.compile("".join(known[part] if number % 2 else re.escape(part) for number, part in enumerate(parts)))
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if (match := expression.fullmatch(name)) and path.is_file():
            found[match["id"]][intern(match["language"])] = name
    return found
