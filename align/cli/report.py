"""`align report`: the page of a corpus, or in the terminal its worst rows or who carries which statement."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import InputError
from .console import Bars, JsonOption, console, print_json


def add_to(app: typer.Typer) -> None:
    @app.command(epilog="Example: align report corpora/lavrov-2017-05-10 --table --rows 10")
    def report(
        corpus: Annotated[Path, typer.Argument(help="A corpus (folder with align.toml; default: this folder), or what a run wrote.")] = Path(),
        table: Annotated[bool, typer.Option("--table", help="Show the worst rows in the terminal.")] = False,
        statements: Annotated[bool, typer.Option("--statements", help="Show who carries which statement, and who leaves it out.")] = False,
        rows: Annotated[int | None, typer.Option(help="How many rows (default: 20) or statements (default: all).", min=1, metavar="N")] = None,
        json: JsonOption = False,
    ) -> None:
        """Bring the report up to date and say where it is, or show the worst rows or the statements here."""
        from ..store import read_lines
        from ..tables import worst_rows

        out = _out(corpus, quiet=json or table or statements)
        found = read_lines(out / "divergence.jsonl")
        if statements:
            _statements(out, found, rows, json)
            return
        rows = rows or 20
        if json:
            standing = [row for row in found if row["status"] != "rejected"]
            print_json(sorted(standing, key=lambda row: (-row["grade"], -row["divergence"]))[:rows])
        elif table:
            screen = console()
            screen.print(worst_rows(found, rows, screen.width))
        else:
            typer.echo(out / "report.html")


def _statements(out: Path, rows: list[dict[str, Any]], limit: int | None, json: bool) -> None:
    from json import loads

    from ..store import read_lines
    from ..tables.statements import Overview, gather

    found = gather(read_lines(out / "beads.jsonl"), rows, loads((out / "summary.json").read_text(encoding="utf-8")))
    if json:
        print_json({**found, "statements": found["statements"][:limit]})
    else:
        screen = console()
        screen.print(Overview(found, screen.width, limit))


def _out(corpus: Path, quiet: bool) -> Path:
    """The folder that a run wrote; a corpus is run first where it is not up to date."""
    if (corpus / "divergence.jsonl").exists():
        return corpus
    if not (corpus / "align.toml").exists() and corpus.suffix != ".toml":
        raise InputError("neither a corpus (no align.toml) nor what a run wrote (no divergence.jsonl)", place=str(corpus), hint="run first: align run CORPUS")
    from .. import pipeline
    from ..config import read_configuration

    bars = Bars(quiet=quiet)
    try:
        return pipeline.run(read_configuration(corpus), progress=bars).out
    finally:
        bars.close()
