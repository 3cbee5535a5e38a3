"""Beads from documents: groups, the merge of several languages over one base, gaps, numbering."""

from __future__ import annotations

import pytest

from align.corpus import Bead, Document, Segment
from align.decide import Texts
from align.embed import open_vectors
from align.errors import InputError
from align.link import Rounds, link

LINES = [
    "The ministers met in Washington on Wednesday.",
    "Sanctions were not on the agenda at all.",
    "Both sides spoke about de-escalation zones in Syria.",
    "The presidents will meet in Hamburg in July.",
    "Journalists were invited to the embassy afterwards.",
    "Nobody has presented a single fact so far.",
    "Thirty-five diplomats were expelled in December.",
    "The talks on Ukraine will go on in Minsk.",
]
OTHER = [
    "Knead the dough for ten minutes and let it rest.",
    "Preheat the oven to two hundred degrees.",
    "The cat slept on the warm roof all afternoon.",
    "Rainfall in the valley was the lowest since records began.",
    "Her violin teacher moved to a small town by the sea.",
    "Prices of copper fell for the third month.",
    "The museum opens a hall of medieval coins.",
    "Two goals in injury time decided the final.",
]
USE = open_vectors("use", ["en"])


def document(name: str, lines: list[str], language: str = "en", group: str = "") -> tuple[Document, list[Segment]]:
    text = "\n".join(lines)
    segments, start = [], 0
    for index, line in enumerate(lines):
        segments.append(Segment(name, index, index, start, start + len(line), line))
        start += len(line) + 1
    return Document(name, name.upper(), language, text, f"{name}.txt", name, 0, len(text), group=group), segments


def linked(*parts: tuple[Document, list[Segment]], mode: str = "bitext", base: str = ""):
    documents = [part[0] for part in parts]
    return link(documents, [segment for part in parts for segment in part[1]], USE, mode, base)


def shape(result) -> list[list[tuple[str, tuple[int, ...]]]]:
    return [[(member.document, member.segments) for member in bead.members] for bead in result.beads]


def test_three_versions_become_beads_over_the_base() -> None:
    a = document("a", LINES, "en")
    b = document("b", [LINES[0], f"{LINES[1]} {LINES[2]}", *LINES[3:]], "en-GB")
    c = document("c", [*LINES[:4], *LINES[5:]], "en-US")
    result = linked(a, b, c)
    assert shape(result) == [
        [("a", (0,)), ("b", (0,)), ("c", (0,))],
        [("a", (1, 2)), ("b", (1,)), ("c", (1, 2))],
        [("a", (3,)), ("b", (2,)), ("c", (3,))],
        [("a", (4,)), ("b", (3,))],
        [("a", (5,)), ("b", (4,)), ("c", (4,))],
        [("a", (6,)), ("b", (5,)), ("c", (5,))],
        [("a", (7,)), ("b", (6,)), ("c", (6,))],
    ]
    assert [bead.id for bead in result.beads] == ["1", "2", "3", "4", "5", "6", "7"]
    member = result.beads[1].members[0]
    assert member.text == a[0].text[member.start : member.end] == f"{LINES[1]}\n{LINES[2]}"


def test_every_segment_is_in_exactly_one_bead_and_gaps_are_beads() -> None:
    a, b = document("a", LINES), document("b", [*LINES[:3], *OTHER[:3], *LINES[3:]])
    result = linked(a, b)
    places = [(member.document, index) for bead in result.beads for member in bead.members for index in member.segments]
    assert sorted(places) == [(name, index) for name in "ab" for index in range(8)] + [("b", index) for index in range(8, 11)]
    assert sum(bead.is_gap for bead in result.beads) == 3


def test_groups_are_aligned_each_for_itself_and_the_base_leads() -> None:
    parts = [document(f"{name}{group}", LINES[group:], language, str(group)) for group in (0, 1) for name, language in (("x", "en"), ("y", "de"))]
    result = linked(*parts, base="de")
    assert {frozenset(member.document[1:] for member in bead.members) for bead in result.beads} == {frozenset("0"), frozenset("1")}
    assert all(bead.members[0].document.startswith("y") for bead in result.beads)


