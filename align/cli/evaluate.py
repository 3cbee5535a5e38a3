"""`align eval`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .console import JsonOption, console, print_json


def add_to(app: typer.Typer) -> None:
    @app.command("eval", epilog="Example: align eval gold.txt prediction.txt")
    def evaluate(
        gold: Annotated[Path, typer.Argument(help="A file of beads, or a folder with segments.tsv and links.tsv.")],
        prediction: Annotated[Path, typer.Argument(help="A file of beads, or a beads.jsonl.")],
        ignore: Annotated[Path | None, typer.Option(help="Sentences (doc, sent) whose links are left out of every count.")] = None,
        json: JsonOption = False,
    ) -> None:
        """Hold beads or rendition units against a gold standard: precision, recall, F1."""
        from ..evaluate import evaluate

        result = evaluate(gold, prediction, ignore)
        if json:
            print_json(result)
            return
        out = console()
        for name, value in result.items():
            out.print(f"{name.replace('_', ' '):<18}{value:>8}")
