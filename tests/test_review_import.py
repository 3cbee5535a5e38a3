"""What comes into a review from files, what goes out as gold, and the command that does it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from review_corpora import bead_target, decision, opened, row_target

from align.decide import read_decisions
from align.errors import InputError
from align.evaluate import evaluate
from align.review.gold import write_gold
from align.review.imports import Imported, import_file
from align.review.session import Session
from align.store import read_lines
from align.tables.xlsx import SHEET


class Sheet:
    """The workbook of a run, as somebody edits it."""

    def __init__(self, path: Path) -> None:
        self.book = load_workbook(path)
        self.sheet = self.book[SHEET]
        self.columns = {cell.value: cell.column for cell in self.sheet[1]}

    def __setitem__(self, place: tuple[int, str], value: object) -> None:
        cell = self.sheet.cell(place[0], self.columns[place[1]])
        cell.value = value  # type: ignore[assignment]
        if isinstance(value, str):
            cell.data_type = "s"

    def __getitem__(self, place: tuple[int, str]) -> Any:
        return self.sheet.cell(place[0], self.columns[place[1]]).value

    def at(self, row: int, name: str) -> str:
        return f"{SHEET}!{self.sheet.cell(row, self.columns[name]).coordinate}"

    def save(self, path: str = "reviewed.xlsx") -> Path:
        self.book.save(path)
        return Path(path)


def sheet(name: str = "bitext") -> Sheet:
    return Sheet(Path(name) / "out" / "divergence.xlsx")


def taken(imported: Imported) -> dict[str, int]:
    actions: dict[str, int] = imported.record()["actions"]
    return actions


def row_of(session: Session, edited: Sheet, row: int) -> dict[str, Any]:
    texts = edited[row, "text_a"], edited[row, "text_b"]
    return next(one for one in session.state()["rows"] if (one["text_a"], one["text_b"]) == texts)


def test_a_reviewed_workbook_comes_in_and_twice_changes_nothing(place: Path) -> None:
    edited = sheet()
    edited[2, "status"] = " Accepted "
    edited[3, "grade"] = 3 - edited[3, "grade"]
    edited[4, "kinds"] = "register, negation"
    edited[5, "comment"] = '=HYPERLINK("https://example.org")'
    edited[6, "status"] = "needs-review"
    path = edited.save()
    session = opened(reviewer="eva")
    imported = import_file(session, path)
    assert taken(imported) == {"accept": 1, "comment": 1, "kinds": 1, "needs-review": 1, "regrade": 1}
    assert imported.record()["reviewers"] == ["eva"]
    assert [row_of(session, edited, row)["status"] for row in (2, 3, 6)] == ["accepted", "", "needs review"]
    assert row_of(session, edited, 3)["grade"] == edited[3, "grade"]
    assert row_of(session, edited, 4)["kinds"] == ["negation", "register"]
    assert row_of(session, edited, 5)["comment"] == '=HYPERLINK("https://example.org")'
    assert imported.lines()[0] == "reviewed.xlsx: 5 decisions taken of eva (1 accept, 1 comment, 1 kinds, 1 needs-review, 1 regrade)"
    for again in (session, opened(reviewer="somebody else")):
        assert taken(import_file(again, path)) == {}
    session.export()
    assert taken(import_file(session, session.out / "divergence.xlsx")) == {}, "what a run writes holds nothing new"
    workbook = sheet()
    assert (workbook[5, "comment"], workbook.sheet.cell(5, workbook.columns["comment"]).data_type) == ('=HYPERLINK("https://example.org")', "s")


def test_an_unchanged_workbook_does_not_even_touch_the_log(place: Path) -> None:
    session = opened()
    assert taken(import_file(session, session.out / "divergence.xlsx")) == {}
    assert not Path("bitext/decisions.jsonl").exists()


def test_rows_may_be_sorted_left_out_and_columns_moved(place: Path) -> None:
    edited = sheet()
    edited[2, "status"] = "rejected"
    wanted = edited[2, "text_b"]
    table = [[cell.value for cell in row] for row in edited.sheet.iter_rows(min_row=2)]
    edited.sheet.delete_rows(2, len(table))
    for row in [list(reversed(row)) for row in reversed(table)][2:]:
        edited.sheet.append(row)
    for column, name in enumerate(reversed(list(edited.columns)), 1):
        edited.sheet.cell(1, column).value = name
    session = opened()
    imported = import_file(session, edited.save())
    assert taken(imported) == {"reject": 1}
    assert [row["text_b"] for row in session.state()["rows"] if row["status"] == "rejected"] == [wanted]


def test_what_was_decided_elsewhere_meanwhile_stays(place: Path) -> None:
    edited = sheet()
    edited[2, "status"] = "accepted"
    path = edited.save()
    session = opened(reviewer="bob")
    session.decide([decision("reject", row_target(row_of(session, edited, 3))), decision("comment", row_target(row_of(session, edited, 2)), text="bob's")])
    assert taken(import_file(session, path)) == {"accept": 1}, "row 3 is as it was written, so the reviewer of the file did not touch it"
    assert row_of(session, edited, 3)["status"] == "rejected"
    assert row_of(session, edited, 2)["comment"] == "bob's"
    session.decide([decision("reject", row_target(row_of(session, edited, 2)))])
    assert taken(import_file(session, path)) == {}, "the file has been here"
    assert row_of(session, edited, 2)["status"] == "rejected"


def test_an_emptied_status_is_taken_back(place: Path) -> None:
    session = opened("renditions")
    row = next(row for row in session.state()["rows"] if sum(other["bead"] == row["bead"] for other in session.state()["rows"]) == 1)
    session.decide([decision("needs-review", row_target(row)), decision("accept", row_target(row))])
    session.export()
    edited = sheet("renditions")
    (number,) = (n for n in range(2, edited.sheet.max_row + 1) if edited[n, "status"] == "accepted")
    edited[number, "status"] = None
    path = edited.save()
    assert taken(import_file(session, path)) == {"undo": 2}
    assert not any(one["status"] for one in session.state()["rows"])
    assert taken(import_file(session, path)) == {}
    unit = next(bead for bead in session.state()["beads"] if len(bead.members) == 3)
    session.decide([decision("accept", bead_target(unit))])
    session.export()
    edited = sheet("renditions")
    number = next(n for n in range(2, edited.sheet.max_row + 1) if edited[n, "status"] == "accepted")
    edited[number, "status"] = None
    with pytest.raises(InputError, match="given to the whole unit"):
        import_file(session, edited.save())


def formula(edited: Sheet, row: int, name: str, text: str) -> None:
    edited.sheet.cell(row, edited.columns[name]).value = text


@pytest.mark.parametrize(
    ("change", "row", "name", "complaint"),
    [
        (lambda s: s.__setitem__((4, "text_a"), "another text"), 4, "text_a", "text_a was changed"),
        (lambda s: s.__setitem__((4, "divergence"), 0.123), 4, "divergence", "divergence was changed"),
        (lambda s: s.__setitem__((4, "start_a"), 1), 4, "start_a", "start_a was changed"),
        (lambda s: s.__setitem__((4, "bead"), None), 4, "bead", "bead was changed"),
        (lambda s: s.__setitem__((4, "grade_auto"), 9), 4, "grade_auto", "grade_auto was changed"),
        (lambda s: s.__setitem__((4, "status"), "okay"), 4, "status", "'okay' is no status: accepted, needs review, rejected, or nothing"),
        (lambda s: s.__setitem__((4, "grade"), 7), 4, "grade", "'7' is no grade: 0, 1, 2 or 3"),
        (lambda s: s.__setitem__((4, "grade"), "good"), 4, "grade", "'good' is no grade"),
        (lambda s: s.__setitem__((4, "grade"), None), 4, "grade", "'' is no grade"),
        (lambda s: s.__setitem__((4, "kinds"), "negation|irony"), 4, "kinds", "'irony' is no kind; known: omission"),
        (lambda s: s.__setitem__((4, "comment"), "x" * 20_001), 4, "comment", "at most 20000 characters"),
        (lambda s: formula(s, 4, "comment", "=1+1"), 4, "comment", "a formula"),
        (lambda s: formula(s, 4, "text_a", '=cmd|"/C calc"!A0'), 4, "text_a", "a formula"),
        (lambda s: s.__setitem__((4, "as_written"), "{}"), 4, "as_written", "the hidden column as_written was changed"),
        (lambda s: s.__setitem__((4, "as_written"), s[5, "as_written"]), 4, "", "was changed"),
        (lambda s: s.__setitem__((4, "as_written"), "[" * 5000), 4, "as_written", "the hidden column as_written was changed"),
        (lambda s: setattr(s.sheet.cell(4, 70), "value", "note"), 4, "", "a cell outside the table"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_cell(place: Path, change: Callable[[Sheet], None], row: int, name: str, complaint: str) -> None:
    edited = sheet()
    edited[2, "status"] = "accepted"
    change(edited)
    session = opened()
    with pytest.raises(InputError) as caught:
        import_file(session, edited.save())
    assert complaint in str(caught.value)
    assert (edited.at(row, name) if name else f"{SHEET}!") in str(caught.value)
    assert "nothing was imported" in str(caught.value)
    assert session.sequence == 0


def test_all_that_is_wrong_is_said_at_once(place: Path) -> None:
    edited = sheet()
    for row in (2, 3, 4):
        edited[row, "status"] = "fine"
    edited[5, "text_b"] = "x"
    with pytest.raises(InputError) as caught:
        import_file(opened(), edited.save())
    assert caught.value.message.splitlines()[0] == "4 cells cannot be taken; nothing was imported"
    assert len(caught.value.message.splitlines()) == 5


def zipped(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def parts_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><worksheet/>'


@pytest.mark.parametrize("case", ["text", "empty", "old", "zip", "half", "bomb", "entities", "no sheet", "no columns", "twice", "damaged", "wide", "absent"])
def test_a_file_that_is_no_workbook_gets_a_clear_error(place: Path, case: str) -> None:
    good = Path("bitext/out/divergence.xlsx")
    path = Path("bad.xlsx")
    parts = parts_of(good)
    first = "xl/worksheets/sheet1.xml"
    if case == "text":
        path.write_text("not a workbook", encoding="utf-8")
    elif case == "empty":
        path.write_bytes(b"")
    elif case == "old":
        path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    elif case == "zip":
        zipped(path, {"readme.txt": b"hello"})
    elif case == "half":
        path.write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    elif case == "bomb":
        zipped(path, parts | {first: parts[first].replace(b"</worksheet>", b" " * 40_000_000 + b"</worksheet>")})
    elif case == "entities":
        zipped(path, parts | {first: BOMB})
    elif case == "damaged":
        zipped(path, parts | {first: parts[first][: len(parts[first]) // 2]})
    elif case == "wide":
        zipped(path, parts | {first: parts[first].replace(b"</sheetData>", b'<row r="99"><c r="XFD99"><v>1</v></c></row></sheetData>')})
    elif case != "absent":
        edited = sheet()
        if case == "no sheet":
            edited.sheet.title = "Sheet1"
        elif case == "no columns":
            edited.sheet.cell(1, edited.columns["as_written"]).value = "something"
        else:
            edited.sheet.cell(1, edited.columns["comment"]).value = "status"
        edited.save("bad.xlsx")
    session = opened()
    with pytest.raises(InputError) as caught:
        import_file(session, path)
    assert str(caught.value.place).startswith("bad.xlsx")
    assert len(str(caught.value)) < 600
    assert session.sequence == 0


def test_a_workbook_of_an_earlier_run_still_fits_by_its_texts(place: Path) -> None:
    edited = sheet()
    edited[2, "status"] = "accepted"
    edited[3, "status"] = "rejected"
    wanted = {edited[row, "text_a"] + edited[row, "text_b"]: status for row, status in ((2, "accepted"), (3, "rejected"))}
    path = edited.save()
    source = place / "bitext" / "news.en.txt"
    source.write_text("A headline that was not there before.\n" + source.read_text(encoding="utf-8"), encoding="utf-8")
    session = opened()
    import_file(session, path)
    assert {row["text_a"] + row["text_b"]: row["status"] for row in session.state()["rows"] if row["status"]} == wanted
    assert not session.state()["orphans"]


def test_decisions_that_the_page_saved_come_in_once(place: Path) -> None:
    session = opened()
    rows = session.state()["rows"]
    merged = bead_target(*session.state()["beads"][:2])
    records = [
        {"schema": 1, "time": f"2026-01-01T00:00:0{number}.000000Z", "reviewer": "eva", **one}
        for number, one in enumerate(
            [
                decision("accept", row_target(rows[-1])),
                decision("merge", merged),
                decision("accept", [{"document": "news.en", "start": 0, "end": 4, "text_hash": "gone", "text": "Gone."}]),
                decision("undo", [], time="2026-01-01T00:00:01.000000Z", reviewer="eva"),
            ]
        )
    ]
    path = Path("decisions (1).jsonl")
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    imported = import_file(session, path)
    assert taken(imported) == {"accept": 2, "merge": 1, "undo": 1}
    assert [orphan.reason for orphan in imported.orphans] == ["no bead has this text of 'news.en': “Gone.”"]
    assert session.state()["rows"][-1]["status"] == "accepted" and session.state()["rows"][-1]["reviewer"] == "eva"
    again = import_file(session, path)
    assert (taken(again), again.known) == ({}, 4)
    assert [one.time for one in read_decisions(Path("bitext/decisions.jsonl"))] == [record["time"] for record in records]
    path.write_text(json.dumps(records[0]) + "\n{}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        import_file(session, path)
    assert caught.value.place == f"{path}:2"


# Gold.


@pytest.mark.parametrize("name", ["bitext", "renditions"])
def test_an_accepted_run_is_its_own_gold(place: Path, name: str) -> None:
    session = opened(name)
    session.decide([decision("accept", bead_target(bead)) for bead in session.state()["beads"]])
    session.export()
    written = write_gold(session, Path("gold"))
    result = evaluate(Path("gold"), session.out / "beads.jsonl")
    assert (result["precision"], result["recall"], result["f1"]) == (1.0, 1.0, 1.0)
    assert result["sure_links"] == written["sure_links"] > 5 and result["possible_links"] == 0
    table = [line.split("\t") for line in Path("gold/divergence.tsv").read_text(encoding="utf-8").splitlines()]
    assert len(table) == len(session.state()["rows"]) + 1 and {len(line) for line in table} == {11}
    sources = {path.stem: path.read_text(encoding="utf-8") for path in Path(name).glob("*.txt")}
    for line in Path("gold/segments.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        document, _, _, start, end, text = line.split("\t")
        assert sources[document][int(start) : int(end)] == text
    if name == "bitext":
        found = evaluate(Path("gold/news.en.news.pt.beads"), Path("gold/news.en.news.pt.auto.beads"))
        assert found["strict_f1"] == 1.0 and found["gold_beads"] == 7


def test_gold_says_what_was_reviewed_and_how(place: Path) -> None:
    session = opened()
    beads = session.state()["beads"]
    session.decide(
        [
            decision("accept", bead_target(beads[0])),
            decision("reject", bead_target(beads[1])),
            decision("comment", bead_target(beads[1]), text="not the same"),
            decision("merge", bead_target(beads[2], beads[3])),
            decision("regrade", row_target(session.state()["rows"][0]), grade=1),
        ]
    )
    session.export()
    written = write_gold(session, Path("gold"))
    assert (written["negatives"], written["open_sentences"]) == (3, 9)
    assert [record["reason"] for record in read_lines(Path("gold/negatives.jsonl"))] == ["not the same"] * 3
    lines = Path("gold/news.en.news.gb.beads").read_text(encoding="utf-8").splitlines()
    assert lines[:4] == ["[0]:[0]", "[1]:[]", "[2, 3]:[2, 3]", "[4]:[4]"] and "[]:[1]" in lines
    assert "[1]:[1]" in Path("gold/news.en.news.gb.auto.beads").read_text(encoding="utf-8").splitlines()
    whole = evaluate(Path("gold"), Path("bitext/out/beads.jsonl"))
    assert whole["precision"] < 1, "the rejected bead is still in beads.jsonl, marked"
    links = [line.split("\t") for line in Path("gold/links.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    assert {line[4] for line in links if line[1] == "0"} == {"S"} and {line[4] for line in links if line[1] == "4"} == {"P"}
    assert not any(line[1] == "1" for line in links)
    graded = [line.split("\t") for line in Path("gold/divergence.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    assert next(line[5] for line in graded if line[0] == "news.en") == "1"
    assert "reviewed by: anna" in Path("gold/README.md").read_text(encoding="utf-8")


# The command.


def align(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "align", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | {"COLUMNS": "100"} | environment, check=False)


def test_the_command_takes_files_in_and_gives_gold_out(place: Path) -> None:
    edited = sheet()
    edited[2, "status"] = "rejected"
    path = edited.save("re viewed.xlsx")
    done = align("review", "bitext", "--import", str(path), "--reviewer", "Anna Kurz", "--export-gold", "gold")
    assert done.returncode == 0, done.stderr
    assert "re viewed.xlsx: 1 decision taken of Anna Kurz (1 reject)" in done.stdout
    assert "gold/links.tsv" in done.stdout and "are in no reviewed row" in done.stderr
    assert read_lines(Path("bitext/out/divergence.jsonl"))[0]["status"] == "rejected", "the files of the run follow"
    again = align("review", "bitext", "--import", str(path), "--json")
    assert json.loads(again.stdout)["imported"][0]["taken"] == 0
    edited[3, "text_a"] = "changed"
    refused = align("review", "bitext", "--import", str(edited.save("bad.xlsx")))
    assert refused.returncode == 1 and "Traceback" not in refused.stderr
    assert f"{edited.at(3, 'text_a')}: text_a was changed" in refused.stderr
    assert align("review", "bitext", "--json").returncode == 2
    assert "no such file or folder" in align("review", "nowhere").stderr
    table = align("report", "bitext", "--table")
    assert "1 rejected row is left out" in " ".join(table.stdout.split())


def test_the_command_serves_until_ctrl_c_and_leaves_the_files_up_to_date(place: Path) -> None:
    row = read_lines(Path("bitext/out/divergence.jsonl"))[0]
    command = [sys.executable, "-m", "align", "review", "bitext", "--port", "0", "--no-browser", "--reviewer", "eva"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    address, _, token = line.split()[1].partition("/?token=")
    assert address.startswith("http://127.0.0.1:"), line
    body = {"decisions": [{"id": "one", **decision("reject", row_target(row))}]}
    request = urllib.request.Request(
        f"{address}/api/decisions",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200
    assert [one.action for one in read_decisions(Path("bitext/decisions.jsonl"))] == ["reject"]
    process.send_signal(signal.SIGINT)
    said, complaints = process.communicate(timeout=120)
    assert process.returncode == 0, complaints
    assert "are up to date" in said and "Traceback" not in complaints
    found = read_lines(Path("bitext/out/divergence.jsonl"))[0]
    assert (found["status"], found["reviewer"]) == ("rejected", "eva")
