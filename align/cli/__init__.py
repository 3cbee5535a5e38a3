"""The command line: parse, call one function of the library, print. The only place that prints or exits.

Each command stands in a module of its own, imported when the program starts, so these modules import nothing heavy
at their top; what a command needs is imported in its function.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from .. import __version__
from . import backtranslate, batch, bitext, doctor, evaluate, models, report, review, run, score, tmx
from .console import run_guarded

app = typer.Typer(
    name="align",
    no_args_is_help=True,
    # Panels where a person looks, plain text in pipes (and half the time to start).
    rich_markup_mode="rich" if sys.stdout.isatty() else None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Align renditions of one text, hold them against an offline back-translation, score how far they diverge, export TMX.",
    epilog="Start with: align run corpora/lavrov-2017-05-10",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"align {__version__}")
        raise typer.Exit


@app.callback()
def common(version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")] = False) -> None:
    pass


for module in (run, bitext, score, backtranslate, report, review, batch, tmx, evaluate, models, doctor):
    module.add_to(app)


def main() -> None:
    """The entry point `align`."""
    sys.exit(run_guarded(app))
