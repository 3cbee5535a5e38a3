"""Convert memories: TMX, TSV, CSV, XLSX, JSONL, XLIFF 1.2 and 2.1, Moses pairs, from any to any; what is lost is listed.

`align tmx convert FILE --out FILE` calls this. Formats go by suffix: `.tmx` (also packed: `.tmx.gz`, `.zip`), `.tsv`,
`.csv`, `.xlsx`, `.jsonl`, `.xlf` (1.2), `.xliff` (2.1 when written), `.moses` (when written; `NAME.en-de.en` when read).
Everything streams; formats that need to know all languages first read the file twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InputError, UsageError
from .jsonl import read_jsonl, write_jsonl
from .languages import canonical
from .model import Header, Loss, Memory, Unit
from .moses import partners, read_moses, write_moses
from .reader import open_tmx
from .tabular import read_table, write_table
from .writer import write_tmx
from .xliff import write_xliff
from .xliff_reader import read_xliff

READ = (".tmx", ".jsonl", ".tsv", ".csv", ".xlsx", ".xlf", ".xliff")
WRITE = (*READ, ".moses")


@dataclass(slots=True)
class Conversion:
    """What `convert` did: units written, the files, what could not be read (with places) and what had no place to go."""

    units: int = 0
    files: list[Path] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)

    def as_record(self) -> dict[str, Any]:
        """What `--json` prints."""
        return {
            "units": self.units,
            "files": [str(path) for path in self.files],
            "lost": dict(sorted((what, count) for what, count in self.lost.items() if count)),
            "losses": [{"line": loss.line, "column": loss.column, "what": loss.what} for loss in self.losses],
        }


def convert(path: Path, out: Path, lenient: bool = False, source_language: str = "") -> Conversion:
    """Read `path`, write `out`; formats go by their names.

    `lenient` reads what can be read of a damaged TMX. `source_language` overrides what the file says, or the first
    language found. Raises UsageError for a suffix that is not known, InputError, OutputError.
    """
    done = Conversion()
    kind = out.suffix.lower()
    if kind not in WRITE:
        raise UsageError(f"cannot write {out.name!r}: its suffix names no format", hint=f"known: {', '.join(WRITE)}")
    memory = _open(path, lenient, done)
    header = memory.header if memory else Header("")
    language = source_language or (header.source_language if header.source_language != "*all*" else "") or _first_language(path, lenient)
    first = [memory]

    def units() -> Iterator[Unit]:
        """The units again, each time from the start; only the first reading reports losses."""
        if memory is None:
            yield from _units(path)
        else:
            again = first.pop() if first else open_tmx(path, lenient)
            yield from (again or memory).units

    if kind == ".tmx":
        written = header.source_language if header.source_language == "*all*" and not source_language else language
        done.units = write_tmx(out, units(), written or "und", header=header if memory else None, faithful=True, tally=done.lost)
    elif kind == ".jsonl":
        done.units = write_jsonl(out, units())
        done.lost["header of the memory (properties, notes, attributes)"] += bool(header.properties or header.notes)
    elif kind in (".tsv", ".csv", ".xlsx"):
        done.units = write_table(out, units, done.lost)
    elif kind in (".xlf", ".xliff"):
        done.units = write_xliff(out, units, language, "1.2" if kind == ".xlf" else "2.1", done.lost)
    else:
        done.units, done.files = write_moses(out, units, canonical(language), done.lost)
    done.files = done.files or [out]
    if memory is not None:
        done.losses = memory.losses
        done.lost.update(memory.lost)
    return done


def _is_tmx(path: Path) -> bool:
    return path.name.lower().endswith((".tmx", ".tmx.gz", ".tmx.zip", ".zip", ".gz"))


def _open(path: Path, lenient: bool, done: Conversion) -> Memory | None:
    if _is_tmx(path):
        return open_tmx(path, lenient)
    if path.suffix.lower() not in READ and partners(path) is None:
        if path.exists():
            raise UsageError(f"cannot read {path.name!r}: its suffix names no format", hint=f"known: {', '.join(READ)} and NAME.en-de.en")
        raise InputError("there is no such file", place=str(path), hint="look at the path")
    return None


def _units(path: Path) -> Iterator[Unit]:
    readers: dict[str, Callable[[Path], Iterator[Unit]]] = {
        ".jsonl": read_jsonl, ".tsv": read_table, ".csv": read_table, ".xlsx": read_table, ".xlf": read_xliff, ".xliff": read_xliff,
    }  # fmt: skip
    return readers.get(path.suffix.lower(), read_moses)(path)


def _first_language(path: Path, lenient: bool) -> str:
    units = open_tmx(path, lenient).units if _is_tmx(path) else _units(path)
    return next((side.language for unit in units for side in unit.variants if side.language), "")
