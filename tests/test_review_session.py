"""A review session: nothing acknowledged is lost, everybody's decisions are seen, and what it shows is what a full run writes."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from review_corpora import alike, bead_target, decision, opened, row_target, write_bitext, write_renditions

from align import pipeline
from align.config import from_arguments
from align.corpus import Bead
from align.decide import read_decisions, read_log, text_hash
from align.errors import InputError, OutputError
from align.review.session import RefusedError, Session
from align.store import read_lines
from align.tmx import read_tmx

KINDS_OF_CORPUS = {"bitext": write_bitext, "renditions": write_renditions}


def texts(bead: Bead | dict[str, Any]) -> list[str]:
    members = bead["members"] if isinstance(bead, dict) else [{"text": member.text} for member in bead.members]
    return [member["text"] for member in members]


def rows_with(session: Session, text: str) -> list[dict[str, Any]]:
    return [row for row in session.state()["rows"] if text in row["text_a"] + row["text_b"]]


def bead_with(session: Session, text: str) -> Bead:
    return next(bead for bead in session.state()["beads"] if any(text in member.text for member in bead.members))


def log_of(session: Session) -> Path:
    assert session.configuration.decisions is not None
    return session.configuration.decisions


def test_a_decision_is_on_the_disk_when_it_is_acknowledged(place: Path) -> None:
    session = opened()
    (row, *_) = rows_with(session, "Hamburg")
    answer = session.decide([decision("accept", row_target(row)), decision("regrade", row_target(row), grade=3)])
    assert answer["sequence"] == 2
    assert [one["number"] for one in answer["decisions"]] == [1, 2]
    assert answer["removed"] == []
    assert [bead["id"] for bead in answer["beads"]] == [row["bead"]]
    changed = next(one for one in answer["rows"] if one["text_b"] == row["text_b"])
    assert (changed["status"], changed["grade"], changed["grade_auto"], changed["reviewer"]) == ("accepted", 3, row["grade"], "anna")
    lines = read_lines(log_of(session))
    assert [(line["schema"], line["reviewer"], line["action"]) for line in lines] == [(1, "anna", "accept"), (1, "anna", "regrade")]
    assert lines[0]["target"][0]["text"] in (row["text_a"], row["text_b"]), "the log can be read by people"
    assert lines[0]["time"] < lines[1]["time"]


@pytest.mark.parametrize("name", ["bitext", "renditions"])
def test_two_sessions_on_one_log_see_each_other(place: Path, name: str) -> None:
    first, second = opened(name), opened(name, "bob")
    (row, *_) = rows_with(first, "Hamburg")
    first.decide([decision("accept", row_target(row))])
    seen = second.since(0)
    assert [one["reviewer"] for one in seen["decisions"]] == ["anna"]
    assert {one["status"] for one in seen["rows"] if row_target(one) == row_target(row)} == {"accepted"}
    assert second.since(1)["rows"] == [] and second.since(1)["sequence"] == 1
    second.decide([decision("reject", row_target(row))])
    seen = first.since(1)
    assert {(one["status"], one["reviewer"]) for one in seen["rows"] if row_target(one) == row_target(row)} == {("rejected", "bob")}
    assert first.state()["rows"] == second.state()["rows"]


def test_a_decision_on_what_somebody_else_has_changed_is_refused_and_not_written(place: Path) -> None:
    first, second = opened(), opened(reviewer="bob")
    one, other = bead_with(first, "Hamburg"), bead_with(first, "35 diplomats")
    second.decide([decision("merge", bead_target(one, other))])
    before = log_of(first).read_bytes()
    with pytest.raises(RefusedError, match=r"unlink: its texts are there, but no bead has just these members|unlink: no bead has this text"):
        first.decide([decision("unlink", bead_target(one), member=bead_target(one)[0])])
    assert log_of(first).read_bytes() == before
    assert first.state()["beads"] == second.state()["beads"]


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        ({"action": "explode", "target": []}, "unknown action"),
        ({"action": "accept", "target": []}, "needs a target"),
        ({"action": "undo", "target": [], "payload": {"time": "2000-01-01", "reviewer": "x"}}, "no decision before it"),
        ({"action": "accept", "target": [{"document": "news.en", "start": 0, "end": 3, "text_hash": "0"}]}, "no bead has this text"),
    ],
)
def test_all_or_none(place: Path, bad: dict[str, Any], complaint: str) -> None:
    session = opened()
    (row, *_) = rows_with(session, "Hamburg")
    before = session.state()
    with pytest.raises(RefusedError, match=complaint):
        session.decide([decision("accept", row_target(row)), bad])
    assert not log_of(session).exists() or log_of(session).read_bytes() == b""
    after = session.state()
    assert (after["rows"], after["beads"], after["sequence"]) == (before["rows"], before["beads"], 0)


def test_undo_and_redo_without_limit(place: Path) -> None:
    session = opened()
    start = session.state()
    names = []
    for text, action in (("Hamburg", "accept"), ("Minsk", "reject")):
        (row, *_) = rows_with(session, text)
        names.append(session.decide([decision(action, row_target(row))])["decisions"][0])
    merged = session.decide([decision("merge", bead_target(bead_with(session, "Hamburg"), bead_with(session, "Minsk")))])
    assert sorted(merged["removed"]) == sorted({bead_with_id(start, "Hamburg"), bead_with_id(start, "Minsk")})
    names.append(merged["decisions"][0])
    end = session.state()
    for one in reversed(names):
        session.decide([decision("undo", [], time=one["time"], reviewer=one["reviewer"])])
    now = session.state()
    assert (now["rows"], now["beads"]) == (start["rows"], start["beads"])
    for one in names:
        session.decide([decision("redo", [], time=one["time"], reviewer=one["reviewer"])])
    now = session.state()
    assert (now["rows"], now["beads"]) == (end["rows"], end["beads"])
    assert session.since(0)["sequence"] == 9


def bead_with_id(state: dict[str, Any], text: str) -> str:
    return next(str(bead.id) for bead in state["beads"] if any(text in member.text for member in bead.members))


def test_the_session_shows_what_a_full_run_writes(place: Path) -> None:
    """Back-translation, scores, verdicts and ids of what was changed by hand, against the pipeline's own."""
    toml = place / "renditions" / "align.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace('engine = "none"', 'engine = "argos"'), encoding="utf-8")
    session = opened("renditions")
    state = session.state()
    assert all(row["backtranslation_a"] and row["backtranslation_b"] for row in state["rows"])
    unit = bead_with(session, "Hamburg")
    free = next(segment for segment in state["segments"] if "weather" in segment.text)
    span = {"document": free.document, "start": free.start, "end": free.end}
    member = span | {"text_hash": text_hash(free.text)}
    answer = session.decide([decision("link", bead_target(unit), member=member)])
    new = [row for row in answer["rows"] if "weather" in row["text_a"] + row["text_b"]]
    assert new and all(row["backtranslation_b"] and row["chrf"] is not None and row["divergence"] > 0.3 for row in new)
    other = bead_with(session, "Sanctions were not discussed")
    session.decide([decision("split", bead_target(other), parts=[bead_target(other)[:1], bead_target(other)[1:]])])
    (row, *_) = rows_with(session, "weather")
    session.decide([decision("regrade", row_target(row), grade=3), decision("comment", row_target(row), text="not at all")])
    session.export()
    assert alike(read_lines(session.out / "divergence.jsonl"), json.loads(json.dumps(session.state()["rows"])))
    fresh = opened("renditions")
    assert alike(fresh.state()["rows"], session.state()["rows"])
    assert fresh.state()["beads"] == session.state()["beads"]
    written = read_lines(session.out / "beads.jsonl")
    assert [bead["id"] for bead in written] == [bead.id for bead in session.state()["beads"]]
    assert {bead["id"]: bead["origin"] for bead in written}["h1"] == "human"


