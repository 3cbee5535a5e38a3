"""`align batch`: many document pairs, on this machine or on a cluster."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import UsageError
from . import match
from .console import EXIT_FAILED, JsonOption, console, print_json, warn

if TYPE_CHECKING:
    from ..batch.driver import Result
    from ..batch.progress import State

PLAIN_EVERY = 30.0  # seconds between two lines where there is no terminal


def add_to(app: typer.Typer) -> None:
    batch_app = typer.Typer(
        no_args_is_help=True, help="Many document pairs: on this machine or on a Ray cluster.", epilog="Example: align batch run pairs.tsv --out archive"
    )
    app.add_typer(batch_app, name="batch")
    _add_run(batch_app)
    _add_status(batch_app)
    match.add_to(batch_app)


def _add_run(batch_app: typer.Typer) -> None:
    @batch_app.command(epilog="Examples: align batch run pairs.tsv --out archive · align batch run texts --pattern '{id}.{language}.txt' --out archive")
    def run(
        manifest: Annotated[Path, typer.Argument(help="TSV, JSONL or Parquet with id, source, target, source_language, target_language; or a folder.")],
        out: Annotated[Path, typer.Option(help="Write everything here; run again, it goes on from there.", metavar="DIR")],
        pattern: Annotated[str, typer.Option(help="How the files of a folder are named: '{id}.{language}.txt'.", metavar="PATTERN")] = "",
        source_language: Annotated[str, typer.Option(help="For a folder: the source language.", metavar="TAG")] = "",
        target_language: Annotated[str, typer.Option(help="For a folder: the target language; default: each other one.", metavar="TAG")] = "",
        engine: Annotated[str, typer.Option(help="local (processes) or ray (a cluster).", metavar="NAME")] = "local",
        address: Annotated[str, typer.Option(help="The Ray cluster, such as auto or HOST:6379; default: one started here.", metavar="A")] = "",
        workers: Annotated[int | None, typer.Option(help="How many at once; default: one a core.", min=1, metavar="N")] = None,
        backtranslate: Annotated[bool, typer.Option("--backtranslate", help="Hold each side against an offline back-translation too (slower).")] = False,
        mode: Annotated[str, typer.Option(help="bitext (in order), renditions (any order) or auto.", metavar="MODE")] = "auto",
        encoder: Annotated[str, typer.Option(help="use, e5, labse, bge-m3, hash or auto.", metavar="NAME")] = "auto",
        max_segments: Annotated[int, typer.Option(help="A longer document is cut at safe anchors.", min=100, metavar="N")] = 10_000,
        part_pairs: Annotated[int, typer.Option(help="Pairs of a Parquet part.", min=1, metavar="N")] = 200,
        force: Annotated[bool, typer.Option("--force", help="Do everything again.")] = False,
        json: JsonOption = False,
    ) -> None:
        """Align, score and export the pairs of a manifest. Exit code 1 when a pair failed; `failed.jsonl` says why."""
        from ..backtranslate import Settings as BacktranslateSettings
        from ..batch import Settings, driver
        from ..config import MODES

        if mode not in MODES:
            raise UsageError(f"--mode: {mode!r} is not one of {', '.join(MODES)}")
        settings = Settings(mode, encoder, BacktranslateSettings(engine="auto" if backtranslate else "none", threads=1), max_segments)
        show = _Show(quiet=json)
        try:
            result = driver.run(
                manifest, out, engine=engine, address=address, workers=workers or 0, settings=settings, part_pairs=part_pairs, pattern=pattern,
                source_language=source_language, target_language=target_language, force=force, watch=show,
            )  # fmt: skip
        finally:
            show.close()
        warn(result.notes)
        if json:
            print_json({"out": str(result.out), **result.summary})
        else:
            _say(result)
        if result.failed:
            warn([f"{result.failed} pairs failed: {result.out / 'failed.jsonl'} says why"])
            raise typer.Exit(EXIT_FAILED)


def _add_status(batch_app: typer.Typer) -> None:
    @batch_app.command(epilog="Example: align batch status archive")
    def status(
        folder: Annotated[Path, typer.Argument(help="The folder that `align batch run --out` was given.", metavar="DIR")],
        json: JsonOption = False,
    ) -> None:
        """How far a run is, from another terminal or afterwards."""
        from ..batch import status as look

        state = look(folder)
        if json:
            print_json(asdict(state))
            return
        out = console()
        words = {"gone": "gone: its process is no longer there; the same command goes on from where it was", "stopped": f"stopped: {state.message}"}
        for name, value in (
            ("state", words.get(state.state, state.state)),
            ("progress", _counts(state)),
            ("segments", f"{state.segments:,} in this run, {state.segments_a_second:,.0f} a second"),
            ("time", _times(state)),
            ("engine", f"{state.engine}, {state.workers} workers" + (f", {state.lost_workers} lost and replaced" if state.lost_workers else "")),
            ("process", f"{state.process} on {state.host}, last heard of {state.updated}"),
        ):
            out.print(f"{name:<10}{value}", markup=False, soft_wrap=True)


def _counts(state: State) -> str:
    kept = f" ({state.kept:,} from before)" if state.kept else ""
    return f"{state.done + state.failed:,} of {state.pairs:,} pairs{kept}, {state.failed:,} failed"


def _times(state: State) -> str:
    left = f", about {_span(state.seconds_left)} left" if state.seconds_left and state.state == "running" else ""
    return f"{_span(state.seconds)} so far{left}" if state.state == "running" else _span(state.seconds)


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def line(state: State) -> str:
    """A state as one line of a log."""
    speed = f"{state.segments_a_second:,.0f} segments a second"
    return f"{state.stage}: {_counts(state)}, {speed}, {_times(state)}"


class _Show:
    """The progress of a run: a bar on a terminal, a line every half minute elsewhere, nothing when quiet."""

    def __init__(self, quiet: bool) -> None:
        self._quiet, self._console = quiet, console(stderr=True)
        self._live: Any = None
        self._task: Any = None
        self._last = 0.0

    def __call__(self, state: State) -> None:
        if self._quiet:
            return
        if self._console.is_terminal:
            self._draw(state)
        elif state.state != "running" or time.monotonic() - self._last >= PLAIN_EVERY:
            self._last = time.monotonic()
            self._console.print(f"  {line(state)}", markup=False, highlight=False, soft_wrap=True)

    def _draw(self, state: State) -> None:
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

        if self._live is None:
            columns = (SpinnerColumn(), BarColumn(bar_width=24), TextColumn("{task.description}", markup=False))
            self._live = Progress(*columns, console=self._console, transient=True)
            self._task = self._live.add_task("", total=state.pairs)
            self._live.start()
        self._live.update(self._task, completed=state.done + state.failed, description=line(state))

    def close(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None


def _say(result: Result) -> None:
    out, summary = console(), result.summary
    segments = summary["source_segments"] + summary["target_segments"]
    out.print(f"{summary['done']:,} of {summary['pairs']:,} pairs, {segments:,} segments, {summary['beads']:,} beads, {summary['rows']:,} rows compared")
    out.print(f"  tables   {result.out / 'beads'} and {result.out / 'divergence'} ({summary['parts']} parts)", markup=False, soft_wrap=True)
    for memory in summary["memories"]:
        units = f"{memory['units']:,} units, {memory['duplicates']:,} duplicates left out"
        out.print(f"  memory   {result.out / memory['file']}  {units}", markup=False, soft_wrap=True)
    out.print(f"  report   {result.out / 'report.html'}", markup=False, soft_wrap=True)
