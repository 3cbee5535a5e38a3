"""Tables: the contract's fields, escapes and quoting, the workbook as Excel reads it, and what the terminal shows."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from rich.console import Console

from align import tables
from align.corpus import BackTranslation, Divergence, Document, Evidence, Member, Pair, Score, Verdict
from align.errors import OutputError, UsageError
from align.tables import xlsx

TEXT_A = "We used the Astana venue to promote its practical implementation."
TEXT_B = "We used the Astana format to at least somehow begin to promote it in practical terms."
DOCUMENTS = {
    "m": Document("m", "MEMRI", "en", TEXT_A, "m.txt", "001_memri", 0, len(TEXT_A)),
    "r": Document("r", "RBC", "en", f"x {TEXT_B}", "r.txt", "002_rbc", 0, len(TEXT_B) + 2),
}


def divergence(text_a: str = TEXT_A, text_b: str = TEXT_B, grade: int = 1, value: float = 0.43215, comment: str = "") -> Divergence:
    pair = Pair(
        "7", Member("m", 0, len(text_a), text_a, (0,), "Lavrov", "direct"), Member("r", 2, 2 + len(text_b), text_b, (0, 1)), "en", "en",
        BackTranslation("We used the place.", "pt", "Usamos o lugar.", "argos:1.9"),
        BackTranslation("We used the format.", "pt", "Usamos o formato.", "argos:1.9"),
    )  # fmt: skip
    evidence = (
        Evidence("modality/strength", "hedge", (0, 0), (25, 33), "", "at least"),
        Evidence("register", "words", (19, 24), (19, 25), "venue", "format", True),
    )
    verdict = Verdict(value, grade, None, ("modality/strength", "register"), evidence, "divergence:1")
    scores = (
        Score("chrf", 48.123456, "chrF2"),
        Score("similarity", 0.9, "use"),
        Score("chrf_backtranslation_a", 12.5, "chrF2"),
        Score("ter", float("nan"), "ter"),
    )
    return Divergence(pair, scores, verdict, 0.91239, "RBC", "accepted", comment)


def flat(**changes: Any) -> dict[str, Any]:
    return tables.flatten(divergence(), DOCUMENTS) | changes


def test_flatten_has_the_fields_of_the_contract_first_and_in_order() -> None:
    row = flat()
    assert tuple(row)[: len(tables.FIELDS)] == tables.FIELDS
    assert (row["document_a"], row["outlet_b"], row["pivot"], row["engine"]) == ("001_memri", "RBC", "pt", "argos:1.9")
    assert (row["divergence"], row["chrf"], row["bleu"], row["ter"], row["percentile"]) == (0.4321, 48.1235, None, None, None)
    assert (row["document_id_b"], row["start_b"], row["speaker_a"], row["chrf_backtranslation_a"]) == ("r", 2, "Lavrov", 12.5)
    assert row["evidence"][1] == {
        "kind": "register", "channel": "words", "span_a": [19, 24], "span_b": [19, 25], "value_a": "venue", "value_b": "format", "artefact": True,
        "basis": "rule", "severity": 0.0, "version": "",
    }  # fmt: skip
    assert row["text_a"][slice(*row["evidence"][1]["span_a"])] == "venue"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""), (True, "true"), (0.123456, 0.1235), (-0.00001, 0.0), (float("inf"), ""), (3, 3), ([], ""), (["a", "b/c"], "a|b/c"), ("=1+1", "=1+1"),
        ([{"span_a": [0, 1]}], '[{"span_a": [0, 1]}]'),
    ],
)  # fmt: skip
def test_a_cell(value: Any, expected: Any) -> None:
    assert tables.cell(value) == expected


def test_tsv_escapes_tab_line_ends_and_backslash_and_quotes_nothing(tmp_path: Path) -> None:
    tables.write_table(tmp_path / "t.tsv", [{"a": 'x\t"y"\n', "b": "c:\\new\r", "c": ["omission", "order"]}, {"a": "", "b": None, "c": []}])
    assert (tmp_path / "t.tsv").read_bytes() == b'a\tb\tc\nx\\t"y"\\n\tc:\\\\new\\r\tomission|order\n\t\t\n'


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_tsv_gives_every_text_back(text: str) -> None:
    escaped = text.translate(tables._TSV_ESCAPES)
    assert not set(escaped) & set("\t\n\r")
    marks = {"\\\\": "\\", "\\t": "\t", "\\n": "\n", "\\r": "\r"}
    parts, place = [], 0
    while place < len(escaped):
        width = 2 if escaped[place] == "\\" else 1
        parts.append(marks.get(escaped[place : place + width], escaped[place]))
        place += width
    assert "".join(parts) == text


def test_csv_is_rfc_4180(tmp_path: Path) -> None:
    tables.write_table(tmp_path / "t.csv", [{"a": 'say "x", then\nstop', "b": 0.5}])
    data = (tmp_path / "t.csv").read_bytes()
    assert data == b'a,b\r\n"say ""x"", then\nstop",0.5\r\n'
    assert list(csv.reader(io.StringIO(data.decode(), newline="")))[1] == ['say "x", then\nstop', "0.5"]


def test_jsonl_keeps_lists_and_gives_every_row_the_same_keys(tmp_path: Path) -> None:
    tables.write_table(tmp_path / "t.jsonl", [flat(), {"bead": "8", "extra": 1 / 3}])
    first, second = [json.loads(line) for line in (tmp_path / "t.jsonl").read_text(encoding="utf-8").splitlines()]
    assert list(first) == list(second)
    assert first["kinds"] == ["modality/strength", "register"]
    assert (second["extra"], second["text_a"]) == (0.3333, None)


@pytest.mark.parametrize("suffix", ["tsv", "csv", "jsonl", "xlsx"])
def test_the_same_rows_give_the_same_bytes_and_no_rows_give_a_file(tmp_path: Path, suffix: str) -> None:
    for name, rows in (("one", [flat()]), ("two", [flat()]), ("none", [])):
        tables.write_table(tmp_path / f"{name}.{suffix}", rows)
    assert (tmp_path / f"one.{suffix}").read_bytes() == (tmp_path / f"two.{suffix}").read_bytes()
    assert (tmp_path / f"none.{suffix}").exists()


def test_an_unknown_suffix_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.xls") as caught:
        tables.write_table(tmp_path / "t.xls", [])
    assert ".xlsx" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        tables.write_table(tmp_path / "file" / "t.csv", [flat()])


HOSTILE = ["=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2", "https://example.org", "{=1}", "0123", "<b>x</b>", "a\x1b[2Jb", "\u202etxt", "x" * 40_000]


def test_the_workbook_takes_no_text_for_a_formula(tmp_path: Path) -> None:
    rows = [flat(text_a=text, text_b=text, comment=text, outlet_a=text) for text in HOSTILE]
    tables.write_table(tmp_path / "t.xlsx", rows)
    sheet = load_workbook(tmp_path / "t.xlsx")[xlsx.SHEET]
    for number, text in enumerate(HOSTILE, start=2):
        for name in ("text_a", "text_b", "comment", "outlet_a"):
            cell = sheet.cell(number, list(rows[0]).index(name) + 1)
            assert cell.data_type == "s"
            assert cell.hyperlink is None
            assert cell.value is not None
            if len(text) < 100 and "\x1b" not in text:
                assert cell.value == text
    cut = sheet.cell(len(HOSTILE) + 1, list(rows[0]).index("text_a") + 1).value
    assert isinstance(cut, str)
    assert len(cut) == xlsx.LONGEST_CELL
    assert cut.endswith(xlsx.CUT)


def test_the_workbook_is_made_for_reviewing(tmp_path: Path) -> None:
    tables.write_table(tmp_path / "t.xlsx", [flat(), flat(grade=3, divergence=0.9)])
    book = load_workbook(tmp_path / "t.xlsx", rich_text=True)
    assert book.sheetnames == [xlsx.SHEET, xlsx.GUIDE]
    sheet = book[xlsx.SHEET]
    names = [cell.value for cell in sheet[1]]
    assert tuple(names[: len(tables.FIELDS)]) == tables.FIELDS
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref.endswith("3")
    letters = {name: sheet.cell(1, number).column_letter for number, name in enumerate(names, start=1)}
    rules = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}
    assert rules[f"{letters['status']}2:{letters['status']}3"].formula1 == '"accepted,needs review,rejected"'
    assert rules[f"{letters['grade']}2:{letters['grade']}3"].formula1 == '"0,1,2,3"'
    text = sheet[f"{letters['text_a']}2"]
    assert text.alignment.wrap_text
    assert str(text.value) == TEXT_A
    assert "venue" in [str(part) for part in text.value if getattr(part, "font", None) is not None and part.font.b]
    assert sheet[f"{letters['grade']}3"].value == 3
    assert sheet.column_dimensions[letters["signature"]].hidden
    assert not sheet.column_dimensions[letters["text_b"]].hidden
    assert any("accepted" in str(row[1].value) for row in book[xlsx.GUIDE].iter_rows())


EVIDENCE = [
    {"kind": "register", "channel": "words", "version": "2", "value_a": "venue", "value_b": "", "basis": "rule", "severity": 0.31, "artefact": False},
    {"kind": "register", "channel": "omission:word", "version": "1", "value_a": "the", "value_b": "-", "basis": "hint", "severity": 0.04, "artefact": False},
    {"kind": "negation", "channel": "negation", "version": "1", "value_a": "no", "value_b": "-", "basis": "backtranslation", "severity": 0.2, "artefact": True},
]


def test_the_workbook_says_in_words_what_a_kind_rests_on(tmp_path: Path) -> None:
    tables.write_table(tmp_path / "t.xlsx", [flat(kinds=["register"], evidence=EVIDENCE)])
    sheet = load_workbook(tmp_path / "t.xlsx")[xlsx.SHEET]
    column = [cell.value for cell in sheet[1]].index("evidence")
    assert sheet[2][column].value.splitlines() == [
        "register: “venue” → nothing [words that differ; severity 0.31; words 2]",
        "register: “the” → nothing [hint; severity 0.04; omission:word 1]",
        "negation (made no kind): “no” → nothing [back-translation only: possible artefact; severity 0.20; negation 1]",
    ]
    assert not sheet.column_dimensions[sheet[2][column].column_letter].hidden


@pytest.mark.parametrize("width", [80, 120])
def test_the_terminal_shows_the_strongest_finding_of_each_kind(width: int) -> None:
    text = shown([flat(kinds=["register", "order"], evidence=EVIDENCE)], width)
    assert "register  “venue” → nothing  (1 more)\norder\n" in "\n".join(line.rstrip() for line in text.splitlines())
    assert "register  “the” → nothing  (hint)" in shown([flat(kinds=["register"], evidence=EVIDENCE[1:])], width)


def test_the_workbook_of_other_rows_and_its_zip_dates(tmp_path: Path) -> None:
    tables.write_table(tmp_path / "t.xlsx", [{"sentence": "=x", "divergence": 0.5, "grade": 2}])
    sheet = load_workbook(tmp_path / "t.xlsx")[xlsx.SHEET]
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [["sentence", "divergence", "grade"], ["=x", 0.5, 2]]
    with ZipFile(tmp_path / "t.xlsx") as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize(
    ("row", "in_a", "in_b"),
    [
        ({"text_a": "two men", "text_b": "three men", "language_a": "en", "language_b": "en-GB"}, ["two"], ["three"]),
        ({"text_a": "the same", "text_b": "The same", "language_a": "en", "language_b": "en"}, [], []),
        ({"text_a": "Now, we act", "text_b": "“Now we act”", "language_a": "en", "language_b": "en"}, [], []),
        ({"text_a": "", "text_b": "all new", "language_a": "en", "language_b": "en"}, [], ["all new"]),
        ({"text_a": "two men", "text_b": "drei Männer", "language_a": "en", "language_b": "de"}, [], []),
        (
            {"text_a": "two men", "text_b": "drei Männer", "language_a": "en", "language_b": "de",
             "backtranslation_a": "zwei Männer", "backtranslation_b": "three men"},
            ["two"], ["drei"],
        ),
        ({"text_a": "我们使用平台", "text_b": "我们使用形式", "language_a": "zh", "language_b": "zh"}, ["平台"], ["形式"]),
    ],
)  # fmt: skip
def test_marks(row: dict[str, Any], in_a: list[str], in_b: list[str]) -> None:
    spans_a, spans_b = tables.marks(row)
    assert [row["text_a"][slice(*span)] for span in spans_a] == in_a
    assert [row["text_b"][slice(*span)] for span in spans_b] == in_b


@given(st.text(), st.text())
def test_pieces_put_together_are_the_text(text_a: str, text_b: str) -> None:
    row = {"text_a": text_a, "text_b": text_b, "language_a": "en", "language_b": "en"}
    for text, spans in zip((text_a, text_b), tables.marks(row), strict=True):
        assert "".join(part for _, part in tables.pieces(text, spans)) == text


def shown(rows: list[dict[str, Any]], width: int, *, count: int = 5, **options: Any) -> str:
    console = Console(file=io.StringIO(), width=width, legacy_windows=False, _environ={}, **options)
    console.print(tables.worst_rows(rows, count, width))
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


@pytest.mark.parametrize("width", [80, 120])
def test_the_terminal_shows_the_worst_first_without_colour(width: int) -> None:
    rows = [flat(bead="mild"), flat(bead="worst", grade=3, divergence=0.9), flat(bead="bad", grade=2, divergence=0.95)]
    text = shown(rows, width, count=2)
    assert text.index("unit worst") < text.index("unit bad")
    assert "unit mild" not in text
    assert all(part in text for part in ("grade 3", "0.90", "MEMRI", "RBC", "modality/strength", "[venue]", "[format]", "2 of 3 pairs"))
    assert max(len(line) for line in text.splitlines()) <= width
    assert "\x1b" not in text


@pytest.mark.parametrize("width", [80, 120])
def test_the_terminal_underlines_where_it_can(width: int) -> None:
    coloured = shown([flat()], width, force_terminal=True, color_system="standard")
    assert "[venue]" not in coloured
    assert "\x1b[1;4;35mvenue" in coloured
    grey = shown([flat()], width, force_terminal=True, color_system="standard", no_color=True)
    assert "\x1b[1;4mvenue" in grey


def test_the_terminal_is_not_steered_by_texts() -> None:
    text = shown([flat(text_a="a\x1b[2J\x07b", text_b="c\u202ed\n\ne", outlet_a="[red]x[/red]", comment="\x1b")], 80)
    assert "\x1b" not in text
    assert "\x07" not in text
    assert all(part in text for part in ("<U+001B>[2J<U+0007>", "<U+202E>", "[red]x[/red]"))


def test_the_terminal_with_nothing_to_show() -> None:
    assert "No pairs" in shown([], 80)


def test_the_terminal_shows_what_a_reviewer_said_and_leaves_rejected_rows_out() -> None:
    rows = [
        flat(bead="mild", status="accepted", grade=1, grade_auto=3, kinds=["register"], kinds_auto=["negation"], comment="see\x1bthis", reviewer="anna"),
        flat(bead="wrong", grade=3, divergence=0.99, status="rejected"),
    ]
    for width in (80, 120):
        text = shown(rows, width)
        assert "unit wrong" not in text
        assert "1 rejected row is left out" in " ".join(text.split())
        said = " ".join(text.split())
        assert "✎ anna: accepted; regraded (the program: 3); kinds changed (the program: negation); “see<U+001B>this”" in said
        assert max(len(line) for line in text.splitlines()) <= width
