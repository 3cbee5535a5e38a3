"""`align run`: the whole pipeline, with progress and a closing summary."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import UsageError
from .console import EXIT_THRESHOLD, Bars, JsonOption, console, print_json, warn

if TYPE_CHECKING:
    from ..config import Configuration
    from ..pipeline import Result

WHERE = "A corpus (folder with align.toml; default: this folder), or documents as FILE:LANGUAGE or FILE:LANGUAGE:OUTLET."


def configuration_of(arguments: list[str], out: Path | None) -> Configuration:
    """A corpus folder, or documents given one by one."""
    from ..config import from_arguments, read_configuration

    if not arguments:
        return read_configuration(Path())
    if len(arguments) == 1 and (Path(arguments[0]).exists() or not re.search(r":[A-Za-z]{2,3}\b", arguments[0])):
        if Path(arguments[0]).is_file() and Path(arguments[0]).suffix != ".toml":
            raise UsageError(f"{arguments[0]!r} does not say in which language it is", hint=f"write {arguments[0]}:en, and name one more document")
        return read_configuration(Path(arguments[0]))
    return from_arguments(arguments, out or Path("align-out"))


def add_to(app: typer.Typer) -> None:
    @app.command(epilog="Examples: align run corpora/lavrov-2017-05-10 · align run memri.txt:en:MEMRI sputnik.txt:en:Sputnik --out result")
    def run(
        corpus: Annotated[list[str] | None, typer.Argument(help=WHERE, metavar="CORPUS | FILE:LANGUAGE[:OUTLET]")] = None,
        out: Annotated[Path | None, typer.Option(help="Write everything here, the memories into DIR/tmx.", metavar="DIR")] = None,
        start: Annotated[str, typer.Option("--from", help="Run again from this stage on.", metavar="STAGE")] = "",
        force: Annotated[bool, typer.Option("--force", help="Run every stage again.")] = False,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would run, and write nothing.")] = False,
        fail_on: Annotated[float | None, typer.Option(help="Exit with 3 when a divergence is above this.", min=0, max=1, metavar="X")] = None,
        json: JsonOption = False,
    ) -> None:
        """Align, back-translate, score and export a corpus or some documents."""
        from .. import pipeline

        configuration = configuration_of(corpus or [], out)
        bars = Bars(quiet=json)
        try:
            result = pipeline.run(configuration, out=out, start="read" if force else start, dry_run=dry_run, progress=bars)
        finally:
            bars.close()
        if dry_run:
            if json:
                print_json({"stages": [{"stage": report.name, "state": report.state} for report in result.reports]})
            return
        warn(result.run["warnings"])
        if json:
            print_json({"out": str(result.out), "files": [str(path) for path in result.files], **result.summary})
        else:
            _show(result)
        above = _above(result, fail_on)
        if above:
            warn([f"{above} rows diverge by more than {fail_on}"])
            raise typer.Exit(EXIT_THRESHOLD)


def _above(result: Result, threshold: float | None) -> int:
    if threshold is None:
        return 0
    from ..store import read_lines

    return sum(row["divergence"] > threshold and row["status"] != "rejected" for row in read_lines(result.out / "divergence.jsonl"))


def _show(result: Result) -> None:
    """The closing summary: what was found, the worst of it, where the files are."""
    from ..store import read_lines
    from ..tables import worst_rows

    out, summary = console(), result.summary
    rows = read_lines(result.out / "divergence.jsonl")
    out.print()
    what = "beads" if summary["mode"] == "bitext" else "units"
    gaps = f", {summary['gaps']} gaps" if summary["gaps"] else ""
    counts = f"{len(summary['documents'])} documents, {summary['segments']} segments, {summary['beads']} {what}{gaps}, {summary['rows']} rows compared"
    out.print(f"[bold]{summary['name']}[/]: {counts}")
    out.print(f"  {result.run['mode']['reason']}", markup=False)
    out.print("  grades: " + ", ".join(f"{count} x {name}" for name, count in zip(GRADES, summary["grades"].values(), strict=True)))
    if said := _review_line(summary["review"]):
        out.print(f"  review: {said}", markup=False)
    for line in _engine_lines(result.run["backtranslation"]):
        out.print(f"  {line}", markup=False)
    if rows:
        out.print()
        # Between outlets, each two texts once, and where the link itself is likely: a wrong link diverges most of all.
        telling = {
            (row["text_a"], row["text_b"]): row
            for row in rows
            if row["status"] != "rejected" and row["outlet_a"] != row["outlet_b"] and row["alignment_score"] >= 0.5
        }
        out.print(worst_rows(list(telling.values()), 5, out.width, "pairs between outlets with a likely link") if telling else worst_rows(rows, 5, out.width))
    else:
        out.print("  no statement stands in two of the documents, so there is nothing to compare")
    out.print()
    out.print(f"  report   {result.out / 'report.html'}", markup=False, soft_wrap=True)
    out.print(f"  tables   {result.out / 'divergence.xlsx'} (and .csv, .jsonl)", markup=False, soft_wrap=True)
    memories = [path for path in result.files if path.suffix == ".tmx"]
    if memories:
        more = f" and {len(memories) - 1} more beside it" if len(memories) > 1 else ""
        out.print(f"  memory   {os.path.normpath(memories[0])}{more}", markup=False, soft_wrap=True)


def _review_line(review: dict[str, Any]) -> str:
    """How far the review is; nothing before it began."""
    rows = review["rows"]
    counts = {**rows, "regraded": review["regraded"], "made by hand": review["beads_by_hand"], "decisions without a target": review["orphaned_decisions"]}
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count) if len([count for count in counts.values() if count]) > 1 else ""


GRADES = ("same meaning", "nuance", "part differs", "another claim")


def _engine_lines(summary: dict[str, Any]) -> list[str]:
    return [str(line) for line in summary.get("lines", [])]
