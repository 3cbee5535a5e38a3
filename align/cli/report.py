"""`align report`: the page of a corpus, or its worst rows in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import InputError
from .console import Bars, JsonOption, console, print_json


def add_to(app: typer.Typer) -> None:
    @app.command(epilog="Example: align report corpora/lavrov-2017-05-10 --table --rows 10")
    def report(
        corpus: Annotated[Path, typer.Argument(help="A corpus (folder with align.toml; default: this folder), or what a run wrote.")] = Path(),
        table: Annotated[bool, typer.Option("--table", help="Show the worst rows in the terminal.")] = False,
        rows: Annotated[int, typer.Option(help="How many rows.", min=1, metavar="N")] = 20,
        json: JsonOption = False,
    ) -> None:
        """Bring the report up to date and say where it is, or show the worst rows here."""
        from ..store import read_lines
        from ..tables import worst_rows

        out = _out(corpus, quiet=json or table)
        found = read_lines(out / "divergence.jsonl")
        if json:
            standing = [row for row in found if row["status"] != "rejected"]
            print_json(sorted(standing, key=lambda row: (-row["grade"], -row["divergence"]))[:rows])
        elif table:
            screen = console()
            screen.print(worst_rows(found, rows, screen.width))
        else:
            typer.echo(out / "report.html")


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
