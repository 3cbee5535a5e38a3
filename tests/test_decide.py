"""A reviewer's decisions change beads as they say, survive a re-run and a change of the aligner, and what finds no target is listed."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align.corpus import KINDS, Bead, Decision, Document, Member, Segment, Span
from align.decide import Decided, Replay, Texts, decide, effective, read_decisions, read_log, rounds, structural, target_of, text_hash
from align.decide.grammar import parse, record_of
from align.decide.log import Appender
from align.decide.spans import span_of
from align.decide.structure import apply
from align.errors import InputError, OutputError

# Two documents and a third, four sentences each: "A0 one.", "A1 one." ...
SENTENCES = {name: [f"{name.upper()}{number} {word}." for number, word in enumerate(("one", "two", "three", "four"))] for name in "abc"}


def texts(shift: int = 0) -> Texts:
    documents, segments = [], []
    for name, lines in SENTENCES.items():
        text = " " * shift + "\n".join(lines)
        documents.append(Document(name, name, "en", text, f"{name}.txt", name, 0, len(text)))
        place = shift
        for index, line in enumerate(lines):
            segments.append(Segment(name, index, index, place, place + len(line), line))
            place += len(line) + 1
    return Texts(documents, segments)


TEXTS = texts()


def member(notation: str, where: Texts = TEXTS) -> Member:
    """ "a0" is the first sentence of a, "a0-2" the first three, "a0~" the first without its last word."""
    name, first = notation[0], int(notation[1])
    last = int(notation[3]) if "-" in notation else first
    segments = where.segments[name]
    end = segments[last].end - (segments[last].text.count(" ") and len(segments[last].text.split()[-1]) + 1 if notation.endswith("~") else 0)
    found = where.member(name, segments[first].start, end)
    assert found is not None
    return found


def bead(name: str, *notations: str, where: Texts = TEXTS) -> Bead:
    return Bead(name, tuple(member(one, where) for one in notations), 0.5)


def shown(decided: Decided) -> list[str]:
    """Beads as "A0 A1|B0"."""
    return ["|".join(" ".join(word for word in one.text.split() if word[0] in "ABC") for one in bead.members) for bead in decided.beads]


def spans(*notations: str) -> tuple[Span, ...]:
    return target_of([member(one) for one in notations])


def decision(time: str, action: str, *target: str, **payload: Any) -> Decision:
    """Spans in the payload are written as sentences of the documents."""
    given = {name: _deep(value) if name in ("parts", "member", "from", "to") else value for name, value in payload.items()}
    return Decision(time, "r", action, spans(*target), given)


def _deep(value: Any) -> Any:
    return span_of(member(value)) if isinstance(value, str) else [_deep(one) for one in value]


def undo(time: str, of: str, action: str = "undo") -> Decision:
    return Decision(time, "r", action, (), {"time": of, "reviewer": "r"})


BITEXT = [bead("1", "a0", "b0"), bead("2", "a1-2", "b1"), bead("3", "a3", "b2"), bead("4", "b3")]
RENDITIONS = [bead("1", "a0", "b0", "c0"), bead("2", "a0", "b2"), bead("3", "a3", "c3")]


@pytest.mark.parametrize(
    ("action", "target", "payload", "beads"),
    [
        ("merge", "a0 b0 a1-2 b1", {}, ["A0 A1 A2|B0 B1", "A3|B2", "B3"]),
        ("merge", "a3 b2 b3", {}, ["A0|B0", "A1 A2|B1", "A3|B2 B3"]),
        ("merge", "a0 b0 a3 b2", {}, ["A0|A3|B0|B2", "A1 A2|B1", "B3"]),
        ("split", "a1-2 b1", {"parts": [["a1", "b1"], ["a2"]]}, ["A0|B0", "A1|B1", "A2", "A3|B2", "B3"]),
        ("split", "a1-2 b1", {"parts": [["a1"], ["b1"]]}, ["A0|B0", "A1", "B1", "A2", "A3|B2", "B3"]),
        ("unlink", "a0 b0", {"member": "b0"}, ["A0", "B0", "A1 A2|B1", "A3|B2", "B3"]),
        ("link", "a3 b2", {"member": "b3"}, ["A0|B0", "A1 A2|B1", "A3|B2 B3"]),
        ("link", "b3", {"member": "a3"}, ["A0|B0", "A1 A2|B1", "A3|B3", "B2"]),
        ("link", "a0 b0", {"member": "c2"}, ["A0|B0|C2", "A1 A2|B1", "A3|B2", "B3"]),
        ("edit", "a1-2 b1", {"from": "a1-2", "to": "a1"}, ["A0|B0", "A1|B1", "A2", "A3|B2", "B3"]),
        ("edit", "a0 b0", {"from": "a0", "to": "a0-1"}, ["A0 A1|B0", "A2|B1", "A3|B2", "B3"]),
        ("edit", "a0 b0", {"from": "a0", "to": "a0~"}, ["A0|B0", "A1 A2|B1", "A3|B2", "B3"]),
    ],
)
def test_what_a_decision_makes_of_a_bitext(action: str, target: str, payload: dict[str, Any], beads: list[str]) -> None:
    log = [decision("1", action, *target.split(), **payload)]
    decided = decide(BITEXT, log, TEXTS)
    assert sorted(shown(decided)) == sorted(beads)
    assert not decided.orphans
    made = [one for one in decided.beads if one not in BITEXT]
    assert {one.origin for one in made} == {"human"}
    assert all(one.id.startswith("h1") for one in made)
    assert sorted(place for one in decided.beads for m in one.members if m.document != "c" for place in [(m.document, i) for i in m.segments]) == [
        (name, index) for name in "ab" for index in range(4)
    ], "every segment stays in exactly one bead"
    assert decide(BITEXT, [*log, undo("2", "1")], TEXTS).beads == tuple(BITEXT)
    assert decide(BITEXT, [*log, undo("2", "1"), undo("3", "1", "redo")], TEXTS).beads == decided.beads


def test_a_bead_stands_where_the_first_of_the_old_ones_stood() -> None:
    decided = decide(BITEXT, [decision("1", "merge", "a1-2", "b1", "a3", "b2"), decision("2", "unlink", "a0", "b0", member="a0")], TEXTS)
    assert shown(decided) == ["B0", "A0", "A1 A2 A3|B1 B2", "B3"]
    assert [one.id for one in decided.beads] == ["h2-1", "h2-2", "h1", "4"]


@pytest.mark.parametrize(
    ("action", "target", "payload", "beads"),
    [
        ("merge", "a0 b0 c0 b2", {}, ["A0|B0|B2|C0", "A3|C3"]),
        ("unlink", "a0 b0 c0", {"member": "c0"}, ["A0|B0", "C0", "A0|B2", "A3|C3"]),
        ("unlink", "a0 b0 c0", {"member": "a0"}, ["B0|C0", "A0|B2", "A3|C3"]),
        ("split", "a0 b0 c0", {"parts": [["a0", "b0"], ["b0", "c0"]]}, ["A0|B0", "B0|C0", "A0|B2", "A3|C3"]),
        ("link", "a3 c3", {"member": "b0"}, ["A0|B0|C0", "A0|B2", "A3|B0|C3"]),
        ("link", "a1", {"member": "b1"}, ["A0|B0|C0", "A0|B2", "A1|B1", "A3|C3"]),
        ("link", "a1 c1", {"member": "b1"}, ["A0|B0|C0", "A0|B2", "A1|B1|C1", "A3|C3"]),
        ("edit", "a3 c3", {"from": "c3", "to": "c2-3"}, ["A0|B0|C0", "A0|B2", "A3|C2 C3"]),
    ],
)
def test_units_of_renditions_may_overlap(action: str, target: str, payload: dict[str, Any], beads: list[str]) -> None:
    decided = decide(RENDITIONS, [decision("1", action, *target.split(), **payload)], TEXTS, bitext=False)
    assert shown(decided) == beads
    assert not decided.orphans


@pytest.mark.parametrize(
    ("action", "target", "payload", "reason"),
    [
        ("accept", "a0 b1", {}, "its texts are there, but no bead has just these members"),
        ("accept", "a2 b1", {}, "no bead has this text of 'a': “A2 three.”"),
        ("merge", "a0 b0", {}, "no two beads have just these members"),
        ("merge", "a0 b0 b1", {}, "no two beads have just these members"),
        ("split", "a0 b0", {"parts": [["a0", "b0"], ["a0"]]}, "one of its parts is the whole bead"),
        ("split", "a0 b0", {"parts": [["a0"], ["b1"]]}, "a part reaches beyond the bead"),
        ("unlink", "a0 b0", {"member": "b1"}, "the member is not in the bead"),
        ("unlink", "b3", {"member": "b3"}, "the bead has no other member"),
        ("link", "a0 b0", {"member": "a0"}, "the bead has this text already"),
        ("link", "a1 b1", {"member": "b3"}, "no bead has this text of 'a': “A1 two.”"),
        ("link", "a3", {"member": "b3"}, "its texts are there, but no bead has just these members"),
        ("edit", "a0 b0", {"from": "a0", "to": "a0"}, "the span is as it was"),
        ("edit", "a0 b0", {"from": "a1", "to": "a0"}, "the member is not in the bead"),
        ("regrade", "b3", {"grade": 1}, "regrade is about two members of a bead, and this target has 1"),
        ("realign", "", {}, "nothing was linked again here"),
    ],
)
def test_what_finds_no_target_is_listed_with_the_reason(action: str, target: str, payload: dict[str, Any], reason: str) -> None:
    log = [decision("1", action, *target.split(), **payload)]
    decided = decide(BITEXT, log, TEXTS)
    assert [(one.decision, one.reason) for one in decided.orphans] == [(log[0], reason)]
    assert decided.beads == tuple(BITEXT)


def test_texts_of_two_units_are_no_bead_that_something_could_join() -> None:
    log = [decision("1", "link", "a3", "b0", member="c1"), decision("2", "link", "a3", member="b3")]
    decided = decide(RENDITIONS, log, TEXTS, bitext=False)
    assert [one.decision.time for one in decided.orphans] == ["1"], "one text alone may be linked anew, though a unit holds it"
    assert "A3|B3" in shown(decided)


def test_the_last_word_counts_and_undo_takes_it_back() -> None:
    log = [
        decision("1", "accept", "a0", "b0"),
        decision("2", "reject", "a1-2", "b1"),
        decision("3", "needs-review", "a1-2", "b1"),
        undo("4", "3"),
        decision("5", "comment", "b3", text="see the original"),
        decision("6", "comment", "a0", "b0", text="first"),
        decision("7", "comment", "a0", "b0", text=""),
    ]
    decided = decide(BITEXT, log)
    assert [decided.status(one) for one in decided.beads] == ["accepted", "rejected", "", ""]
    assert [decided.reviews[name].comment for name in ("1", "4")] == ["", "see the original"]
    assert [one.origin for one in decided.beads] == ["auto"] * 4, "origin says who made the bead"


def row(decided: Decided, name: str, a: str, b: str) -> tuple[object, ...]:
    said = decided.row(name, member(a), member(b))
    return said.status, said.comment, said.grade, said.kinds, said.reviewer


def test_rows_of_a_bead_of_three_are_judged_one_by_one() -> None:
    log = [
        decision("1", "accept", "a0", "b0", "c0"),
        replace(decision("2", "reject", "a0", "c0"), reviewer="bob"),
        decision("3", "regrade", "a0", "b0", grade=0),
        decision("4", "kinds", "b0", "c0", kinds=["negation"]),
        decision("5", "comment", "a0", "b0", "c0", text="all three"),
        decision("6", "comment", "b0", "c0", text="these two"),
    ]
    decided = decide(RENDITIONS, log, TEXTS, bitext=False)
    assert row(decided, "1", "a0", "b0") == ("accepted", "all three", 0, None, "r")
    assert row(decided, "1", "a0", "c0") == ("rejected", "all three", None, None, "bob")
    assert row(decided, "1", "b0", "c0") == ("accepted", "these two", None, ("negation",), "r")
    assert decided.status(decided.beads[0]) == "", "its rows do not agree"
    again = decide(RENDITIONS, [*log, decision("7", "accept", "a0", "b0", "c0")], TEXTS, bitext=False)
    assert again.status(again.beads[0]) == "accepted"
    assert row(again, "1", "b0", "c0")[:2] == ("accepted", "these two")


def test_a_bead_of_just_these_two_is_meant_before_a_row_of_a_larger_one() -> None:
    beads = [bead("1", "a0", "b0", "c0"), bead("2", "a0", "b0")]
    decided = decide(beads, [decision("1", "reject", "a0", "b0")], TEXTS, bitext=False)
    assert [decided.status(one) for one in decided.beads] == ["", "rejected"]


def test_what_was_said_about_a_row_goes_along_where_the_row_is_still_there() -> None:
    log = [
        decision("1", "accept", "a3", "c3"),
        decision("2", "regrade", "a3", "c3", grade=2),
        decision("3", "comment", "a3", "c3", text="look"),
        decision("4", "link", "a3", "c3", member="b0"),
    ]
    decided = decide(RENDITIONS, log, TEXTS, bitext=False)
    assert row(decided, "h4", "a3", "c3") == ("accepted", "look", 2, None, "r")
    assert row(decided, "h4", "a3", "b0") == ("", "look", None, None, "")


def test_decisions_find_their_beads_after_offsets_ids_and_order_changed() -> None:
    moved = texts(shift=37)
    beads = [bead("x", "a3", "b2", where=moved), bead("y", "a0", "b0", where=moved), bead("z", "a1-2", "b1", where=moved), bead("w", "b3", where=moved)]
    log = [
        decision("1", "accept", "a3", "b2"),
        decision("2", "split", "a1-2", "b1", parts=[["a1", "b1"], ["a2"]]),
        decision("3", "link", "a0", "b0", member="c1"),
        decision("4", "edit", "a3", "b2", **{"from": "b2", "to": "b2-3"}),
    ]
    decided = decide(beads, log, moved)
    assert shown(decided) == ["A3|B2 B3", "A0|B0|C1", "A1|B1", "A2"]
    assert not decided.orphans


def test_a_free_text_is_found_again_with_and_without_its_words() -> None:
    moved = texts(shift=37)
    beads = [bead("1", "a0", "b0", where=moved)]
    for known in (True, False):
        span = span_of(member("c2"))
        one = Decision("1", "r", "link", spans("a0", "b0"), {"member": span if known else replace(span, text="")})
        assert shown(decide(beads, [one], moved)) == ["A0|B0|C2"]
    gone = Decision("1", "r", "link", spans("a0", "b0"), {"member": replace(span_of(member("c2")), text_hash="0", text="C9 (gone.")})
    huge = Decision("2", "r", "link", spans("a0", "b0"), {"member": Span("c", 5, 10**15, "0")})
    assert [one.reason for one in decide(beads, [gone, huge], moved).orphans] == ["'c' does not have this text: “C9 (gone.”", "'c' does not have this text"]


def test_of_two_equal_texts_the_nearer_is_meant() -> None:
    text = "Yes. No. Yes. No. Yes."
    places = [0, 5, 9, 14, 18]
    ends = [4, 8, 13, 17, 22]
    document = [Document(name, name, "en", text, name, name, 0, len(text)) for name in "ab"]
    segments = [Segment(name, i, 0, s, e, text[s:e]) for name in "ab" for i, (s, e) in enumerate(zip(places, ends, strict=True))]
    where = Texts(document, segments)
    pairs = [(where.member("a", s, e), where.member("b", s, e)) for s, e in zip(places, ends, strict=True)]
    beads = [Bead(str(number), (a, b), 1.0) for number, (a, b) in enumerate(pairs) if a and b]
    spans_ = tuple(Span(name, 10, 14, text_hash("Yes.")) for name in "ab")
    decided = decide(beads, [Decision("1", "r", "accept", spans_, {})], where)
    assert [decided.status(one) for one in decided.beads] == ["", "", "accepted", "", ""]


def test_a_changed_aligner_leaves_orphans_and_they_come_back_with_the_bead() -> None:
    log = [decision("1", "accept", "a0", "b0"), decision("2", "accept", "a1-2", "b1")]
    other = [bead("1", "a0", "b0-1"), bead("2", "a1-2"), *BITEXT[2:]]
    assert [one.decision.time for one in decide(other, log, TEXTS).orphans] == ["1", "2"]
    assert not decide(BITEXT, log, TEXTS).orphans


def test_undoing_a_structural_decision_orphans_what_was_said_about_its_result_until_redo() -> None:
    log = [decision("1", "merge", "a0", "b0", "a1-2", "b1"), decision("2", "accept", "a0-2", "b0-1")]
    assert decide(BITEXT, log, TEXTS).reviews["h1"].status == "accepted"
    taken_back = decide(BITEXT, [*log, undo("3", "1")], TEXTS)
    assert [one.decision.time for one in taken_back.orphans] == ["2"]
    back = decide(BITEXT, [*log, undo("3", "1"), undo("4", "1", "redo")], TEXTS)
    assert back.reviews["h1"].status == "accepted"
    assert not back.orphans


def test_undo_of_nothing_is_an_orphan_and_a_line_twice_counts_once() -> None:
    log = [decision("1", "merge", "a0", "b0", "a1-2", "b1"), undo("2", "9"), decision("1", "merge", "a0", "b0", "a1-2", "b1")]
    decided = decide(BITEXT, log, TEXTS)
    assert [(one.decision.time, one.reason) for one in decided.orphans] == [("2", "no decision before it was made at 9")]
    assert shown(decided)[0] == "A0 A1 A2|B0 B1"
    assert [one for one, _ in effective(log)[0]] == [1]
    other = Decision("3", "r", "undo", (), {"time": "1", "reviewer": "someone else"})
    assert len(decide(BITEXT, [*log[:1], other], TEXTS).orphans) == 1


def test_what_the_linking_and_the_scoring_depend_on() -> None:
    log = [decision("1", "accept", "a0", "b0"), decision("2", "realign"), decision("3", "reject", "a3", "b2"), decision("4", "unlink", "a3", "b2", member="b2")]
    assert [number for number, _ in rounds(log)] == [1, 2]
    assert [number for number, _ in structural(log)] == [1, 2, 4]
    assert rounds([*log, undo("5", "2")]) == []
    assert [number for number, _ in structural(log[2:])] == [2]


# Realignment: what a linker gives back is laid over, with what was accepted kept as it is.


def test_a_realignment_keeps_what_was_accepted_and_made_by_hand() -> None:
    asked: list[tuple[list[str], int]] = []

    def relink(fixed: Sequence[Bead], rejected: Sequence[object]) -> list[Bead]:
        asked.append(([one.id for one in fixed], len(rejected)))
        return [*fixed, bead("", "a3", "b2-3"), bead("", "a1-2", "b1")]

    log = [
        decision("1", "accept", "a0", "b0"),
        decision("2", "needs-review", "a1-2", "b1"),
        decision("3", "comment", "a3", "b2", text="wrong end"),
        decision("4", "reject", "a3", "b2"),
        decision("5", "realign"),
        decision("6", "accept", "a3", "b2-3"),
    ]
    decided = decide(BITEXT, log, TEXTS, relink=relink)
    assert asked == [(["1"], 1)]
    assert [(one.id, decided.status(one)) for one in decided.beads] == [("1", "accepted"), ("r5-2", "accepted"), ("2", "needs review")]
    assert [(one.decision.time, one.reason) for one in decided.orphans] == [("3", "its bead was linked anew by the realignment of 5")]


def test_a_realignment_fixes_the_accepted_part_of_a_bead_and_keeps_rejected_units_to_look_at() -> None:
    fixed: list[Bead] = []

    def relink(given: Sequence[Bead], rejected: Sequence[object]) -> list[Bead]:
        fixed.extend(given)
        return list(given)

    log = [
        decision("1", "accept", "a0", "b0"),
        decision("2", "reject", "a0", "c0"),
        decision("3", "reject", "a3", "c3"),
        decision("4", "link", "a1", member="b1"),
        decision("5", "realign"),
    ]
    decided = decide([RENDITIONS[0], RENDITIONS[2]], log, TEXTS, bitext=False, relink=relink)
    assert ["|".join(m.text[:2] for m in one.members) for one in fixed] == ["A0|B0", "A1|B1"]
    assert shown(decided) == ["A0|B0", "A1|B1", "A3|C3"]
    assert decided.status(decided.beads[2]) == "rejected"


# The log as a file.


def line(**changes: object) -> dict[str, object]:
    return {**record_of(decision("2026-01-01T00:00:00.000000Z", "accept", "a0", "b0")), **changes}


SPAN = {"document": "a", "start": 0, "end": 4, "text_hash": "x"}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"action": "explode"}, "unknown action 'explode'"),
        ({"schema": 2}, "schema 2 is not known"),
        ({"time": ""}, "time is missing"),
        ({"time": 7}, "time is not a text"),
        ({"reviewer": "x" * 300}, "reviewer is not a text of 1 to 200 characters"),
        ({"target": []}, "accept needs a target"),
        ({"target": {}}, "target is not a list"),
        ({"target": [SPAN | {"start": -1}]}, "start and end"),
        ({"target": [SPAN | {"start": True}]}, "start and end"),
        ({"target": [SPAN | {"document": 3}]}, "document and text_hash"),
        ({"payload": []}, "payload is not an object"),
        ({"action": "regrade", "payload": {"grade": 4}}, "grade 4 is not"),
        ({"action": "regrade", "payload": {"grade": True}}, "grade True is not"),
        ({"action": "kinds", "payload": {"kinds": "negation"}}, "kinds is not a list"),
        ({"action": "kinds", "payload": {"kinds": ["irony"]}}, "unknown kind 'irony'"),
        ({"action": "comment", "payload": {"text": 1}}, "not a text"),
        ({"action": "comment", "payload": {"text": "x" * 20_001}}, "more than 20000"),
        ({"action": "split", "payload": {"parts": [[SPAN]]}}, "two beads or more"),
        ({"action": "split", "payload": {"parts": [[SPAN], []]}}, "a part is empty"),
        ({"action": "link", "payload": {}}, "member is not a span"),
        ({"action": "edit", "payload": {"from": SPAN, "to": SPAN | {"document": "b"}}}, "stays in its document"),
        ({"action": "undo", "payload": {"time": "1"}}, "undo has no target"),
        ({"action": "undo", "target": []}, "time is missing"),
    ],
)
def test_a_line_that_is_no_decision_is_refused_in_words(changes: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse(line(**changes))


def test_a_decision_comes_back_as_it_was_written() -> None:
    for one in (
        decision("1", "accept", "a0", "b0"),
        decision("2", "kinds", "a0", "b0", kinds=list(KINDS)),
        decision("3", "split", "a1-2", "b1", parts=[["a1", "b1"], ["a2"]]),
        decision("4", "edit", "a0", "b0", **{"from": "a0", "to": "a0-1"}),
        undo("5", "1"),
        decision("6", "realign"),
    ):
        assert parse(json.loads(json.dumps(record_of(one)))) == one


def test_the_log_is_read_and_a_bad_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    assert read_decisions(path) == []
    path.write_text("\ufeff" + json.dumps(line()) + "\n\n", encoding="utf-8")
    assert read_decisions(path)[0].action == "accept"
    for bad in (json.dumps(line(action="explode")), "{", "[" * 100_000, "null"):
        path.write_text(json.dumps(line()) + "\n" + bad + "\n", encoding="utf-8")
        with pytest.raises(InputError) as caught:
            read_decisions(path)
        assert caught.value.place == f"{path}:2"
    path.write_bytes(b"\xff\xfe\n")
    with pytest.raises(InputError):
        read_decisions(path)


def test_a_last_line_that_was_cut_off_is_left_out_with_a_warning_and_kept_beside(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    whole, cut = json.dumps(line()) + "\n", json.dumps(line(time="2"), ensure_ascii=False)[:-9]
    path.write_text(whole + cut, encoding="utf-8")
    log = read_log(path)
    assert len(log.decisions) == 1
    assert log.warnings == (f"{path}:2: the last line is cut off and was left out; it was never acknowledged",)
    appender = Appender(path)
    (written,) = appender.append(lambda: [decision("", "reject", "a3", "b2")])
    lines = path.read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[1]) == {"cut_off": cut}
    assert [one.action for one in read_decisions(path)] == ["accept", "reject"]
    assert not read_log(path).warnings
    assert written.time > "2026-01-01T00:00:00.000000Z"
    path.write_text(whole + json.dumps(line(time="2", action="reject")), encoding="utf-8")
    Appender(path).append(lambda: [decision("", "accept", "a3", "b2")])
    assert [one.action for one in read_decisions(path)] == ["accept", "reject", "accept"], "a whole line without its end counts"


def test_a_full_disk_leaves_the_log_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "decisions.jsonl"
    write = os.write

    def half(file: int, data: bytes) -> int:
        if len(data) > 200:
            return write(file, data[:100])
        raise OSError(errno.ENOSPC, "No space left on device")

    for content in ("", json.dumps(line()) + "\n", json.dumps(line()) + '\n{"cut'):
        path.write_text(content, encoding="utf-8")
        appender = Appender(path)
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", half)
            with pytest.raises(OutputError, match="No space left"):
                appender.append(lambda: [decision("", "accept", "a0", "b0")])
        assert path.read_text(encoding="utf-8") == content.removesuffix('{"cut'), "a line that was cut off needs space to be kept"
        assert len(appender.append(lambda: [decision("", "accept", "a0", "b0")])) == 1


def test_another_file_in_the_place_of_the_log_is_noticed(tmp_path: Path) -> None:
    path, other = tmp_path / "decisions.jsonl", tmp_path / "other"
    appender = Appender(path)
    appender.append(lambda: [decision("", "accept", "a0", "b0")])
    assert not appender.refresh()
    other.write_text(json.dumps(line(action="reject")) + "\n" * 200, encoding="utf-8")
    other.replace(path)
    assert appender.refresh()
    assert (appender.generation, [one.action for one in appender.log.decisions]) == (1, ["reject"])


def test_times_grow_whatever_the_clock_says(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    path.write_text(json.dumps(line(time="2999-12-31T23:59:59.999999Z")) + "\n", encoding="utf-8")
    appender = Appender(path)
    made = [appender.append(lambda: [decision("", "accept", "a0", "b0")])[0].time for _ in range(3)]
    assert made == ["3000-01-01T00:00:00.000000Z", "3000-01-01T00:00:00.000001Z", "3000-01-01T00:00:00.000002Z"]


# Any sequence of decisions.


@st.composite
def steps(draw: st.DrawFn, replay: Replay, number: int) -> Decision:
    """A decision about something that is there."""
    action = draw(st.sampled_from(["accept", "reject", "comment", "regrade", "merge", "split", "unlink", "link", "edit"]))
    names = sorted(replay.beads, key=replay.order.__getitem__)
    one = replay.beads[draw(st.sampled_from(names))]
    members = list(one.members)
    if action == "merge":
        other = replay.beads[draw(st.sampled_from(names))]
        members += [m for m in other.members if m not in members]
    pick = draw(st.sampled_from(one.members))
    name = draw(st.sampled_from("abc"))
    low, high = sorted(draw(st.tuples(st.integers(0, 3), st.integers(0, 3))))
    free = replay.texts.member(name, TEXTS.segments[name][low].start, TEXTS.segments[name][high].end)
    assert free is not None
    payload: dict[str, Any] = {"comment": {"text": f"{number}"}, "regrade": {"grade": number % 4}}.get(action, {})
    if action == "split":
        pieces = [replay.texts.member(m.document, TEXTS.segments[m.document][i].start, TEXTS.segments[m.document][i].end) for m in members for i in m.segments]
        spans_ = [span_of(piece) for piece in pieces if piece]
        cut = draw(st.integers(1, max(1, len(spans_) - 1)))
        payload = {"parts": [spans_[:cut], spans_[cut:] or spans_[:cut]]}
    elif action == "unlink":
        payload = {"member": span_of(pick)}
    elif action == "link":
        payload = {"member": span_of(free)}
    elif action == "edit":
        payload = {"from": span_of(pick), "to": span_of(free)}
    return Decision(f"t{number:03d}", "r", action, target_of(members), payload)


@pytest.mark.parametrize(("beads", "bitext"), [(BITEXT, True), (RENDITIONS, False)])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_sequence_of_decisions(beads: list[Bead], bitext: bool, data: st.DataObject) -> None:
    replay = Replay(beads, TEXTS, bitext=bitext)
    log: list[Decision] = []
    for number in range(1, data.draw(st.integers(1, 8)) + 1):
        one = data.draw(steps(replay, number))
        log.append(one)
        before = replay.decided()
        if apply(replay, number, one):
            after = replay.decided()
            assert (after.beads, after.reviews) == (before.beads, before.reviews), "what finds no target changes nothing"
    decided = decide(beads, log, TEXTS, bitext=bitext)
    assert decided == replay.decided(), "one by one or all at once: the same"
    assert all(one.text == TEXTS.documents[one.document].text[one.start : one.end] for b in decided.beads for one in b.members)
    assert len({b.id for b in decided.beads}) == len(decided.beads)
    if bitext:
        held = [(m.document, index) for b in decided.beads for m in b.members for index in m.segments]
        assert len(held) == len(set(held)), "no segment is in two beads"
        assert {place for place in held if place[0] != "c"} == {(name, index) for name in "ab" for index in range(4)}, "and none is lost"
    order = data.draw(st.permutations(log))
    taken_back = [*log, *(undo(f"u{number:03d}", one.time) for number, one in enumerate(order))]
    nothing = decide(beads, taken_back, TEXTS, bitext=bitext)
    assert (nothing.beads, nothing.reviews, nothing.orphans) == (tuple(beads), {}, ())
    back = [*taken_back, *(undo(f"v{number:03d}", one.time, "redo") for number, one in enumerate(log))]
    assert decide(beads, back, TEXTS, bitext=bitext) == decided