def test_everything_downstream_follows(place: Path) -> None:
    session = opened()
    hamburg, minsk, fact = (bead_with(session, text) for text in ("Hamburg", "Minsk", "single fact"))
    assert [len(bead.members) for bead in (hamburg, minsk, fact)] == [3, 3, 3]
    diplomats, zones = bead_with(session, "diplomats"), bead_with(session, "zones")
    session.decide(
        [
            decision("accept", bead_target(hamburg)),
            decision("reject", bead_target(minsk)),
            decision("merge", bead_target(diplomats, fact)),
            decision("comment", bead_target(hamburg), text="=1+1"),
            decision("kinds", row_target(next(row for row in rows_with(session, "zones") if row["bead"] == zones.id)), kinds=["register"]),
        ]
    )
    assert not session.state()["orphans"]
    session.export()
    rows = read_lines(session.out / "divergence.jsonl")
    assert {row["status"] for row in rows if row["bead"] == hamburg.id} == {"accepted"}
    assert {row["comment"] for row in rows if row["bead"] == hamburg.id} == {"=1+1"}
    assert next(row["kinds"] for row in rows if row["bead"] == zones.id) == ["register"]
    beads = {bead["id"]: bead for bead in read_lines(session.out / "beads.jsonl")}
    assert (beads[hamburg.id]["status"], beads[minsk.id]["status"], beads["h3"]["origin"]) == ("accepted", "rejected", "human")
    levels = {unit.variants[0].text: unit.property("x-ConfirmationLevel") for unit in read_tmx(session.out / "tmx" / "news.tmx")}
    assert not any("Minsk" in text for text in levels)
    assert levels["The presidents will meet in Hamburg in July."] == "Translated"
    assert levels["He said that 35 diplomats had been expelled. Nobody has presented a single fact so far."] == "Translated"
    assert levels["The ministers met in Washington on Wednesday."] == "Draft"
    summary = json.loads((session.out / "summary.json").read_text(encoding="utf-8"))
    assert summary["review"]["rows"]["accepted"] == 3 and summary["review"]["rows"]["rejected"] == 3
    assert sum(summary["grades"].values()) == summary["rows"] - 3, "rejected rows diverge in nothing"
    assert summary["review"]["beads_by_hand"] == 1 and summary["review"]["reviewers"] == ["anna"]
    assert not any("Minsk" in row["text_a"] for row in summary["most_divergent"])


