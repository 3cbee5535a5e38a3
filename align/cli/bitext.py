"""`align bitext`: two texts in, beads out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError
from .console import Bars, warn

if TYPE_CHECKING:
    from ..api import Bitext

FORMATS = {".tmx": "tmx", ".tsv": "tsv", ".csv": "csv", ".jsonl": "jsonl", ".xlsx": "xlsx"}


def add_to(app: typer.Typer) -> None:
    @app.command(epilog="Example: align bitext book.de book.fr --source-language de --target-language fr --out book.tmx")
    def bitext(
        source: Annotated[Path, typer.Argument(help="The source text.")],
        target: Annotated[Path, typer.Argument(help="Its translation.")],
        source_language: Annotated[str, typer.Option(help="Language tag of the source, such as de.", metavar="TAG")],
        target_language: Annotated[str, typer.Option(help="Language tag of the target, such as fr.", metavar="TAG")],
        segmented: Annotated[bool, typer.Option("--segmented", help="One segment a line; empty lines count.")] = False,
        mode: Annotated[str, typer.Option(help="bitext (in order), renditions (any order) or auto.", metavar="MODE")] = "auto",
        encoder: Annotated[str, typer.Option(help="use, e5, labse, bge-m3, hash, auto, or none: lengths, numbers and names alone.", metavar="NAME")] = "auto",
        min_confidence: Annotated[float, typer.Option(help="Beads below this become gaps.", min=0, max=1, metavar="X")] = 0.0,
        form: Annotated[str, typer.Option("--format", help="vecalign, tsv, csv, jsonl, tmx or xlsx; default: by the suffix of --out.", metavar="FORMAT")] = "",
        out: Annotated[Path | None, typer.Option(help="Write here instead of to the terminal.", metavar="FILE")] = None,
    ) -> None:
        """Align two texts, one the translation of the other, sentence by sentence."""
        from .. import api

        _check(source_language, target_language, mode)
        chosen = form or (FORMATS.get(out.suffix.lower(), "vecalign") if out else "vecalign")
        if chosen not in api.FORMATS:
            raise UsageError(f"there is no format {chosen!r}", hint=f"known: {', '.join(api.FORMATS)}")
        if out is None and chosen in ("tmx", "xlsx"):
            raise UsageError(f"{chosen} needs a file", hint="add --out FILE")
        bars = Bars()
        bars.start("encode")
        try:
            result = api.bitext(
                source, target, source_language, target_language,
                segmented=segmented, mode=mode, encoder=encoder, min_confidence=min_confidence, advance=bars.counting(0),
            )  # fmt: skip
        finally:
            bars.close()
        warn([*result.warnings, f"{result.mode}: {result.reason}", _count(result)])
        if out is not None:
            api.write_bitext(result, out, chosen)
        elif chosen == "vecalign":
            typer.echo("\n".join(api.vecalign_lines(result)))
        else:
            _print_table(result, chosen)


def _count(result: Bitext) -> str:
    gaps = [sum(bead.is_gap and bead.members[0].document == side.id for bead in result.beads) for side in (result.source, result.target)]
    moved = sum(bead.moved for bead in result.beads)
    return f"{len(result.beads) - sum(gaps)} beads, {moved} of them moved; without a partner: {gaps[0]} source segments, {gaps[1]} target segments"


def _check(source_language: str, target_language: str, mode: str) -> None:
    from ..config import LANGUAGE, MODES

    for option, tag in (("--source-language", source_language), ("--target-language", target_language)):
        if not LANGUAGE.fullmatch(tag):
            raise UsageError(f"{option}: {tag!r} is not a language tag", hint="write a BCP 47 tag such as de, pt-BR or zh-Hant")
    if mode not in MODES:
        raise UsageError(f"--mode: {mode!r} is not one of {', '.join(MODES)}")


def _print_table(result: Bitext, form: str) -> None:
    import tempfile

    from ..api import write_bitext

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"table.{form}"
        write_bitext(result, path, form)
        typer.echo(path.read_text(encoding="utf-8"), nl=False)
