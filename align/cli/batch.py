"""`align batch`: many document pairs."""

from __future__ import annotations

import typer


def add_to(app: typer.Typer) -> None:
    batch_app = typer.Typer(no_args_is_help=True, help="Many document pairs: on this machine or on a Ray cluster.")
    app.add_typer(batch_app, name="batch")
