"""Matching documents of an archive: right partners with names hidden, strays left alone, copies told, the same bytes every time."""

from __future__ import annotations

import csv
import random
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from align.batch.manifest import read_manifest
from align.batch.matching import Matching, Settings, match, write
from align.batch.matching import neighbours as nearest_documents
from align.batch.matching import profiles as reading
from align.batch.matching.archive import language_in_name, list_archive
from align.batch.matching.grouping import groups
from align.batch.matching.pairing import Candidate, clue, date_in, leads, name_odds
from align.batch.matching.results import Entry
from align.cli.match import add_to
from align.errors import InputError, UsageError

SEEDS = Path(__file__).resolve().parent.parent / "seeds" / "ntrex-news"


def archive(folder: Path, languages: tuple[str, ...], without: tuple[str, ...] = ()) -> dict[str, str]:
    """The news documents under names that say nothing but the language; gives which document each file is a version of."""
    files = sorted(path for path in SEEDS.glob("*.txt") if path.name not in without and path.name.rsplit(".", 2)[1] in languages)
    numbers = random.Random(1).sample(range(100, 999), len(files))
    folder.mkdir(exist_ok=True)
    known = {}
    for file, number in zip(files, numbers, strict=True):
        name = f"{number}.{file.name.rsplit('.', 2)[1]}.txt"
        (folder / name).write_bytes(file.read_bytes())
        known[name] = file.name.rsplit(".", 2)[0]
    return known


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def pairs(found: Matching) -> set[tuple[str, str]]:
    return {(found.entries[each.source].name, found.entries[each.target].name) for each in found.matches}


def test_partners_are_found_and_strays_left_alone(tmp_path: Path) -> None:
    known = archive(tmp_path / "news", ("en", "ru"), ("bbc.381669.ru.txt", "cnbc.com.6769.en.txt"))
    found = match(tmp_path / "news", Settings(("en", "ru")))
    assert len(found.matches) == 10
    assert all(known[one] == known[other] for one, other in pairs(found))
    assert all(each.confidence > 0.9 for each in found.matches)
    assert {known[found.entries[each.entry].name] for each in found.alone} == {"bbc.381669", "cnbc.com.6769"}
    write(found, tmp_path / "manifest.tsv", tmp_path / "alone.tsv")
    manifest = read_manifest(tmp_path / "manifest.tsv")
    assert len(manifest.items) == 10
    assert all((manifest.folder / item.source).is_file() and (manifest.folder / item.target).is_file() for item in manifest.items)
    assert {row["missing"] for row in rows(tmp_path / "alone.tsv")} == {"en", "ru"}


def test_more_languages_make_groups_and_a_base_its_pairs(tmp_path: Path) -> None:
    languages = ("en", "ru", "de", "pt-BR")
    known = archive(tmp_path / "news", languages, ("bbc.381735.de.txt",))
    found = match(tmp_path / "news", Settings(languages))
    assert len(found.matches) == 11 * 6 + 3
    assert all(known[one] == known[other] for one, other in pairs(found))
    assert len({each.group for each in found.matches}) == 12
    based = match(tmp_path / "news", Settings(languages, base="de"))
    assert len(based.matches) == 11 * 3
    assert {found.entries[each.source].language for each in based.matches} == {"en", "ru", "de"}


