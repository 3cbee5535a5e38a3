"""`align score`: the pairs of a table or of a memory, with their divergence."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import UsageError
from .console import EXIT_THRESHOLD, warn

SUFFIXES = (".tsv", ".csv", ".jsonl")


def add_to(app: typer.Typer) -> None:
    @app.command(epilog="Examples: align score pairs.tsv --columns source,target --languages en,fr · align score old.tmx --keep-below 0.5 --out clean.tmx")
    def score(
        pairs: Annotated[Path, typer.Argument(help="TSV, CSV or JSONL with a header, or a TMX.", metavar="PAIRS")],
        columns: Annotated[str, typer.Option(help="The two columns to hold against each other.", metavar="A,B")] = "",
        languages: Annotated[str, typer.Option(help="Their languages; a TMX knows its own.", metavar="en,fr")] = "",
        backtranslate: Annotated[bool, typer.Option("--backtranslate", help="Use offline back-translations too (slower).")] = False,
        fail_on: Annotated[float | None, typer.Option(help="Exit with 3 when a divergence is above this.", min=0, max=1, metavar="X")] = None,
        keep_below: Annotated[float | None, typer.Option(help="Write only what diverges less than this.", min=0, max=1, metavar="X")] = None,
        encoder: Annotated[str, typer.Option(help="use, e5, labse, bge-m3, hash or auto.", metavar="NAME")] = "auto",
        base_rate: Annotated[
            float | None,
            typer.Option(help="The share of your pairs that diverge, if you know it: shifts `divergence` to it.", min=0.001, max=0.999, metavar="X"),
        ] = None,
        out: Annotated[Path | None, typer.Option(help="Write here instead of to the terminal; the suffix decides the format.", metavar="FILE")] = None,
    ) -> None:
        """Score how far the two sides of each pair diverge, and say how."""
        tags = _pair("--languages", languages, "en,fr") if languages else None
        if pairs.name.lower().endswith((".tmx", ".tmx.gz")):
            read, written, worst = _memory(pairs, out, tags, keep_below, encoder, backtranslate, base_rate)
        else:
            read, written, worst = _table(pairs, _pair("--columns", columns, "source,target"), tags, backtranslate, keep_below, encoder, out, base_rate)
        warn([f"{read} pairs" + (f", {written} kept" if written != read else "")])
        if fail_on is not None and worst > fail_on:
            warn([f"the greatest divergence is {worst:.4f}, above {fail_on}"])
            raise typer.Exit(EXIT_THRESHOLD)


def _pair(option: str, value: str, example: str) -> tuple[str, str]:
    parts = [part.strip() for part in value.split(",")]
    if len(parts) != 2 or not all(parts):
        raise UsageError(f"{option} needs two names", hint=f"write {option} {example}")
    return parts[0], parts[1]


def _memory(
    path: Path, out: Path | None, languages: tuple[str, str] | None, keep_below: float | None, encoder: str, translate: bool, base_rate: float | None
) -> tuple[int, int, float]:
    from ..pairmemories import score_memory

    if out is None or out.suffix.lower() != ".tmx":
        raise UsageError("a memory is scored into a memory", hint="add --out FILE.tmx (`align tmx convert` makes tables of memories)")
    return score_memory(path, out, languages, keep_below, encoder, translate, base_rate)


def _table(
    path: Path,
    columns: tuple[str, str],
    languages: tuple[str, str] | None,
    translate: bool,
    keep_below: float | None,
    encoder: str,
    out: Path | None,
    base_rate: float | None,
) -> tuple[int, int, float]:
    from ..embed import choose_encoder, open_encoder
    from ..pairfiles import read_table, score_table, write_stream

    if languages is None:
        raise UsageError("in which languages are the two columns?", hint="add --languages en,fr")
    suffix = (out or path).suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"cannot write a {suffix or 'file without suffix'}", hint=f"known: {', '.join(SUFFIXES)}")
    if doubt := choose_encoder(encoder, languages)[1]:
        warn([doubt])
    worst = 0.0

    def keep(row: dict[str, Any]) -> bool:
        nonlocal worst
        worst = max(worst, row["divergence"])
        return keep_below is None or row["divergence"] < keep_below

    source = read_table(path)
    table = score_table(source, columns, languages, open_encoder(encoder, languages).encode, translate=translate, place=str(path), base_rate=base_rate)
    return *write_stream(table, out, suffix, keep), worst
