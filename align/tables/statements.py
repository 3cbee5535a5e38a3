"""The view of the whole: each statement, which documents carry it, at which place, and who leaves it out.

In: what a run wrote (lines of `beads.jsonl` and `divergence.jsonl`, `summary.json`). Out: `gather` gives plain data, `Overview`
something Rich can print: a line a statement and a column a document, or a list where there are too many documents.
Called by `align report --statements`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.table import Table
from rich.text import Text

from ..renditions.speech import person
from .terminal import GRADE_STYLES, visible

SCHEMA = 1
LEAST_TEXT = 24  # columns for the statement itself; with less than that, carriers are listed below it
LINES = 2  # of a statement that are shown
SPEECH = {"direct": "q", "reported": "r", "mixed": "m"}
LEFT_OUT = "·"
PART = 2  # grade from which on a part of the meaning is missing, added or changed
HINT = "place of the statement in that document; q quoted, r reported, m mixed; + said again; ! part of the meaning differs from another rendition; · left out"


def gather(beads: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]) -> dict[str, Any]:
    """Statements in the order of the document that carries most of them, then what that one leaves out, and each document's share.

    A statement: `bead, score, speaker, text, documents` (each with `document_id, outlet, place, repeats, speech, grade, text`, in
    the order of the documents) and `left_out` (ids). `place` counts from 1 the statements that the document carries, in its order; `grade` is
    the worst that the divergence table gives that document's text, or None. `documents`: `order` is the share of pairs of
    statements that stand in the same order as in the leading document, or None where there is no pair.
    """
    documents = list(summary["documents"])
    carried = [bead for bead in beads if len({member["document_id"] for member in bead["members"]}) > 1]
    found: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    members: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for bead in carried:
        for member in sorted(bead["members"], key=lambda one: (one["start"], one["end"])):
            if not members[bead["id"], member["document_id"]]:
                found[member["document_id"]].append((member["start"], member["end"], bead["id"]))
            members[bead["id"], member["document_id"]].append(member)
    place = {(document, bead): number for document, entries in found.items() for number, (_, _, bead) in enumerate(sorted(entries), 1)}
    grades: dict[tuple[str, str], int] = {}
    for row in rows:
        for side in "ab":
            key = str(row["bead"]), str(row[f"document_id_{side}"])
            grades[key] = max(grades.get(key, 0), int(row["grade"]))
    leader = max(documents, key=lambda one: len(found[one["id"]]))["id"] if documents else ""
    first = {bead["id"]: number for number, bead in enumerate(carried)}
    statements = []
    for bead in sorted(carried, key=lambda one: (place.get((leader, one["id"]), len(carried) + 1), first[one["id"]])):
        carriers = [document for document in documents if members.get((bead["id"], document["id"]))]
        shown = next((one for one in carriers if one["id"] == leader), carriers[0])
        spoken = [member["speaker"] for member in bead["members"] if member.get("speaker")]
        statements.append(
            {
                "bead": bead["id"],
                "score": bead["score"],
                "speaker": max(spoken, key=lambda name: (spoken.count(name), len(name), name)) if spoken else "",
                "text": members[bead["id"], shown["id"]][0]["text"],
                "documents": [_carrier(document, members[bead["id"], document["id"]], place, grades, bead["id"]) for document in carriers],
                "left_out": [document["id"] for document in documents if document not in carriers],
            }
        )
    return {
        "schema": SCHEMA,
        "name": summary.get("name", ""),
        "leading_document": leader,
        "documents": [
            {
                **{name: document[name] for name in ("id", "outlet", "language", "date")},
                "statements": len(found[document["id"]]),
                "left_out": len(carried) - len(found[document["id"]]),
                "order": _order(place, document["id"], leader),
            }
            for document in documents
        ],
        "statements": statements,
        "near_misses": summary.get("near_misses", 0),
        "unlinked": summary.get("unlinked", 0),
    }


def _carrier(
    document: Mapping[str, Any], spans: Sequence[Mapping[str, Any]], place: Mapping[tuple[str, str], int], grades: Mapping[tuple[str, str], int], bead: str
) -> dict[str, Any]:
    kinds = {str(span.get("speech") or "") for span in spans} - {""}
    return {
        "document_id": document["id"],
        "outlet": document["outlet"],
        "place": place[document["id"], bead],
        "repeats": len(spans) - 1,
        "speech": kinds.pop() if len(kinds) == 1 else "mixed" if kinds else "",
        "grade": grades.get((bead, document["id"])),
        "text": " […] ".join(str(span["text"]) for span in spans),
    }


def _order(place: Mapping[tuple[str, str], int], document: str, leader: str) -> float | None:
    here = [(place[leader, bead], number) for (name, bead), number in place.items() if name == document and (leader, bead) in place]
    pairs = list(combinations(sorted(here), 2))
    return round(sum(one[1] < other[1] for one, other in pairs) / len(pairs), 4) if pairs else None


class Overview:
    """A Rich renderable of what `gather` gave; at most `limit` statements."""

    def __init__(self, found: Mapping[str, Any], width: int, limit: int | None = None) -> None:
        self.found, self.width, self.limit = found, max(width, 40), limit

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        statements = self.found["statements"][: self.limit]
        if not statements:
            yield Text("No statement is carried by more than one document.")
            yield self._rest()
            return
        carriers = [document for document in self.found["documents"] if document["statements"]]
        keys = {document["id"]: _letters(number) for number, document in enumerate(carriers)}
        yield self._legend(carriers, keys)
        if silent := [visible(str(document["outlet"])) for document in self.found["documents"] if not document["statements"]]:
            yield Text(f"  no statement in: {', '.join(silent)}", style="dim")
        yield Text()
        cells = {(statement["bead"], carrier["document_id"]): _cell(carrier) for statement in statements for carrier in statement["documents"]}
        columns = {name: max(len(key), *(len(cells.get((statement["bead"], name), LEFT_OUT)) for statement in statements)) for name, key in keys.items()}
        number = max(len(visible(str(statement["bead"]))) for statement in statements)
        left = self.width - number - 1 - sum(width + 1 for width in columns.values())
        yield self._matrix(statements, keys, cells, columns, number, left) if left >= LEAST_TEXT else self._list(statements, keys, cells, number)
        yield Text(f"\n{HINT}", style="dim")
        yield self._rest()

    def _legend(self, carriers: Sequence[Mapping[str, Any]], keys: Mapping[str, str]) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), width=self.width)
        table.add_column("", no_wrap=True, style="bold")
        table.add_column("document", ratio=1, overflow="ellipsis", no_wrap=True)
        for heading in ("carries", "leaves out", "in order"):
            table.add_column(heading, justify="right", no_wrap=True)
        total = len(self.found["statements"])
        for document in carriers:
            same = "leads" if document["id"] == self.found["leading_document"] else "-" if document["order"] is None else f"{document['order']:.0%}"
            names = dict.fromkeys(visible(str(part)) for part in (document["outlet"], document["id"], document["date"]) if part)
            table.add_row(keys[document["id"]], ", ".join(names), f"{document['statements']} of {total}", str(document["left_out"]), same)
        return table

    def _matrix(
        self,
        statements: Sequence[Mapping[str, Any]],
        keys: Mapping[str, str],
        cells: Mapping[tuple[str, str], str],
        columns: Mapping[str, int],
        number: int,
        left: int,
    ) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), width=self.width)
        table.add_column("", width=number, no_wrap=True, style="dim")
        table.add_column("statement", width=left - 1, overflow="fold")
        for name, key in keys.items():
            table.add_column(key, width=columns[name], justify="right", no_wrap=True)
        speaker = ""
        for statement in statements:
            grades = {carrier["document_id"]: carrier["grade"] for carrier in statement["documents"]}
            marks = [Text(cells[statement["bead"], name], style=_style(grades[name])) if name in grades else Text(LEFT_OUT, style="dim") for name in keys]
            table.add_row(visible(str(statement["bead"])), _said(statement, speaker, LINES * (left - 2)), *marks)
            speaker = statement["speaker"]
        return table

    def _list(self, statements: Sequence[Mapping[str, Any]], keys: Mapping[str, str], cells: Mapping[tuple[str, str], str], number: int) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), width=self.width, show_header=False)
        table.add_column(width=number, no_wrap=True, style="dim")
        table.add_column(ratio=1, overflow="fold")
        speaker = ""
        for statement in statements:
            table.add_row(visible(str(statement["bead"])), _said(statement, speaker, LINES * (self.width - number - 2)))
            speaker = statement["speaker"]
            line = Text()
            for carrier in statement["documents"]:
                line.append(f"{keys[carrier['document_id']]} ", style="bold")
                line.append(f"{cells[statement['bead'], carrier['document_id']]}  ", style=_style(carrier["grade"]))
            table.add_row("", line)
        return table

    def _rest(self) -> Text:
        shown, total = len(self.found["statements"][: self.limit]), len(self.found["statements"])
        some = f"{shown} of {total} statements. " if shown < total else f"{total} statements. " if total else ""
        return Text(f"{some}Carried by one document only: {self.found['unlinked']}. Near misses, for review: {self.found['near_misses']}.", style="dim")


def _letters(number: int) -> str:
    """A, B ... Z, AA, AB ..."""
    name = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _cell(carrier: Mapping[str, Any]) -> str:
    again, part = "+" if carrier["repeats"] else "", "!" if (carrier["grade"] or 0) >= PART else ""
    return f"{carrier['place']}{SPEECH.get(carrier['speech'], '')}{again}{part}"


def _style(grade: int | None) -> str:
    return "" if grade is None else GRADE_STYLES[min(grade, 3)]


def _said(statement: Mapping[str, Any], before: str, room: int) -> Text:
    """The statement in as many characters as there is room for, with its speaker where that is not who spoke before."""
    speaker, text = visible(str(statement["speaker"])), visible(str(statement["text"]))
    said = Text()
    if speaker and person(speaker) != person(before):
        said.append(f"{speaker}: ", style="cyan")
        room -= len(speaker) + 2
    said.append(text if len(text) <= room else text[: max(room - 1, 1)].rsplit(" ", 1)[0] + "…")
    return said
