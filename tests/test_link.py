"""Beads from documents: groups, the merge of several languages over one base, gaps, numbering."""

from __future__ import annotations

import pytest

from align.corpus import Document, Segment
from align.embed import open_vectors
from align.errors import InputError
from align.link import link

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
