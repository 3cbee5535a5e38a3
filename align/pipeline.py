"""The stages in order: read, segment, embed, link, decide, backtranslate, score, diverge, write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from . import backtranslate, config, decide, diverge, embed, link, pairs, read, scorers, segment, write
from .corpus import Score, Segment, Verdict
from .steps import Progress, StepReport, Steps, so_far
from .store import Cache, file_digest

STAGES = ("read", "segment", "embed", "link", "decide", "backtranslate", "score", "diverge", "write")


@dataclass(frozen=True, slots=True)
class Parts:
    """What the stages gave; each is read from disk when it is first asked for."""

    reading: Callable[[], read.Reading]
    segments: Callable[[], list[Segment]]
    vectors: embed.Vectors
    linked: Callable[[], link.Linked]
    decided: Callable[[], decide.Decided]
    translated: Callable[[], backtranslate.BackTranslated]
    scores: Callable[[], list[tuple[Score, ...]]]
    verdicts: Callable[[], list[Verdict]]


@dataclass(frozen=True, slots=True)
class Result:
    """What a run did: where it wrote, its files, the summary (also in `summary.json`), how each stage went, and what the stages gave."""

    out: Path
    files: tuple[Path, ...]
    summary: dict[str, Any]
    run: dict[str, Any]
    reports: tuple[StepReport, ...]
    parts: Parts


def run(
    configuration: config.Configuration,
    *,
    out: Path | None = None,
    start: str = "",
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Result:
    """Run every stage that is not up to date. `out` redirects everything; `start` runs again from a stage on.

    Raises AlignError for what the user can mend. A stage that fails leaves what earlier stages made.
    """
    if out is not None:
        configuration = replace(configuration, out=out, tmx=out / "tmx")
    step = Steps(configuration.out / ".stages", STAGES, start=start, dry_run=dry_run, progress=progress)
    show = step.progress
    entries, base = configuration.documents, configuration.base
    log = decide.read_log(configuration.decisions)
    decisions = log.decisions

    reading = step("read", read.Reading, lambda: read.read(entries), entries, [file_digest(entry.path) for entry in entries])
    segments = step("segment", list[Segment], lambda: segment.segment(reading().documents), segment.signature())
    vectors = embed.open_vectors(configuration.encoder, {entry.language for entry in entries}, Cache("vectors"))
    step("embed", int, lambda: embed.embed(segments(), vectors, show.counting(len(segments()))), vectors.signature)
    linked = step(
        "link",
        link.Linked,
        lambda: link.link(reading().documents, segments(), vectors, configuration.mode, base, decisions=decide.rounds(decisions)),
        configuration.mode,
        base,
        decide.rounds(decisions),
    )
    # What is compared depends on the decisions that change beads only: an accepted row is not scored again.
    decided = step(
        "decide",
        decide.Decided,
        lambda: decide.over(linked(), decisions, reading().documents, segments()),
        decide.structural(decisions),
        aside=decisions,
    )
    translated = step(
        "backtranslate",
        backtranslate.BackTranslated,
        lambda: backtranslate.backtranslate(
            pairs.pairs(decided().beads, reading().documents, linked().mode, base),
            configuration.original_language,
            configuration.backtranslate,
            Cache("translations"),
            so_far(show),
        ),
        configuration.original_language,
        configuration.backtranslate,
        backtranslate.signature(configuration.backtranslate),
    )
    scores = step("score", list[tuple[Score, ...]], lambda: scorers.score(translated().pairs, vectors, show.counting(len(translated().pairs))))
    verdicts = step("diverge", list[Verdict], lambda: diverge.diverge(translated().pairs, scores(), vectors), diverge.signature())
    written = step(
        "write",
        write.Written,
        lambda: write.write(
            configuration,
            reading(),
            segments(),
            linked(),
            decided(),
            translated(),
            scores(),
            verdicts(),
            vectors.signature,
            (*vectors.doubts, *log.warnings),
            decisions,
        ),
        *write.settings(configuration),
        log,
        intact=write.intact,
    )
    parts = Parts(reading, segments, vectors, linked, decided, translated, scores, verdicts)
    if dry_run:
        return Result(configuration.out, (), {}, {}, tuple(step.reports), parts)
    config.remember(configuration)
    run_record = write.write_run(configuration, written(), step.reports)
    return Result(configuration.out, tuple(Path(name) for name, _ in written().files), written().summary, run_record, tuple(step.reports), parts)
