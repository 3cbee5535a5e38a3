"""A run's units as memories: names of files, tags, properties, repeats, gaps, what is removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from align.corpus import Bead, Divergence, Document, Member, Pair, Verdict
from align.errors import AlignError
from align.tmx import Unit, open_tmx, read_tmx
from align.tmx.check import check
from align.tmx.export import export, tags_of

DATE = "2017-05-14"


def document(name: str, outlet: str, language: str, text: str, group: str = "") -> Document:
    return Document(name, outlet, language, text, f"{name}.txt", name, 0, len(text), DATE, group=group)


def member(source: Document, text: str, *segments: int, speaker: str = "") -> Member:
    start = source.text.index(text)
    return Member(source.id, start, start + len(text), text, segments, speaker)


def row(bead: Bead, one: Member, other: Member, divergence: float, grade: int, kinds: tuple[str, ...] = (), status: str = "") -> Divergence:
    pair = Pair(bead.id, one, other, "en", "en")
    return Divergence(pair, (), Verdict(divergence, grade, None, kinds, (), ""), bead.score, status=status)


A = document("a", "MEMRI", "en", "Hello to you. Second one. Third.")
B = document("b", "Moscow Times", "en", "Greetings. Number two. Good day.")
C = document("c", "Kremlin", "en", "Hi. Two.")
HELLO = Bead("1", (member(A, "Hello to you.", 0, speaker="Lavrov"), member(B, "Greetings.", 0), member(B, "Good day.", 2), member(C, "Hi.", 0)), 0.91234)
SECOND = Bead("2", (member(B, "Number two.", 1), member(A, "Second one.", 1)), 0.6)
GAP = Bead("3", (member(A, "Third.", 2),), 0.0)
BEADS = (HELLO, SECOND, GAP)


def renditions(folder: Path, beads: Sequence[Bead] = BEADS, rows: Sequence[Divergence] = (), **options: object) -> list[Path]:
    return export(folder, "lavrov", (A, B, C), rows, beads, mode="renditions", base="MEMRI", date=DATE, **options)  # type: ignore[arg-type]


def sides(unit: Unit) -> list[tuple[str, str]]:
    return [(variant.language, variant.text) for variant in unit.variants]


def test_one_file_for_all_and_one_a_pair(tmp_path: Path) -> None:
    names = [path.name for path in renditions(tmp_path)]
    assert names == ["lavrov.tmx", "lavrov.en_en-x-moscow-times.tmx", "lavrov.en_en-x-kremlin.tmx", "lavrov.unaligned.tsv"]
    whole, pair, kremlin = (list(read_tmx(tmp_path / name)) for name in names[:3])
    assert sides(whole[0]) == [("en", "Hello to you."), ("en-x-moscow-times", "Greetings."), ("en-x-kremlin", "Hi.")]
    assert sides(whole[1]) == [("en", "Second one."), ("en-x-moscow-times", "Number two.")]
    assert [sides(unit)[1][1] for unit in pair] == ["Good day.", "Greetings.", "Number two."], "a repeat is a unit of its own; the first, as good, comes last"
    assert [sides(unit) for unit in kremlin] == [[("en", "Hello to you."), ("en-x-kremlin", "Hi.")]]
    for path in (tmp_path / name for name in names[:3]):
        report = check(path)
        assert not report.count("error") and not report.count("warning"), report.problems
    assert open_tmx(tmp_path / names[0]).header.source_language == "en"


def test_properties_of_a_unit(tmp_path: Path) -> None:
    rows = [
        row(HELLO, HELLO.members[0], HELLO.members[1], 0.25, 2, ("omission", "negation")),
        row(HELLO, HELLO.members[0], HELLO.members[3], 0.5, 3, ("register",)),
    ]
    renditions(tmp_path, rows=rows)
    pair = {unit.variants[1].text: unit for unit in read_tmx(tmp_path / "lavrov.en_en-x-moscow-times.tmx")}
    assert dict(pair["Greetings."].properties) == {
        "x-score": "0.9123", "x-divergence": "0.2500", "x-grade": "2", "x-kinds": "omission, negation", "x-bead": "1-1", "x-source-document": "a",
        "x-target-document": "b", "x-speaker": "Lavrov", "x-Origin": "Alignment", "x-ConfirmationLevel": "Draft",
    }  # fmt: skip
    assert "x-divergence" not in dict(pair["Good day."].properties), "no row is about this repeat"
    (whole, _) = read_tmx(tmp_path / "lavrov.tmx")
    assert whole.property("x-divergence") == "0.5000" and whole.property("x-kinds") == "omission, negation, register" and whole.property("x-bead") == "1-1-1"
    assert whole.property("x-target-document") == "b, c"
    assert {("creationdate", "20170514T000000Z"), ("creationid", "align")} == set(whole.variants[0].attributes)


def test_context_stands_where_memoq_looks_for_it(tmp_path: Path) -> None:
    renditions(tmp_path)
    (first, second) = read_tmx(tmp_path / "lavrov.tmx")
    assert dict(first.variants[0].properties) == {"x-context-post": "<seg>Second one.</seg>"}
    assert dict(second.variants[0].properties) == {"x-context-pre": "<seg>Hello to you.</seg>", "x-context-post": "<seg>Third.</seg>"}
    assert not second.variants[1].properties


def test_what_a_reviewer_said_counts(tmp_path: Path) -> None:
    rows = [
        row(HELLO, HELLO.members[0], HELLO.members[1], 0.1, 0, status="accepted"),
        row(SECOND, SECOND.members[1], SECOND.members[0], 0.9, 3, status="rejected"),
    ]
    renditions(tmp_path, rows=rows)
    (only,) = read_tmx(tmp_path / "lavrov.tmx")
    assert only.property("x-ConfirmationLevel") == "Translated"
    human = Bead("2", SECOND.members, 0.6, "human")
    renditions(tmp_path, (human,))
    assert next(read_tmx(tmp_path / "lavrov.tmx")).property("x-ConfirmationLevel") == "Translated"


def test_the_unaligned_are_listed(tmp_path: Path) -> None:
    renditions(tmp_path)
    lines = (tmp_path / "lavrov.unaligned.tsv").read_text().splitlines()
    assert lines == ["document\toutlet\tlanguage\tstart\tend\ttext", "a\tMEMRI\ten\t26\t32\tThird."]
    renditions(tmp_path, (HELLO,))
    assert not (tmp_path / "lavrov.unaligned.tsv").exists()


def test_files_without_units_go_when_they_are_ours(tmp_path: Path) -> None:
    renditions(tmp_path, by_score=True)
    stranger = tmp_path / "lavrov.en_de.tmx"
    stranger.write_text('<tmx version="1.4"><header creationtool="other"/></tmx>')
    export(tmp_path, "lavrov.more", (A, B), (), (SECOND,), mode="renditions", base="MEMRI")
    export(tmp_path, "other", (A, B), (), (SECOND,), mode="renditions", base="MEMRI")
    assert [path.name for path in renditions(tmp_path, (SECOND,))] == ["lavrov.tmx", "lavrov.en_en-x-moscow-times.tmx"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "lavrov.en_de.tmx", "lavrov.en_en-x-moscow-times.tmx", "lavrov.more.en_en-x-moscow-times.tmx", "lavrov.more.tmx", "lavrov.tmx",
        "other.en_en-x-moscow-times.tmx", "other.tmx",
    ]  # fmt: skip
    assert renditions(tmp_path, (GAP,)) == [tmp_path / "lavrov.unaligned.tsv"]
    assert not (tmp_path / "lavrov.tmx").exists() and stranger.exists()


def test_same_bytes_each_time(tmp_path: Path) -> None:
    one = {path.name: path.read_bytes() for path in renditions(tmp_path / "1", by_score=True)}
    other = {path.name: path.read_bytes() for path in renditions(tmp_path / "2", by_score=True)}
    assert one == other


def test_by_score_goes_to_the_folders_that_omegat_knows(tmp_path: Path) -> None:
    files = [str(path.relative_to(tmp_path)) for path in renditions(tmp_path, by_score=True)]
    stem = "lavrov.en_en-x-moscow-times"
    assert f"{stem}/auto/{stem}.tmx" in files and f"{stem}/penalty-015/{stem}.tmx" in files
    assert [unit.variants[1].text for unit in read_tmx(tmp_path / stem / "auto" / f"{stem}.tmx")] == ["Greetings."], "one a source, the first among equals"


def test_same_source_the_best_last_and_same_unit_once(tmp_path: Path) -> None:
    a = document("a", "X", "en", "Yes. Yes. Yes. Yes.")
    b = document("b", "Y", "de", "Ja. Doch. Ja.")
    places = [(0, "Ja.", 0), (5, "Doch.", 4), (10, "Ja.", 10)]
    scores = [0.5, 0.9, 0.7]
    beads = [
        Bead(str(n), (Member("a", at, at + 4, "Yes.", (n,)), Member("b", start, start + len(text), text, (n,))), scores[n])
        for n, (at, text, start) in enumerate(places)
    ]  # fmt: skip
    export(tmp_path, "x", (a, b), (), beads, mode="bitext")
    found = [(unit.variants[1].text, unit.property("x-score")) for unit in read_tmx(tmp_path / "x.en_de.tmx")]
    assert found == [("Ja.", "0.7000"), ("Doch.", "0.9000")]


def test_bitext_has_the_tags_of_the_documents(tmp_path: Path) -> None:
    en, de = document("s", "", "en_us", "One.\nTwo lines\nhere."), document("t", "", "DE", "Eins. Zwei Zeilen.")
    bead = Bead("1", (member(en, "Two lines\nhere.", 1, 2), member(de, "Zwei Zeilen.", 1)), 1.0)
    files = export(tmp_path, "b", (en, de), (), (bead,), mode="bitext")
    assert [path.name for path in files] == ["b.tmx", "b.en-US_de.tmx"]
    (unit,) = read_tmx(files[1])
    assert sides(unit) == [("en-US", "Two lines here."), ("de", "Zwei Zeilen.")] and unit.property("x-bead") == "2-1"


def test_parts_that_adjoin_are_joined_and_others_are_not(tmp_path: Path) -> None:
    en, de = document("s", "", "en", "One two."), document("t", "", "de", "Eins. Zwei. Rest. Drei.")
    bead = Bead("1", (member(en, "One two.", 0), member(de, "Zwei.", 1), member(de, "Eins.", 0), member(de, "Drei.", 3)), 1.0)
    export(tmp_path, "b", (en, de), (), (bead,), mode="bitext")
    assert [unit.variants[1].text for unit in read_tmx(tmp_path / "b.en_de.tmx")] == ["Drei.", "Eins. Zwei."]
    assert [sides(unit)[1] for unit in read_tmx(tmp_path / "b.tmx")] == [("de", "Eins. Zwei.")]


def test_a_unit_without_the_base_says_its_own_source(tmp_path: Path) -> None:
    bead = Bead("1", (member(B, "Greetings.", 0), member(C, "Hi.", 0)), 1.0)
    assert [path.name for path in renditions(tmp_path, (bead,))] == ["lavrov.tmx"]
    (unit,) = read_tmx(tmp_path / "lavrov.tmx")
    assert unit.attribute("srclang") == unit.variants[0].language == "en-x-moscow-times"
    assert not check(tmp_path / "lavrov.tmx").count("warning")


@pytest.mark.parametrize(
    "mode, languages, expected",
    [
        ("renditions", ["en:A", "en:B", "en:C"], ["en", "en-x-b", "en-x-c"]),
        ("renditions", ["en:A", "fr:B", "fr:C"], ["en", "fr-x-b", "fr-x-c"]),
        ("renditions", ["en:A", "fr:B", "en:C"], ["en", "fr", "en-x-c"]),
        ("renditions", ["en:A", "en:A", "en:B"], ["en", "en", "en-x-b"]),
        ("renditions", ["pt-BR:A", "pt-PT:B"], ["pt-BR", "pt-PT"]),
        ("bitext", ["en:A", "de:B", "fr:A"], ["en", "de", "fr"]),
        ("bitext", ["en:A", "de:B", "de:C"], ["en", "de-x-b", "de-x-c"]),
        ("bitext", ["en:", "de:", "de:"], ["en", "de-x-1", "de-x-2"]),
    ],
)
def test_tags(mode: str, languages: list[str], expected: list[str]) -> None:
    documents = [document(str(number), name.partition(":")[2], name.partition(":")[0], "x") for number, name in enumerate(languages)]
    assert list(tags_of(documents, mode, documents[0]).values()) == expected


def test_many_pairs_of_documents_share_a_pair_of_languages(tmp_path: Path) -> None:
    documents = [document(f"{language}{group}", "", language, f"{language} {group}.", group) for group in "12" for language in ("en", "de")]
    beads = [
        Bead(group, tuple(Member(f"{language}{group}", 0, 5, f"{language} {group}.", (0,)) for language in ("en", "de")), 1.0) for group in "12"
    ]  # fmt: skip
    files = export(tmp_path, "b", documents, (), beads, mode="bitext")
    assert [path.name for path in files] == ["b.tmx", "b.en_de.tmx"] and len(list(read_tmx(files[1]))) == 2


def test_a_base_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AlignError, match=r"no outlet.*Pravda"):
        export(tmp_path, "x", (A, B), (), BEADS[1:], mode="renditions", base="Pravda")
    assert not list(tmp_path.iterdir())


def accepted(bead: Bead, *pairs: tuple[int, int], rejected: Sequence[tuple[int, int]] = ()) -> list[Divergence]:
    """All rows of a bead, some of them judged."""
    found = []
    for a in range(len(bead.members)):
        for b in range(a + 1, len(bead.members)):
            status = "accepted" if (a, b) in pairs else "rejected" if (a, b) in rejected else ""
            found.append(row(bead, bead.members[a], bead.members[b], 0.1, 0, status=status))
    return found


@pytest.mark.parametrize(
    ("pairs", "rejected", "whole", "confirmed"),
    [
        ([], [], "abc", "Draft"),
        ([(0, 1)], [], "abc", "Draft"),
        ([(0, 1), (0, 3)], [], "abc", "Translated"),
        ([(0, 1)], [(0, 3)], "ab", "Translated"),
        ([], [(0, 1), (0, 3)], "bc", "Draft"),
        ([], [(0, 1), (0, 3), (1, 3)], "", ""),
    ],
)
def test_rows_of_a_bead_are_judged_one_by_one(
    tmp_path: Path, pairs: list[tuple[int, int]], rejected: list[tuple[int, int]], whole: str, confirmed: str
) -> None:
    renditions(tmp_path, (HELLO,), accepted(HELLO, *pairs, rejected=rejected))
    units = list(read_tmx(tmp_path / "lavrov.tmx")) if (tmp_path / "lavrov.tmx").exists() else []
    tags = {"a": "en", "b": "en-x-moscow-times", "c": "en-x-kremlin"}
    assert [[variant.language for variant in unit.variants] for unit in units] == ([[tags[name] for name in whole]] if whole else [])
    assert [unit.property("x-ConfirmationLevel") for unit in units] == ([confirmed] if whole else [])
    assert (tmp_path / "lavrov.en_en-x-kremlin.tmx").exists() == ((0, 3) not in rejected)


def test_a_bead_made_by_hand_is_confirmed_unless_somebody_doubts_it(tmp_path: Path) -> None:
    by_hand = Bead("h1", SECOND.members, 1.0, "human")
    for status, level in (("", "Translated"), ("accepted", "Translated"), ("needs review", "Draft")):
        renditions(tmp_path, (by_hand,), [row(by_hand, *SECOND.members, 0.1, 0, status=status)])
        (unit,) = read_tmx(tmp_path / "lavrov.tmx")
        assert unit.property("x-ConfirmationLevel") == level


def test_the_reviewers_grade_and_kinds_go_into_the_memory(tmp_path: Path) -> None:
    said = replace(row(SECOND, *SECOND.members, 0.9, 3, ("negation",)), reviewed_grade=1, reviewed_kinds=("register",))
    renditions(tmp_path, (SECOND,), [said])
    (unit,) = read_tmx(tmp_path / "lavrov.tmx")
    assert (unit.property("x-grade"), unit.property("x-kinds"), unit.property("x-divergence")) == ("1", "register", "0.9000")