def test_a_long_archive_read_by_workers_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive(tmp_path / "news", ("en", "de"))
    monkeypatch.setattr(reading, "FEW", 4)
    outs = []
    for name, workers in (("one", 1), ("two", 2)):
        write(match(tmp_path / "news", Settings(("en", "de"), workers=workers, cached=False)), tmp_path / f"{name}.tsv")
        outs.append((tmp_path / f"{name}.tsv").read_bytes())
    assert outs[0] == outs[1]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_second_run_encodes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    archive(tmp_path / "news", ("en", "ru"))
    monkeypatch.setenv("ALIGN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(reading, "FEW", 4)
    first = match(tmp_path / "news", Settings(("en", "ru"), workers=workers))
    monkeypatch.setattr(reading.Reader, "_encoder", lambda *_: pytest.fail("encoded again"))
    assert match(tmp_path / "news", Settings(("en", "ru"))) == first


def test_copies_and_near_duplicates_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "news"
    archive(folder, ("en", "ru"))
    source = (SEEDS / "cnn.304521.en.txt").read_text(encoding="utf-8")
    (folder / "copy.en.txt").write_text(source + "\n", encoding="utf-8")
    (folder / "wrong.ru.txt").write_text((SEEDS / "bbc.381669.en.txt").read_text(encoding="utf-8"), encoding="utf-8")
    update = (SEEDS / "abcnews.306776.en.txt").read_text(encoding="utf-8").splitlines()
    (folder / "update.en.txt").write_text("\n".join([*update[:9], "This article was updated on Friday."]), encoding="utf-8")
    found = match(folder, Settings(("en", "ru")))
    assert len(found.matches) == 12
    names = {entry.name: number for number, entry in enumerate(found.entries)}
    assert [out.reason for out in found.left_out if "same text" in out.reason]
    alone = {found.entries[each.entry].name: each.reason for each in found.alone}
    assert "nearly the same text" in alone["update.en.txt"]
    assert "wrong.ru.txt" in alone
    assert any("update.en.txt is nearly the same text" in doubt for each in found.matches for doubt in each.doubts)
    assert any("hold the same text, said to be en and ru" in note for note in found.notes)
    assert names["update.en.txt"] not in {each.source for each in found.matches}


def test_what_cannot_be_read_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "news"
    archive(folder, ("en", "ru"))
    (folder / "empty.en.txt").write_text("", encoding="utf-8")
    (folder / "binary.ru.txt").write_bytes(b"\x00\x01\xff\xfe\x80")
    (folder / "link.en.txt").symlink_to(next(folder.glob("*.en.txt")).resolve())
    found = match(folder, Settings(("en", "ru")))
    assert len(found.matches) == 12
    reasons = {out.entry.name: (out.failed, out.reason) for out in found.left_out}
    assert reasons["empty.en.txt"] == (True, "is empty")
    assert reasons["binary.ru.txt"][0] and "NUL" in reasons["binary.ru.txt"][1]
    assert "same file" in (reasons.get("link.en.txt") or next(value for name, value in reasons.items() if name.endswith(".en.txt") and "same" in value[1]))[1]


def test_one_language_is_an_error(tmp_path: Path) -> None:
    archive(tmp_path / "news", ("en",))
    with pytest.raises(InputError, match=r"all documents that could be read \(12\) are en; there is none in ru"):
        match(tmp_path / "news", Settings(("en", "ru"), encoder="hash"))
    (tmp_path / "void").mkdir()
    with pytest.raises(InputError, match="no document in en, ru"):
        match(tmp_path / "void", Settings(("en", "ru"), encoder="hash"))
    with pytest.raises(InputError, match="cannot read"):
        match(tmp_path / "nowhere", Settings(("en", "ru"), encoder="hash"))


def test_languages_are_identified_where_names_do_not_say_them(tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    for number, name in enumerate(("bbc.381669.ru", "bbc.381669.en", "cnn.304521.en", "cnn.304521.ru", "cnn.304521.de")):
        (folder / f"{number}.txt").write_bytes((SEEDS / f"{name}.txt").read_bytes())
    found = match(folder, Settings(("en", "ru")))
    assert pairs(found) == {("1.txt", "0.txt"), ("2.txt", "3.txt")}
    assert [(out.entry.name, out.failed) for out in found.left_out] == [("4.txt", False)]
    assert "reads like de" in found.left_out[0].reason


@pytest.mark.parametrize(
    ("name", "languages", "wanted"),
    [
        ("a.en.txt", ("en", "ru"), ("en", "a")),
        ("ru/2017-05-10.txt", ("en", "ru"), ("ru", "2017-05-10")),
        ("speech_pt-BR.html", ("en", "pt-BR"), ("pt-BR", "speech")),
        ("report-ru.docx", ("en", "ru"), ("ru", "report")),
        ("de.txt", ("de", "en"), ("", "de")),
        ("17.txt", ("en", "ru"), ("", "17")),
    ],
)
def test_the_language_in_a_name(name: str, languages: tuple[str, ...], wanted: tuple[str, str]) -> None:
    found = language_in_name(name, languages)
    assert found[0] == wanted[0]
    assert found[1].replace(".", "-") == wanted[1].replace(".", "-")


def test_patterns_and_lists(tmp_path: Path) -> None:
    for name in ("en/a.txt", "ru/a.txt", "fr/a.txt", "en/notes.md", ".git/en/x.txt"):
        (tmp_path / "x" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "x" / name).write_text("Text.", encoding="utf-8")
    entries, out = list_archive(tmp_path / "x", ("en", "ru"), "{language}/{id}.txt")
    assert [(entry.name, entry.language, entry.id) for entry in entries] == [("en/a.txt", "en", "a"), ("ru/a.txt", "ru", "a")]
    assert [item.reason for item in out] == ["its name says fr, which is not one of en, ru"]
    for wrong in ("{language}.{language}.txt", "*.txt"):
        with pytest.raises(UsageError, match="pattern"):
            list_archive(tmp_path / "x", ("en", "ru"), wrong)
    (tmp_path / "list.txt").write_text("path\tlanguage\nx/en/a.txt\tru\nx/ru/a.txt\nx/en/../en/a.txt\n", encoding="utf-8")
    entries, out = list_archive(tmp_path / "list.txt", ("en", "ru"))
    assert [(entry.name, entry.language) for entry in entries] == [("x/en/a.txt", "ru"), ("x/ru/a.txt", "ru")]
    assert out[0].reason == "is the same file as x/en/a.txt"
    (tmp_path / "list.txt").write_text("a\ten\tc\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"list\.txt:1"):
        list_archive(tmp_path / "list.txt", ("en", "ru"))


def test_dates_and_clues_in_names() -> None:
    assert date_in("news_2017-05-10_final") == date_in("20170510") == date_in("10.05.2017 x") == "20170510"
    assert date_in("99999999") == date_in("20171340") == ""
    entries = [Entry(Path(name), name, id=name) for name in ("speech-2017-05-10", "rede 20170510", "2018-01-01", "id 77123", "77123 b", "Speech-2017-05-10")]
    wanted = {(0, 1): "same date", (0, 2): "other date", (3, 4): "same number", (0, 3): "nothing", (0, 5): "same name"}
    assert {pair: clue(entries[pair[0]], entries[pair[1]]) for pair in wanted} == wanted


def test_names_count_as_far_as_they_prove_right() -> None:
    """Where sure pairs bear one name, a name speaks for a pair; where names are drawn by lot, it says nothing."""
    pairs = [(one, 10 + other) for one in range(10) for other in range(10)]
    odds = np.array([6.0 if one + 10 == other and one < 9 else -6.0 if one + 10 != other else -1.0 for one, other in pairs])
    telling = [Entry(Path(), "", id=str(number % 10)) for number in range(20)]
    added = name_odds(pairs, odds, telling)
    assert added[pairs.index((9, 19))] > 3 and added[pairs.index((9, 18))] < -2
    drawn = [Entry(Path(), "", id=str(number if number < 10 else number + 1)) for number in range(20)]
    assert np.abs(name_odds(pairs, odds, drawn)).max() < 0.5


def test_names_help_where_texts_are_too_short(tmp_path: Path) -> None:
    folder = tmp_path / "news"
    folder.mkdir()
    for file in SEEDS.glob("*.txt"):
        identity, language, _ = file.name.rsplit(".", 2)
        if language in ("en", "ru"):
            lines = file.read_text(encoding="utf-8").splitlines()
            (folder / file.name).write_text("\n".join(lines[1:2] if identity.startswith("cnn") and language == "ru" else lines), encoding="utf-8")
    plain = match(folder, Settings(("en", "ru")))
    helped = match(folder, Settings(("en", "ru"), use_names=True))
    chance = {
        side: next((each.confidence for each in found.matches if "cnn" in found.entries[each.source].name), 0.0)
        for side, found in (("plain", plain), ("helped", helped))
    }
    assert chance["helped"] > chance["plain"]
    assert len(helped.matches) == 12


def test_a_lead_is_over_rivals_but_not_over_near_duplicates() -> None:
    pairs = [(0, 10), (0, 11), (1, 11)]
    odds = np.array([5.0, 4.0, 2.0])
    assert leads(pairs, odds, {}).tolist() == [1.0, -1.0, -2.0]
    assert leads(pairs, odds, {10: {11: 0.9}, 11: {10: 0.9}}).tolist() == [13.0, 2.0, -2.0]


def test_a_third_language_carries_a_weak_pair_and_parts_a_false_one() -> None:
    languages = {0: "en", 1: "en", 2: "ru", 3: "ru", 4: "de", 5: "de"}
    sure = [(0, 2, 0.99), (0, 4, 0.99), (2, 4, 0.3), (1, 3, 0.99), (3, 5, 0.9), (1, 5, 0.6), (4, 3, 0.55)]
    found, confidence = groups([Candidate(one, other, 0.0, chance) for one, other, chance in sure], languages, 0.5)
    assert found == [[0, 2, 4], [1, 3, 5]]
    assert confidence[2, 4] == pytest.approx(0.645)
    for order in permutations(sure[:3]):
        assert groups([Candidate(one, other, 0.0, chance) for one, other, chance in order], languages, 0.5)[0] == [[0, 2, 4]]


def test_search_gives_what_all_comparisons_give(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    base = nearest_documents.unit(rng.standard_normal((300, 16)).astype(np.float32))
    queries = nearest_documents.unit(base[:40] + 0.1 * rng.standard_normal((40, 16)).astype(np.float32))
    monkeypatch.setattr(nearest_documents, "BLOCK", 8)
    where, value = nearest_documents.nearest(queries, base, 5, exact=True)
    products = np.round(queries @ base.T, 4)
    assert np.array_equal(value, -np.sort(-products, axis=1)[:, :5])
    assert where[:, 0].tolist() == list(range(40))
    pytest.importorskip("faiss")
    cells = nearest_documents.nearest(queries, base, 5, exact=False)
    assert np.array_equal(cells[0][:, 0], where[:, 0])
    assert np.array_equal(cells[0], nearest_documents.nearest(queries, base, 5, exact=False)[0])


def test_without_faiss_a_large_archive_is_matched_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive(tmp_path / "news", ("en", "de"))
    monkeypatch.setattr(nearest_documents, "EXACT", 1)
    monkeypatch.setattr(nearest_documents, "find_spec", lambda _: None)
    found = match(tmp_path / "news", Settings(("en", "de")))
    assert len(found.matches) == 12
    assert any("align-renditions[batch]" in note for note in found.notes)


def test_the_command_writes_its_files_and_says_what_failed(tmp_path: Path) -> None:
    app = typer.Typer()
    app.callback()(lambda: None)
    add_to(app)
    folder = tmp_path / "news"
    archive(folder, ("en", "ru"))
    (folder / "empty.ru.txt").write_text("", encoding="utf-8")
    files = [tmp_path / name for name in ("manifest.jsonl", "alone.tsv", "doubtful.tsv")]
    options = ["--languages", "en,ru", "--out", str(files[0]), "--unmatched", str(files[1]), "--doubtful", str(files[2]), "--workers", "1", "--json"]
    done = CliRunner().invoke(app, ["match", str(folder), *options])
    assert done.exit_code == 1
    assert '"pairs": 12' in done.stdout and '"document": "empty.ru.txt"' in done.stdout
    assert [row["reason"] for row in rows(files[1])] == ["is empty"]
    assert rows(files[2]) == []
    assert len(read_manifest(files[0]).items) == 12
    for wrong in (["--languages", "en"], ["--languages", "en,??"], ["--languages", "en,ru", "--base", "de"]):
        assert isinstance(CliRunner().invoke(app, ["match", str(folder), *wrong, "--out", str(files[0])]).exception, UsageError)
    assert isinstance(CliRunner().invoke(app, ["match", str(folder), "--languages", "en,ru", "--out", "x.docx"]).exception, UsageError)