def test_what_was_linked_by_hand_is_no_longer_listed_as_alone(place: Path) -> None:
    session = opened("renditions")
    (alone,) = (line for line in read_lines(session.out / "unlinked.jsonl") if "Trade" in line["text"])
    span = {"document": alone["document_id"], "start": alone["start"], "end": alone["end"], "text_hash": text_hash(alone["text"])}
    other = next(segment for segment in session.segments if "weather" in segment.text)
    session.decide([decision("link", [span], member={"document": other.document, "start": other.start, "end": other.end, "text_hash": text_hash(other.text)})])
    session.export()
    assert not any("Trade" in line["text"] for line in read_lines(session.out / "unlinked.jsonl"))
    (made,) = (bead for bead in read_lines(session.out / "beads.jsonl") if bead["origin"] == "human")
    assert texts(made) == [alone["text"], other.text]
    assert [member["speaker"] for member in made["members"]] == ["Lavrov", ""], "who speaks is told as the program would tell it"
    assert json.loads((session.out / "summary.json").read_text(encoding="utf-8"))["unlinked"] == len(read_lines(session.out / "unlinked.jsonl"))


def test_a_status_is_not_scored_again_and_a_run_without_news_keeps_everything(place: Path) -> None:
    session = opened()
    session.decide([decision("accept", bead_target(bead_with(session, "Hamburg")))])
    session.export()
    states = {stage["stage"]: stage["state"] for stage in json.loads((session.out / "run.json").read_text(encoding="utf-8"))["stages"]}
    assert [states[name] for name in ("link", "decide", "backtranslate", "score", "diverge", "write")] == ["kept", "ran", "kept", "kept", "kept", "ran"]
    written = (session.out / "run.json").stat().st_mtime_ns
    session.export()
    assert (session.out / "run.json").stat().st_mtime_ns == written


