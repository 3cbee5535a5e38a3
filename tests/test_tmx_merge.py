"""Merging, splitting and describing memories, and the commands that do it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from align.cli.tmx import add_to
from align.tmx import Header, Unit, Variant, read_tmx, write_tmx
from align.tmx.info import describe
from align.tmx.merge import edited, merge
from align.tmx.model import content_id
from align.tmx.split import best_last, by_score, keep_best, quality, split_by_score, split_pairs


def draft(source: str, target: str, score: str = "0.8000", document: str = "d", **more: str) -> Unit:
    sides = (Variant("en", source), Variant("de", target))
    properties = {"x-score": score, "x-source-document": document, "x-target-document": "t", "x-Origin": "Alignment", "x-ConfirmationLevel": "Draft", **more}
    return Unit(content_id(sides), sides, tuple(properties.items()))


def put(path: Path, *units: Unit) -> Path:
    write_tmx(path, units, "en", faithful=True)
    return path


def pairs(path: Path) -> list[tuple[str, str]]:
    return [(unit.variants[0].text, unit.variants[1].text) for unit in read_tmx(path)]


def changed(unit: Unit, target: str) -> Unit:
    """What a person leaves behind who corrects the translation in an editor that keeps everything else."""
    return replace(unit, variants=(unit.variants[0], Variant("de", target)))


def test_merging_the_same_run_again_changes_nothing(tmp_path: Path) -> None:
    one = put(tmp_path / "a.tmx", draft("A", "a"), draft("B", "b"))
    tally: Counter[str] = Counter()
    assert merge(one, [one], tmp_path / "out.tmx", tally) == 2
    assert (tmp_path / "out.tmx").read_bytes() == one.read_bytes() and tally == {"renewed": 2}


def test_what_people_edited_stays_and_the_draft_does_not_come_back(tmp_path: Path) -> None:
    old = put(tmp_path / "old.tmx", changed(draft("A", "a"), "corrected"), draft("B", "b"), draft("C", "c"))
    new = put(tmp_path / "new.tmx", draft("A", "a", "0.9000"), draft("B", "b", "0.9500"), draft("C", "other"), draft("D", "d"))
    tally: Counter[str] = Counter()
    assert merge(old, [new], old, tally) == 4
    assert pairs(old) == [("A", "corrected"), ("B", "b"), ("C", "other"), ("D", "d")]
    assert [unit.property("x-score") for unit in read_tmx(old)] == ["0.8000", "0.9500", "0.8000", "0.8000"]
    assert tally == {
        "kept: edited or confirmed": 1, "renewed": 1, "dropped: a draft that the new run no longer has": 1, "added": 2,
        "left out: people have this source already": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    "unit",
    [
        draft("A", "a", **{"x-ConfirmationLevel": "Translated"}),
        draft("A", "a", **{"x-Origin": "TM"}),
        replace(draft("A", "a"), attributes=(("changeid", "anna"),)),
        replace(draft("A", "a"), notes=("look here",)),
        replace(draft("A", "a"), id="other"),
        changed(draft("A", "a"), "b"),
        Unit("", (Variant("en", "A"), Variant("de", "a"))),
    ],
)
def test_how_work_of_people_shows(unit: Unit, tmp_path: Path) -> None:
    assert edited(unit) and not edited(draft("A", "a"))
    old, new = put(tmp_path / "old.tmx", unit), put(tmp_path / "new.tmx", draft("A", "z"))
    merge(old, [new], old)
    assert [found.variants for found in read_tmx(old)] == [unit.variants]


def test_drafts_of_other_documents_stay(tmp_path: Path) -> None:
    old = put(tmp_path / "old.tmx", draft("A", "a", document="elsewhere"), draft("B", "b"))
    merge(old, [put(tmp_path / "new.tmx", draft("C", "c"))], old)
    assert pairs(old) == [("A", "a"), ("C", "c")]


def test_properties_that_the_run_does_not_know_survive_a_renewal(tmp_path: Path) -> None:
    old = put(tmp_path / "old.tmx", draft("A", "a", **{"x-client": "Acme", "x-grade": "3"}))
    merge(old, [put(tmp_path / "new.tmx", draft("A", "a", "0.1000"))], old)
    (unit,) = read_tmx(old)
    assert unit.property("x-client") == "Acme" and unit.property("x-score") == "0.1000" and unit.property("x-grade") == ""


def test_duplicates_go(tmp_path: Path) -> None:
    foreign = Unit("", (Variant("en", "A"), Variant("de", "a")))
    old = put(tmp_path / "old.tmx", foreign, foreign, draft("B", "b"), draft("B", "b"))
    merge(old, [put(tmp_path / "new.tmx", draft("B", "b"))], tmp_path / "out.tmx")
    assert pairs(tmp_path / "out.tmx") == [("A", "a"), ("B", "b")]


def test_quality_is_the_lower_of_score_and_agreement() -> None:
    assert quality(draft("A", "a", "0.8000")) == 0.8
    assert quality(draft("A", "a", "0.8000", **{"x-divergence": "0.7500"})) == 0.25
    assert quality(draft("A", "a", "0.1000", **{"x-ConfirmationLevel": "Translated"})) == 1.0
    assert quality(draft("A", "a", "nan")) is None and quality(Unit("", ())) is None


def test_of_equal_units_the_best_and_among_one_source_the_best_last() -> None:
    units = [draft("A", "x", "0.9000"), draft("B", "b"), draft("A", "y", "0.2000"), draft("A", "y", "0.7000"), draft("A", "z", "0.9000")]
    kept = keep_best(units)
    assert [unit.property("x-score") for unit in kept] == ["0.9000", "0.8000", "0.7000", "0.9000"]
    assert [unit.variants[1].text for unit in best_last(kept)] == ["y", "b", "z", "x"]
    assert [unit.variants[1].text for unit in by_score(kept)["auto"]] == ["x"]


def test_split_by_score(tmp_path: Path) -> None:
    path = put(
        tmp_path / "m.tmx",
        draft("A", "x", "0.9500"),
        draft("A", "y", "0.9900"),
        draft("B", "b", "0.6000"),
        draft("C", "c", "0.8000"),
        draft("D", "d", "0.1000"),
    )
    files = split_by_score(path, tmp_path / "tm")
    assert {str(file.relative_to(tmp_path / "tm")): count for file, count in files.items()} == {
        "auto/m.tmx": 1, "penalty-005/m.tmx": 1, "penalty-015/m.tmx": 1, "penalty-030/m.tmx": 1,
    }  # fmt: skip
    assert pairs(tmp_path / "tm" / "auto" / "m.tmx") == [("A", "y")]


def test_split_by_pairs(tmp_path: Path) -> None:
    sides = (Variant("fr", "un"), Variant("en", "one"), Variant("de", "eins"), Variant("de", "ein"))
    path = tmp_path / "m.tmx"
    own = Unit("k", (Variant("de", "zwei"), Variant("fr", "deux")), attributes=(("srclang", "de"),))
    ours = Unit(content_id(sides), sides)
    write_tmx(path, [ours, own], "en", header=Header("en", properties=(("p", "v"),)), faithful=True)
    files = split_pairs(path, tmp_path / "out")
    assert {file.name: count for file, count in files.items()} == {"m.en_fr.tmx": 1, "m.en_de.tmx": 2, "m.de_fr.tmx": 1}
    first, second = read_tmx(tmp_path / "out" / "m.en_de.tmx")
    assert [first.variants[1].text, second.variants[1].text] == ["eins", "ein"] and first.id == content_id(first.variants) != second.id
    assert next(read_tmx(tmp_path / "out" / "m.de_fr.tmx")).id == "k"


def test_info(tmp_path: Path) -> None:
    path = put(tmp_path / "m.tmx", draft("A", "long"), draft("A", "long"), draft("A", "x"), Unit("", (Variant("en", "B", "<ph/>B"), Variant("fr", " "))))
    record = json.loads(json.dumps(describe(path).as_record()))
    assert (
        record["units"] == 4 and record["duplicates"] == 1 and record["same_source"] == 1 and record["empty_segments"] == 1 and record["with_inline_codes"] == 1
    )
    assert record["languages"]["de"] == {"segments": 3, "mean_chars": 3.0, "shortest_chars": 1, "longest_chars": 4}
    assert record["properties"]["x-score"] == 3 and record["variants_per_unit"] == {"2": 4} and sum(record["scores"]) == 3


@pytest.fixture
def run() -> object:
    app = typer.Typer()
    add_to(app)
    app.callback()(lambda: None)
    return lambda *arguments: CliRunner().invoke(app, ["tmx", *map(str, arguments)])


def test_commands(tmp_path: Path, run: object) -> None:
    path = put(tmp_path / "m.tmx", draft("A", "a", "0.9500"), draft("B", " b"))
    result = run("check", path)  # type: ignore[operator]
    assert result.exit_code == 0 and "blank-edge" in result.stdout and f"{path}:" in result.stdout
    broken = tmp_path / "b.tmx"
    broken.write_text("<tmx>")
    result = run("check", path, broken, "--json")  # type: ignore[operator]
    assert result.exit_code == 1 and [record["errors"] for record in json.loads(result.stdout)] == [0, 1]
    assert json.loads(run("info", path, "--json").stdout)[0]["units"] == 2  # type: ignore[operator]
    assert "units" in run("info", path).stdout  # type: ignore[operator]
    assert json.loads(run("split", path, "--out", tmp_path / "s", "--json").stdout)["files"][0]["units"] == 2  # type: ignore[operator]
    assert run("split", path, "--by-score", "--out", tmp_path / "s").exit_code == 0 and (tmp_path / "s" / "auto" / "m.tmx").exists()  # type: ignore[operator]
    assert json.loads(run("merge", path, path, "--out", tmp_path / "x.tmx", "--json").stdout)["units"] == 2  # type: ignore[operator]
    assert json.loads(run("convert", path, "--out", tmp_path / "x.jsonl", "--json").stdout)["units"] == 2  # type: ignore[operator]
    assert run("convert", broken, "--out", tmp_path / "y.tmx", "--lenient").exit_code == 0  # type: ignore[operator]
    assert run("convert", path, "--out", tmp_path / "x.csv", "--source-language", "no tag").exit_code != 0  # type: ignore[operator]
    for command in ("check", "info", "merge", "split", "convert"):
        assert "Example: align tmx" in run(command, "--help").stdout  # type: ignore[operator]
