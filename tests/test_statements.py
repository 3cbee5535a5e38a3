"""Who carries which statement: places, what is left out, and how it reads at two widths, with and without colour."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from align.tables.statements import Overview, gather

OUTLETS = {"m": "MEMRI", "s": "Sputnik", "t": "The Moscow Times"}


def member(document: str, start: int, text: str, speech: str = "direct") -> dict[str, Any]:
    names = {"document": document, "document_id": document, "outlet": OUTLETS[document], "language": "en", "speaker": "Sergey Lavrov", "speech": speech}
    return {**names, "start": start, "end": start + len(text), "text": text}


BEADS = [
    {"id": "1", "score": 0.9, "members": [member("m", 0, "We will help."), member("m", 90, "We will help."), member("s", 50, "He would help", "reported")]},
    {"id": "2", "score": 0.7, "members": [member("m", 20, "Sanctions are not our problem."), member("s", 10, "“not our problem”", "mixed")]},
    {"id": "3", "score": 0.8, "members": [member("s", 70, "It is a pity."), member("s", 99, "A pity.")]},
]
ROWS = [{"bead": "2", "document_id_a": "m", "document_id_b": "s", "grade": 2}]
SUMMARY = {
    "name": "two",
    "documents": [{"id": name, "outlet": outlet, "language": "en", "date": ""} for name, outlet in OUTLETS.items()],
    "unlinked": 4,
    "near_misses": 2,
}


def shown(width: int, colour: bool = False, **changed: Any) -> str:
    found = gather(changed.get("beads", BEADS), ROWS, changed.get("summary", SUMMARY))
    screen = Console(file=io.StringIO(), width=width, force_terminal=colour, color_system="truecolor" if colour else None, highlight=False)
    screen.print(Overview(found, width, changed.get("limit")))
    return screen.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_places_repeats_and_who_leaves_out() -> None:
    found = gather(BEADS, ROWS, SUMMARY)
    assert found["leading_document"] == "m"
    assert [statement["bead"] for statement in found["statements"]] == ["1", "2"]  # a repeat within one document is carried by nobody else
    first, second = found["statements"]
    assert [(one["document_id"], one["place"], one["repeats"], one["speech"]) for one in first["documents"]] == [("m", 1, 1, "direct"), ("s", 2, 0, "reported")]
    assert [(one["place"], one["grade"]) for one in second["documents"]] == [(2, 2), (1, 2)]
    assert first["left_out"] == ["t"]
    assert [(one["statements"], one["left_out"], one["order"]) for one in found["documents"]] == [(2, 0, 1.0), (2, 0, 0.0), (0, 2, None)]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_column_a_document(width: int) -> None:
    text = shown(width)
    assert max(len(line) for line in text.splitlines()) <= width
    lines = [line.split() for line in text.splitlines()]
    assert [*lines[0]] == ["document", "carries", "leaves", "out", "in", "order"]
    assert any(line[:1] == ["1"] and line[-2:] == ["1q+", "2r"] for line in lines)
    assert any(line[:1] == ["2"] and line[-2:] == ["2q!", "1m!"] for line in lines)
    assert "no statement in: The Moscow Times" in text
    assert "2 statements. Carried by one document only: 4. Near misses, for review: 2." in " ".join(text.split())
    assert "\x1b" not in text and "\x1b[" in shown(width, colour=True)


def test_many_documents_become_a_list() -> None:
    names = [f"d{number}" for number in range(40)]
    OUTLETS.update({name: name for name in names})
    beads = [{"id": "1", "score": 0.9, "members": [member(name, number, "We will help.") for number, name in enumerate(names)]}]
    summary = {**SUMMARY, "documents": [{"id": name, "outlet": name, "language": "en", "date": ""} for name in names]}
    text = shown(80, beads=beads, summary=summary)
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "AN 1q" in " ".join(text.split())


def test_limit_and_nothing() -> None:
    assert "1 of 2 statements" in shown(80, limit=1)
    assert "No statement is carried by more than one document." in shown(80, beads=[])


def test_no_text_steers_the_terminal() -> None:
    assert "\x1b" not in shown(80, beads=[{"id": "1", "score": 1, "members": [member("m", 0, "red \x1b[31m"), member("s", 0, "red")]}])