def test_orphans_are_listed_and_come_back(place: Path) -> None:
    session = opened()
    session.decide([decision("accept", bead_target(bead_with(session, "Hamburg"))), decision("accept", bead_target(bead_with(session, "Minsk")))])
    source = place / "bitext" / "news.gb.txt"
    text = source.read_text(encoding="utf-8")
    source.write_text("A new first sentence stands here.\n" + text.replace("In July the presidents", "In June the presidents"), encoding="utf-8")
    again = opened()
    assert [(one["time"], one["reason"]) for one in again.state()["orphans"]] == [
        (session.state()["decisions"][0]["time"], "no bead has this text of 'news.gb': “In July the presidents will meet in Hamburg.”")
    ]
    assert {row["status"] for row in rows_with(again, "Minsk")} == {"accepted"}, "offsets have shifted"
    run = json.loads((again.out / "run.json").read_text(encoding="utf-8"))
    assert run["orphaned_decisions"] == 1 and "In July" in json.dumps(run["orphans"])
    assert any("1 decision finds no target" in warning for warning in run["warnings"])
    source.write_text(text, encoding="utf-8")
    assert not opened().state()["orphans"]


@pytest.mark.parametrize("name", ["bitext", "renditions"])
def test_the_rest_is_linked_again_around_what_was_accepted(place: Path, name: str) -> None:
    session = opened(name)
    accepted, rejected, doubted = bead_with(session, "Hamburg"), bead_with(session, "single fact"), bead_with(session, "zones")
    session.decide(
        [
            decision("accept", bead_target(accepted)),
            decision("reject", bead_target(rejected)),
            decision("needs-review", bead_target(doubted)),
            decision("comment", bead_target(doubted), text="look"),
        ]
    )
    pairs = {frozenset(texts(bead)) for bead in session.state()["beads"]}
    answer = session.decide([decision("realign", [])])
    beads = session.state()["beads"]
    assert accepted in beads
    if name == "bitext":
        assert not any({*texts(bead)} == {*texts(rejected)} for bead in beads), "what was rejected is not put together again"
        held = sorted((member.document, index) for bead in beads for member in bead.members for index in member.segments)
        assert held == sorted((document, index) for document in ("news.en", "news.gb", "news.pt") for index in range(7))
        assert rejected.id in answer["removed"]
    else:
        others = [bead for bead in beads if bead.id != rejected.id]
        assert not any(len({text for text in texts(bead) if "single fact" in text}) > 1 for bead in others)
    assert doubted in beads and session.state()["reviews"][doubted.id] == {"status": "needs review", "comment": "look"}
    assert {frozenset(texts(bead)) for bead in beads} - pairs or name == "renditions"
    session.export()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("align.review.state.Rounds", None)
        fresh = opened(name)
    assert fresh.state()["beads"] == beads and alike(fresh.state()["rows"], session.state()["rows"]), "and without linking again"
    session.export()
    states = {stage["state"] for stage in json.loads((session.out / "run.json").read_text(encoding="utf-8"))["stages"] if stage["stage"] == "link"}
    assert states == {"ran"}, "the second export found nothing to do and left the record of the first"
    realign = session.state()["decisions"][-1]
    session.decide([decision("undo", [], time=realign["time"], reviewer=realign["reviewer"])])
    assert {frozenset(texts(bead)) for bead in session.state()["beads"]} == pairs


def test_of_a_rejected_bead_the_reviewer_is_offered_the_second_choice(place: Path) -> None:
    """A sentence stands in two halves: both, then the longer one, then what is left; what was rejected once is never offered again."""
    corpus = write_bitext(place / "halves")
    text = (corpus / "news.gb.txt").read_text(encoding="utf-8")
    (corpus / "news.gb.txt").write_text(
        text.replace("So far nobody has presented one single fact.", "Nobody has presented\none single fact so far."), encoding="utf-8"
    )
    session = Session.open(corpus, "anna")
    offered: list[set[int]] = []
    for _ in range(3):
        bead = bead_with(session, "a single fact")
        british = [index for member in bead.members if member.document == "news.gb" for index in member.segments]
        offered.append(set(british))
        session.decide([decision("reject", row_target(row)) for row in rows_with(session, "a single fact") if "British" in (row["outlet_a"], row["outlet_b"])])
        session.decide([decision("realign", [])])
        held = sorted((member.document, index) for one in session.state()["beads"] for member in one.members for index in member.segments)
        assert held == [(name, index) for name, many in (("news.en", 7), ("news.gb", 8), ("news.pt", 7)) for index in range(many)]
    assert offered[:2] == [{5, 6}, {6}] and not offered[2] & {6}
    state = session.state()["beads"]
    session.export()
    assert Session.open(corpus, "anna").state()["beads"] == state


