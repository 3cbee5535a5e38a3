"""What a review brings in from files: the decisions that the page gave as a download, or a reviewed workbook. Called by `cli`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..corpus import Decision
from ..decide import Orphan, read_log
from ..decide.grammar import record_of
from ..errors import InputError
from .session import Session
from .workbook import changes


@dataclass(frozen=True, slots=True)
class Imported:
    """What was taken from a file, how many of its decisions were in the log already, and what found no target."""

    path: Path
    taken: tuple[Decision, ...]
    known: int
    orphans: tuple[Orphan, ...]
    warnings: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "file": str(self.path),
            "taken": len(self.taken),
            "actions": dict(sorted(Counter(one.action for one in self.taken).items())),
            "reviewers": sorted({one.reviewer for one in self.taken}),
            "known": self.known,
            "orphans": [{"reason": orphan.reason, **record_of(orphan.decision)} for orphan in self.orphans],
            "warnings": list(self.warnings),
        }

    def lines(self) -> list[str]:
        """The same in words."""
        counts = Counter(one.action for one in self.taken)
        what = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
        who = ", ".join(sorted({one.reviewer for one in self.taken}))
        said = [f"{self.path}: {_many(len(self.taken))} taken{f' of {who} ({what})' if self.taken else ''}"]
        if self.known:
            said.append(f"{_many(self.known)} of it {'was' if self.known == 1 else 'were'} in the log already")
        said += [f"{orphan.decision.action} by {orphan.decision.reviewer} finds no target: {orphan.reason}; it is kept" for orphan in self.orphans]
        return said


def _many(count: int) -> str:
    return f"{count or 'no'} decision{'' if count == 1 else 's'}"


def import_file(session: Session, path: Path) -> Imported:
    """Take in a file: everything of it or nothing.

    Raises InputError with file and line, or file and cell, for what cannot be taken.
    """
    if not path.is_file():
        raise InputError("no such file", place=str(path))
    found, warnings = _read(session, path)
    taken, orphans = session.take(found)
    return Imported(path, taken, len(found) - len(taken), tuple(orphans), warnings)


def _read(session: Session, path: Path) -> tuple[Sequence[Decision], tuple[str, ...]]:
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(b"PK") or path.suffix.lower() == ".xlsx":
        return changes(session, path), ()
    if start.startswith(b"\xd0\xcf\x11\xe0") or path.suffix.lower() in (".xls", ".ods", ".csv", ".tsv"):
        raise InputError("not a file that a review takes", place=str(path), hint="give the workbook as .xlsx, or the decisions.jsonl that the page saved")
    log = read_log(path)
    return log.decisions, log.warnings
