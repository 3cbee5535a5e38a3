"""A reviewer's decisions survive a re-run; what finds no target is listed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from align.corpus import Bead, Decision, Member
from align.decide import decide, read_decisions, target_of, text_hash
from align.errors import InputError


def bead(number: int, *texts: str, shift: int = 0) -> Bead:
    members = tuple(Member(f"d{side}", number * 100 + shift, number * 100 + shift + len(text), text, (number,)) for side, text in enumerate(texts))
    return Bead(f"{number}", members, 0.9)


BEADS = [bead(1, "They met.", "They have met."), bead(2, "He said no.", "He declined."), bead(3, "Alone.", "Not alone.")]


def decision(time: str, action: str, target: Bead, **payload: object) -> Decision:
    return Decision(time, "r", action, target_of(target.members), payload)


def test_the_last_word_counts_and_undo_takes_it_back() -> None:
    log = [
        decision("1", "accept", BEADS[0]),
        decision("2", "reject", BEADS[1]),
        decision("3", "needs-review", BEADS[1]),
        Decision("4", "r", "undo", (), {"time": "3"}),
        decision("5", "comment", BEADS[2], text="see the original"),
    ]
    decided = decide(BEADS, log)
    assert [decided.status(one) for one in decided.beads] == ["accepted", "rejected", ""]
    assert decided.reviews["3"].comment == "see the original"
    assert [one.origin for one in decided.beads] == ["auto", "auto", "auto"]


def test_a_decision_finds_its_bead_after_offsets_and_ids_changed() -> None:
    moved = [bead(7, "Alone.", "Not  alone.", shift=13)]
    decided = decide(moved, [decision("1", "accept", BEADS[2]), decision("2", "accept", BEADS[0])])
    assert [decided.status(one) for one in decided.beads] == ["accepted"]
    assert [(orphan.decision.time, orphan.reason) for orphan in decided.orphans] == [("2", "no bead has this text of 'd0': “They met.”")]


def test_the_log_is_read_and_a_bad_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    assert read_decisions(path) == []
    span = {"document": "d0", "start": 0, "end": 4, "text_hash": text_hash("Text")}
    good = {"time": "2026-01-01T00:00:00Z", "reviewer": "r", "action": "accept", "target": [span], "payload": {}}
    path.write_text(json.dumps(good) + "\n\n", encoding="utf-8")
    assert read_decisions(path)[0].action == "accept"
    path.write_text(json.dumps(good) + "\n" + json.dumps(good | {"action": "explode"}) + "\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_decisions(path)
    assert caught.value.place == f"{path}:2"
    assert "explode" in str(caught.value)