def test_candidates_are_the_likely_partners_best_first(place: Path) -> None:
    session = opened("renditions")
    first = next(segment for segment in session.state()["segments"] if "Both sides" in segment.text)
    found = session.candidates(first.document, first.start, first.end)
    assert "zones of de-escalation" in found[0]["text"]
    assert found[0]["outlet"] == "Third" and found[0]["similarity"] > 0.5
    assert found[0]["linked"] == (found[0]["text"] in texts(bead_with(session, "Both sides")))
    assert {one["document_id"] for one in found} == {"second", "third"}
    assert all(one["text"] == session.documents[[d.id for d in session.documents].index(one["document_id"])].text[one["start"] : one["end"]] for one in found)
    for wrong in (("nowhere", 0, 5), (first.document, 5, 5), (first.document, 0, 10**9), (first.document, -5, 3)):
        with pytest.raises(InputError):
            session.candidates(*wrong)


def test_a_full_disk_loses_nothing_and_says_so(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = opened()
    (row, *_) = rows_with(session, "Hamburg")
    session.decide([decision("accept", row_target(row))])
    before, state = log_of(session).read_bytes(), session.state()

    def full(file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OutputError, match="No space left"):
            session.decide([decision("reject", row_target(row))])
    assert log_of(session).read_bytes() == before
    assert session.state()["rows"] == state["rows"]
    assert session.decide([decision("reject", row_target(row))])["sequence"] == 2


def test_many_threads_at_once(place: Path) -> None:
    session = opened()
    rows = session.state()["rows"]

    def work(number: int) -> int:
        row = rows[number % len(rows)]
        return int(session.decide([decision("comment", row_target(row), text=f"{number}")])["sequence"])

    with ThreadPoolExecutor(8) as pool:
        sequences = list(pool.map(work, range(40)))
    assert sorted(sequences) == list(range(1, 41))
    times = [one.time for one in read_decisions(log_of(session))]
    assert times == sorted(set(times))


@settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_sequence_leaves_the_session_as_a_new_one_would_be(place: Path, data: st.DataObject) -> None:
    log_of(session := opened()).unlink(missing_ok=True)
    session = opened()
    made: list[dict[str, Any]] = []
    for number in range(data.draw(st.integers(3, 8))):
        state = session.state()
        beads = list(state["beads"])
        bead, other = data.draw(st.sampled_from(beads)), data.draw(st.sampled_from(beads))
        target = bead_target(bead)
        action = data.draw(st.sampled_from(["accept", "reject", "comment", "merge", "unlink", "split", "undo", "redo"]))
        record = {
            "comment": decision("comment", target, text=f"{number}"),
            "merge": decision("merge", bead_target(bead, other) if bead != other else target),
            "unlink": decision("unlink", target, member=data.draw(st.sampled_from(target))),
            "split": decision("split", target, parts=[target[:1], target[1:] or target]),
        }.get(action, decision(action, target))
        if action in ("undo", "redo"):
            name = data.draw(st.sampled_from(made)) if made else {"time": "never", "reviewer": "anna"}
            record = decision(action, [], time=name["time"], reviewer=name["reviewer"])
        try:
            answer = session.decide([record])
        except RefusedError:
            assert session.state()["rows"] == state["rows"] and session.state()["beads"] == state["beads"]
            continue
        if action not in ("undo", "redo"):
            made += answer["decisions"]
        kept = {row["bead"]: row for row in state["rows"]}
        for name in answer["removed"]:
            assert name not in {bead.id for bead in session.state()["beads"]}
            kept.pop(name, None)
        told = {bead["id"] for bead in answer["beads"]}
        untouched = [row for row in session.state()["rows"] if row["bead"] not in told]
        assert all(row in state["rows"] for row in untouched), "what changed was told"
    fresh = opened()
    for part in ("rows", "beads", "reviews", "decisions", "orphans", "summary"):
        assert alike(fresh.state()[part], session.state()[part]), part


def test_a_session_that_cannot_tell_what_changed_says_so(place: Path) -> None:
    first = opened()
    first.decide([decision("accept", bead_target(bead_with(first, "Hamburg")))])
    second = opened()
    assert second.since(0)["reload"] and not second.since(1)["reload"] and second.since(7)["reload"]
    assert not first.since(0)["reload"]
    log_of(first).write_bytes(b"")
    assert first.since(1)["reload"]
    assert not any(row["status"] for row in first.state()["rows"])


def test_what_cannot_be_scored_is_not_written(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = opened()
    one, other = bead_with(session, "Hamburg"), bead_with(session, "35 diplomats")
    before = session.state()

    def fail(*given: Any, **options: Any) -> Any:
        raise InputError("the model is damaged")

    with monkeypatch.context() as patch:
        patch.setattr("align.scorers.score", fail)
        with pytest.raises(InputError, match="the model is damaged"):
            session.decide([decision("merge", bead_target(one, other))])
        assert session.state()["rows"] == before["rows"] and session.sequence == 0
    assert session.decide([decision("merge", bead_target(one, other))])["rows"]


ACKNOWLEDGE = """
import sys
from pathlib import Path
from align.review.session import Session
sys.path.insert(0, sys.argv[1])
from review_corpora import decision, row_target
session = Session.open(Path("bitext"), sys.argv[2])
rows = session.state()["rows"]
print("ready", flush=True)
for number in range(int(sys.argv[3])):
    answer = session.decide([decision("comment", row_target(rows[number % len(rows)]), text=f"{sys.argv[2]} {number} " + "x" * 3000)])
    print(answer["decisions"][0]["time"], flush=True)
"""


def start(name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", ACKNOWLEDGE, str(Path(__file__).parent), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_a_killed_process_loses_nothing_that_it_acknowledged(place: Path) -> None:
    process = start("anna", 100_000)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    acknowledged = [process.stdout.readline().strip() for _ in range(25)]
    process.send_signal(signal.SIGKILL)
    acknowledged += [line.strip() for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    process.wait()
    log = read_log(place / "bitext" / "decisions.jsonl")
    assert set(acknowledged) <= {one.time for one in log.decisions}
    assert len(log.decisions) <= len(acknowledged) + 1
    session = opened(reviewer="bob")
    assert session.sequence == len(log.decisions)
    assert session.decide([decision("accept", bead_target(bead_with(session, "Hamburg")))])["sequence"] == len(log.decisions) + 1


def test_two_processes_at_once_write_whole_lines(place: Path) -> None:
    processes = [start(name, 60) for name in ("anna", "bob")]
    said = [process.communicate(timeout=120)[0].splitlines() for process in processes]
    assert [len(lines) for lines in said] == [61, 61]
    decisions = read_decisions(place / "bitext" / "decisions.jsonl")
    assert len(decisions) == 120
    times = [one.time for one in decisions]
    assert times == sorted(set(times))
    for name, lines in zip(("anna", "bob"), said, strict=True):
        assert [one.time for one in decisions if one.reviewer == name] == lines[1:]
    assert not opened().state()["orphans"]


def test_a_folder_that_a_run_wrote_can_be_reviewed_wherever_it_lies(place: Path) -> None:
    pipeline.run(from_arguments(["bitext/news.en.txt:en:A", "bitext/news.gb.txt:en-GB:B"], Path("result")))
    session = opened("result")
    session.decide([decision("accept", bead_target(bead_with(session, "Hamburg")))])
    assert (place / "result" / "decisions.jsonl").exists()
    (place / "result").rename(place / "moved")
    assert {row["status"] for row in rows_with(opened("moved"), "Hamburg")} == {"accepted"}
    with pytest.raises(InputError, match="there is no corpus here"):
        opened(str(place))
    (place / "moved" / ".stages" / "configuration.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="no run wrote this folder"):
        opened("moved")