def test_bitext_needs_two_documents_in_a_group() -> None:
    with pytest.raises(InputError, match="stands alone"):
        linked(document("a", LINES))


def test_auto_says_what_it_chose_and_why() -> None:
    same = linked(document("a", LINES * 3), document("b", LINES * 3, "de"), mode="auto")
    assert same.mode == "bitext"
    other = linked(document("a", LINES), document("b", OTHER), mode="auto")
    assert other.mode == "renditions"
    assert same.reason and other.reason
    assert linked(document("a", LINES), mode="auto").mode == "renditions"


def again(parts, fixed: list[list[tuple[str, int]]], rejected: list[list[tuple[str, int]]] = (), mode: str = "bitext"):
    """Link once more: `fixed` and `rejected` name segments; gives the beads as shapes."""
    documents, segments = [part[0] for part in parts], [segment for part in parts for segment in part[1]]
    where = Texts(documents, segments)

    def member(name: str, index: int):
        segment = where.segments[name][index]
        return where.member(name, segment.start, segment.end)

    first = link(documents, segments, USE, mode)
    rounds = Rounds(first, documents, segments, USE, "")
    beads = [Bead(f"f{number}", tuple(member(*place) for place in places), 1.0) for number, places in enumerate(fixed)]
    rows = [tuple(sorted((one.document, one.start, one.end) for one in (member(*place) for place in places))) for places in rejected]
    found = rounds(beads, rows)
    assert [bead for bead in found if bead.id] == beads, "fixed beads come back as they are, in the order of the text"
    assert [one.beads for one in rounds.linked.rounds] == [tuple(found)]
    return [sorted({(one.document, index) for one in bead.members for index in one.segments}) for bead in found if not bead.id]


def test_the_rest_is_aligned_again_around_fixed_beads() -> None:
    parts = [document("a", LINES, "en"), document("b", LINES, "en-GB"), document("c", LINES, "en-US")]
    rest = again(parts, [[("a", 2), ("b", 2)], [("a", 5), ("b", 5), ("c", 5)]])
    assert rest == [[("a", i), ("b", i), ("c", i)] for i in (0, 1, 3, 4, 6, 7)] + [[("c", 2)]]
    held = [place for bead in rest for place in bead]
    assert len(held) == len(set(held)) == 24 - 5


def test_a_sentence_that_two_fixed_beads_share_is_fixed_once() -> None:
    parts = [document("a", LINES, "en"), document("b", LINES, "en-GB")]
    rest = again(parts, [[("a", 2), ("b", 2)], [("a", 2), ("b", 3)]])
    assert rest == [[("a", i), ("b", i)] for i in (0, 1)] + [[("a", 3)]] + [[("a", i), ("b", i)] for i in (4, 5, 6, 7)]


def test_what_was_rejected_is_not_linked_again() -> None:
    parts = [document("a", LINES, "en"), document("b", LINES, "en-GB")]
    assert again(parts, [], [[("a", 4), ("b", 4)]]) == [[("a", i), ("b", i)] for i in (0, 1, 2, 3)] + [[("a", 4)]] + [
        [("a", i), ("b", i)] for i in (5, 6, 7)
    ] + [[("b", 4)]]
    unit = again(parts, [[("a", 1), ("b", 1)]], [[("a", 4), ("b", 4)]], mode="renditions")
    assert [("a", 4), ("b", 4)] not in unit and [("a", 1), ("b", 1)] not in unit
    assert [("a", 5), ("b", 5)] in unit


def test_groups_in_which_nobody_decided_anything_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    from align import aligner

    parts = [document(f"{name}{group}", LINES[group:], language, str(group)) for group in (0, 1) for name, language in (("x", "en"), ("y", "de"))]
    asked = []
    align = aligner.align
    monkeypatch.setattr(aligner, "align", lambda *given, **options: asked.append(options["anchors"]) or align(*given, **options))
    rest = again(parts, [[("x1", 0), ("y1", 0)]])
    assert asked == [(), (), [((0,), (0,))]] or asked == [[], [], [((0,), (0,))]]
    assert len(rest) == 8 + 6
