"""Stage `decide`: a reviewer's decisions, read from `decisions.jsonl`, laid over the beads that the program found.

A decision points at spans of text, so it survives a re-run and a change of the aligner. One that finds no bead is an
orphan: it is reported and kept. The log is read in order; `undo` takes back the decision whose time it names.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .corpus import Bead, Decision, Member, Span
from .errors import InputError
from .store import digest

ACTIONS = ("accept", "needs-review", "reject", "comment", "undo")
STATUS = {"accept": "accepted", "needs-review": "needs review", "reject": "rejected"}


@dataclass(frozen=True, slots=True)
class Decided:
    """Beads after review, the status and comment of each reviewed bead by its id, and the decisions without a target."""

    beads: tuple[Bead, ...]
    status: dict[str, str]
    comments: dict[str, str]
    orphans: tuple[Decision, ...]


def text_hash(text: str) -> str:
    """The short hash by which a decision knows its text again: white space does not count."""
    return digest(" ".join(text.split()))[:16]


def target_of(members: Sequence[Member]) -> tuple[Span, ...]:
    """The spans that a decision about these members points at."""
    return tuple(sorted((Span(member.document, member.start, member.end, text_hash(member.text)) for member in members), key=_place))


def _place(span: Span) -> tuple[str, int, int]:
    return span.document, span.start, span.end


def read_decisions(path: Path | None) -> list[Decision]:
    """The log, in order; an absent file is an empty log.

    Raises InputError with file and line for a line that is not a decision.
    """
    if path is None or not path.exists():
        return []
    decisions = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            decisions.append(_decision(json.loads(line)))
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"not a decision ({error})", place=f"{path}:{number}", hint="mend or remove this line; the log holds one JSON object a line"
            ) from error
    return decisions


def _decision(record: dict[str, Any]) -> Decision:
    if record["action"] not in ACTIONS:
        raise ValueError(f"unknown action {record['action']!r}; known: {', '.join(ACTIONS)}")
    target = tuple(Span(span["document"], int(span["start"]), int(span["end"]), span["text_hash"]) for span in record["target"])
    return Decision(record["time"], record["reviewer"], record["action"], target, dict(record.get("payload", {})))


def decide(beads: Sequence[Bead], decisions: Sequence[Decision]) -> Decided:
    """Lay the decisions over the beads. The last word on a bead counts; rejected beads are kept, marked as such."""
    undone = {str(decision.payload.get("time")) for decision in decisions if decision.action == "undo"}
    by_target: dict[tuple[tuple[str, str], ...], str] = {}
    for bead in beads:
        by_target.setdefault(_signature(target_of(bead.members)), bead.id)
    status: dict[str, str] = {}
    comments: dict[str, str] = {}
    orphans = []
    for decision in decisions:
        if decision.action == "undo" or decision.time in undone:
            continue
        bead_id = by_target.get(_signature(decision.target))
        if bead_id is None:
            orphans.append(decision)
        elif decision.action == "comment":
            comments[bead_id] = str(decision.payload.get("text", ""))
        else:
            status[bead_id] = STATUS[decision.action]
    reviewed = tuple(replace(bead, origin="human") if status.get(bead.id) == "accepted" else bead for bead in beads)
    return Decided(reviewed, status, comments, tuple(orphans))


def _signature(target: Sequence[Span]) -> tuple[tuple[str, str], ...]:
    """What must be the same for a bead to be the target: documents and texts; offsets may have shifted."""
    return tuple(sorted((span.document, span.text_hash) for span in target))
