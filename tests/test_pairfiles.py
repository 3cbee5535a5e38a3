"""Tables and memories scored: every row back in its order, bad rows named with their line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import align
from align.encoders import HashEncoder
from align.errors import InputError, UsageError
from align.judge import judged
from align.pairfiles import read_table, score_table, write_stream
from align.pairmemories import score_memory
from align.tmx import Unit, Variant, read_tmx, write_tmx

PAIRS = [
    ("The ministers met on Wednesday.", "The ministers met on Wednesday."),
    ("He expelled 35 diplomats.", "He expelled 53 diplomats."),
    ("They agreed to meet in Hamburg.", "Sales of bicycles rose sharply last year in the north."),
    ("A line\twith a tab\nand \\ a backslash", ""),
]


HASH = HashEncoder().encode


def table_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def written(folder: Path, suffix: str) -> Path:
    """The pairs as a file of that format, with a column of the user's own."""
    from align.tables import write_table

    path = folder / f"pairs{suffix}"
    write_table(path, [{"number": str(number), "one": a, "two": b} for number, (a, b) in enumerate(PAIRS)])
    return path


@pytest.mark.parametrize("suffix", [".tsv", ".csv", ".jsonl"])
def test_each_row_comes_back_in_order(tmp_path: Path, suffix: str) -> None:
    table = score_table(read_table(written(tmp_path, suffix)), ("one", "two"), ("en", "en"), HASH, translate=False, place="pairs")
    out = tmp_path / "scored.jsonl"
    assert write_stream(table, out, ".jsonl", lambda row: True) == (4, 4)
    rows = table_of(out)
    assert [(row["number"], row["one"], row["two"]) for row in rows] == [(str(number), *pair) for number, pair in enumerate(PAIRS)]
    assert (rows[0]["divergence"], rows[0]["grade"], rows[0]["kinds"]) == (0, 0, [])
    assert rows[1]["divergence"] > 0 and "number/date" in rows[1]["kinds"]
    assert rows[2]["divergence"] > 0.5
    assert rows[3]["divergence"] == 1 and rows[3]["kinds"]


def test_python_and_blocks_agree() -> None:
    many = PAIRS[:3] * 120
    found = list(judged(many, ("en", "en"), HASH, False))
    assert len(found) == 360
    assert [one.verdict.divergence for one in found[:3]] == [one.verdict.divergence for one in found[-3:]]
    (single,) = align.score([PAIRS[1]], ("en", "en"), encoder="hash")
    assert single.verdict.kinds == found[1].verdict.kinds


def test_backtranslation_names_its_engine() -> None:
    (found,) = align.score([("He has signed the agreement.", "Ele assinou o acordo.")], ("en", "pt"), backtranslate=True)
    back = found.pair.backtranslation_b
    assert back is not None and "argos" in back.engine
    assert back.text and back.text != "Ele assinou o acordo."


@pytest.mark.parametrize(
    ("name", "content", "place", "words"),
    [
        ("a.tsv", "one\ttwo\nx\n", "a.tsv:2", "1 fields where the header has 2"),
        ("a.csv", 'one,two\n"x,y\n', "a.csv:2", "not CSV"),
        ("a.jsonl", '{"one": "x", "two": "y"}\n{oops\n', "a.jsonl:2", "not JSON"),
        ("a.tsv", "", "a.tsv", "no header"),
        ("a.pdf", "x", "a.pdf", "cannot read pairs"),
    ],
)
def test_bad_tables_are_named_with_their_line(tmp_path: Path, name: str, content: str, place: str, words: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=words) as caught:
        list(read_table(tmp_path / name).rows)
    assert caught.value.place.endswith(place)


def test_a_missing_column_is_said_with_those_that_are_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no column three") as caught:
        score_table(read_table(written(tmp_path, ".tsv")), ("one", "three"), ("en", "en"), HASH, translate=False, place="pairs.tsv")
    assert "number, one, two" in caught.value.hint


def test_a_memory_is_cleaned_and_keeps_what_it_had(tmp_path: Path) -> None:
    old, new = tmp_path / "old.tmx", tmp_path / "new.tmx"
    units = [
        Unit(f"u{number}", (Variant("en", a), Variant("en-GB", b)), properties=(("x-client", "ACME"),), notes=("kept",))
        for number, (a, b) in enumerate(PAIRS[:3])
    ]
    write_tmx(old, units, "en")
    read, kept, worst = score_memory(old, new, None, 0.5, "hash", translate=False)
    found = list(read_tmx(new))
    assert (read, kept) == (3, len(found))
    assert 0.5 <= worst <= 1 and kept < 3
    assert dict(found[0].properties)["x-client"] == "ACME"
    assert dict(found[0].properties)["x-divergence"] == "0.0000"
    assert found[0].notes == ("kept",)


def test_inline_codes_of_a_memory_have_no_meaning_but_a_lost_one_is_named(tmp_path: Path) -> None:
    old, new = tmp_path / "old.tmx", tmp_path / "new.tmx"
    whole = Variant("en", "Press Start now", 'Press <bpt i="1" x="1">&lt;b&gt;</bpt>Start<ept i="1">&lt;/b&gt;</ept> now<ph x="2"/>')
    units = [
        Unit("same", (whole, Variant("en-GB", whole.text, whole.markup))),
        Unit("lost", (whole, Variant("en-GB", whole.text, 'Press Start now<ph x="2"/>'))),
    ]
    write_tmx(old, units, "en")
    score_memory(old, new, None, None, "hash", translate=False)
    same, lost = read_tmx(new)
    assert (same.property("x-divergence"), same.property("x-inline-codes")) == ("0.0000", "")
    assert (lost.property("x-divergence"), lost.property("x-inline-codes")) == ("0.0000", "en: bpt 1")
