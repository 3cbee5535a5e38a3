"""A reviewed workbook to decisions: what differs in its review columns from what was written there. Called by `imports`.

`sheet` reads the rows, each with the hidden cell that says how it was written (`tables.as_written`), so rows may be sorted, filtered and
left out. Every complaint names a cell, and all come at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..corpus import KINDS, Decision
from ..decide import STATUS
from ..decide.grammar import LONGEST_COMMENT
from ..store import digest
from ..tables import STATUSES
from ..tables.as_written import REVIEWED
from .session import Session
from .sheet import Problems, Row, read_rows

PAYLOAD = {"comment": ("comment", "text"), "grade": ("regrade", "grade"), "kinds": ("kinds", "kinds")}
ACTION = {status: action for action, status in STATUS.items()}


def changes(session: Session, path: Path) -> list[Decision]:
    """The decisions that a reviewed workbook holds, by the session's reviewer, without a time yet.

    What is as it was written, or as the review has it by now, is no decision. Raises InputError with every cell that cannot be taken.
    """
    problems = Problems()
    found: list[Decision] = []
    seen: dict[str, Row] = {}
    for row in read_rows(path, problems):
        other = seen.setdefault(row.hidden, row)
        if other is not row:
            if any(row.cells[name] != other.cells[name] for name in REVIEWED):
                problems.say(row.places["status"], f"the row stands twice in the sheet, with something else at {other.places['status']}")
            continue
        values = _values(row, problems)
        found += _decisions(session, row, values, problems)
    problems.stop(path)
    return found


def _values(row: Row, problems: Problems) -> dict[str, Any]:
    """What the review columns say, as a row has it; a cell that is wrong is a problem and counts as unchanged."""
    values: dict[str, Any] = dict(row.written.reviewed)
    for name, read in (("status", _status), ("comment", _comment), ("grade", _grade), ("kinds", _kinds)):
        try:
            values[name] = read(row.cells[name])
        except ValueError as error:
            problems.say(row.places[name], str(error))
    return values


def _status(cell: Any) -> str:
    text = " ".join(str(cell).lower().replace("-", " ").split())
    if text not in ("", *STATUSES):
        raise ValueError(f"{_shown(cell)} is no status: {', '.join(STATUSES)}, or nothing")
    return text


def _comment(cell: Any) -> str:
    text = (f"{cell:g}" if isinstance(cell, float) else str(cell)).replace("\r\n", "\n").strip()
    if len(text) > LONGEST_COMMENT:
        raise ValueError(f"a comment has at most {LONGEST_COMMENT} characters, and this has {len(text)}")
    return text


def _grade(cell: Any) -> int:
    try:
        number = float(str(cell).strip())
    except ValueError:
        number = -1.0
    if number not in (0, 1, 2, 3):
        raise ValueError(f"{_shown(cell)} is no grade: 0, 1, 2 or 3")
    return int(number)


def _kinds(cell: Any) -> list[str]:
    names = [name.strip().lower() for part in str(cell).split("|") for name in part.replace(";", ",").split(",") if name.strip()]
    if unknown := [name for name in names if name not in KINDS]:
        raise ValueError(f"{_shown(unknown[0])} is no kind; known: {', '.join(KINDS)} (joined by |)")
    return [kind for kind in KINDS if kind in names]


def _shown(cell: Any) -> str:
    text = " ".join(str(cell).split())
    return repr(text[:40] + ("…" if len(text) > 40 else ""))


def _decisions(session: Session, row: Row, values: dict[str, Any], problems: Problems) -> Iterator[Decision]:
    changed = [name for name in REVIEWED if values[name] != _plain(name, row.written.reviewed[name])]
    if not changed:
        return
    found = session.find(row.written.target)
    now = (
        {}
        if found is None
        else {"status": found[0].status or "", "comment": (found[0].comment or "").strip(), "grade": found[0].grade, "kinds": found[0].kinds}
    )
    for name in changed:
        value = values[name]
        if now and now[name] is not None and _plain(name, now[name]) == value:
            continue
        if name == "status" and not value:
            yield from _taken_back(session, row, [] if found is None else found[1], problems)
            continue
        action = ACTION[value] if name == "status" else PAYLOAD[name][0]
        payload: dict[str, Any] = {} if name == "status" else {PAYLOAD[name][1]: value}
        yield Decision("", session.reviewer, action, row.written.target, payload | {"imported": _mark(row, action, value)})


def _plain(name: str, value: Any) -> Any:
    return list(value or ()) if name == "kinds" else (value or "").strip() if name == "comment" else value if name == "grade" else value or ""


def _taken_back(session: Session, row: Row, said: Sequence[Decision], problems: Problems) -> Iterator[Decision]:
    """An emptied status: the decisions that set it are undone, where they were about this row alone."""
    about = [one for one in said if one.action in STATUS]
    if any(len(one.target) != 2 for one in about):
        problems.say(row.places["status"], "the status was given to the whole unit, and cannot be taken from one row: write needs review instead")
        return
    own = {(span.document, span.text_hash) for span in row.written.target}
    for one in about:
        if {(span.document, span.text_hash) for span in one.target} == own:
            payload = {"time": one.time, "reviewer": one.reviewer, "imported": _mark(row, "undo", one.time)}
            yield Decision("", session.reviewer, "undo", (), payload)


def _mark(row: Row, action: str, value: Any) -> str:
    """The same for the same change of the same cell, so that a file that comes twice changes nothing the second time."""
    return digest(row.hidden, action, repr(value))[:16]
