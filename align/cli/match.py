"""`align batch match`: which documents of an archive belong together."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import UsageError
from .console import EXIT_FAILED, Bars, JsonOption, console, print_json, warn

if TYPE_CHECKING:
    from ..batch.matching import Matching

EPILOG = (
    "Examples: align batch match archive --languages en,ru --out manifest.tsv --unmatched alone.tsv · "
    "align batch match files.txt --languages en,de,fr --base en --out manifest.tsv · then: align batch run manifest.tsv --out result"
)
SHOWN = 5


def add_to(app: typer.Typer) -> None:
    @app.command(epilog=EPILOG)
    def match(
        archive: Annotated[Path, typer.Argument(help="A folder, or a list of files: a path a line and, behind a tab, its language.", metavar="FOLDER|LIST")],
        languages: Annotated[str, typer.Option(help="The languages of the archive; the first is the source of its pairs.", metavar="en,ru")],
        out: Annotated[Path, typer.Option(help="Write the manifest here: .tsv or .jsonl.", metavar="FILE")],
        unmatched: Annotated[Path | None, typer.Option(help="Write what has no partner here, with the reason.", metavar="FILE")] = None,
        doubtful: Annotated[Path | None, typer.Option(help="Write the pairs that someone should look at here.", metavar="FILE")] = None,
        pattern: Annotated[
            str, typer.Option(help="How the files are named, such as '{id}.{language}.txt'; without {language} it is identified.", metavar="PATTERN")
        ] = "",
        use_names: Annotated[bool, typer.Option("--use-names", help="Names and dates in file names count too, as far as they prove right here.")] = False,
        base: Annotated[str, typer.Option(help="Give only pairs with this language; default: all pairs of a group.", metavar="TAG")] = "",
        min_confidence: Annotated[float, typer.Option(help="Make no pair below this.", min=0.05, max=1, metavar="X")] = 0.5,
        encoder: Annotated[str, typer.Option(help="use, e5, labse, bge-m3, hash or auto.", metavar="NAME")] = "auto",
        workers: Annotated[int | None, typer.Option(help="Processes that read and encode; default: one a core.", min=1, metavar="N")] = None,
        json: JsonOption = False,
    ) -> None:
        """Find which documents belong together, by what they say, and write a manifest for `align batch run`.

        Every pair has a confidence; documents without a partner are left alone. More than two languages give groups.
        """
        from ..batch.matching import Settings
        from ..batch.matching import match as find
        from ..batch.matching.manifest import check_suffix, summary, write

        tags = parse_languages(languages)
        if base and base not in tags:
            raise UsageError(f"--base: {base} is not one of {', '.join(tags)}")
        check_suffix(out, unmatched, doubtful)
        settings = Settings(tags, encoder, pattern, use_names, min_confidence, base, workers or os.cpu_count() or 1)
        progress = Progress()
        try:
            found = find(archive, settings, progress)
        finally:
            progress.close()
        write(found, out, unmatched, doubtful)
        failed = [item for item in found.left_out if item.failed]
        warn(_notes(found))
        if json:
            print_json({**summary(found), "notes": list(found.notes)})
        else:
            _table(summary(found))
        if failed:
            raise typer.Exit(EXIT_FAILED)


def parse_languages(value: str) -> tuple[str, ...]:
    """Two language tags or more, each once."""
    from ..config import LANGUAGE
    from ..tmx.languages import canonical

    tags = tuple(canonical(part.strip()) for part in value.split(",") if part.strip())
    wrong = [tag for tag in tags if not LANGUAGE.fullmatch(tag)]
    if wrong:
        raise UsageError(f"--languages: {wrong[0]!r} is not a language tag", hint="write BCP 47 tags such as en,pt-BR")
    if len(tags) < 2 or len(set(tags)) < len(tags):
        raise UsageError("--languages needs two languages or more, each once", hint="write --languages en,ru")
    return tags


def _notes(found: Matching) -> list[str]:
    out = [f"{item.entry.name}: left out: {item.reason}" for item in found.left_out]
    more = [f"and {len(out) - SHOWN} more are left out (--unmatched FILE lists them all)"] if len(out) > SHOWN else []
    return [*out[:SHOWN], *more, *found.notes[: 2 * SHOWN]]


def _table(counts: dict[str, Any]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("languages", "documents", "pairs", "doubtful", "unmatched"):
        table.add_column(name, justify="left" if name == "languages" else "right")
    for row in counts["language_pairs"]:
        names, sizes = f"{row['source_language']}-{row['target_language']}", f"{row['source_documents']} + {row['target_documents']}"
        table.add_row(names, sizes, str(row["pairs"]), str(row["doubtful"]), str(row["unmatched"]))
    console().print(table)


class Progress:
    """A bar a stage on a terminal."""

    def __init__(self) -> None:
        self._bars = Bars()
        self._stage: tuple[str, int] | None = None
        self._advance: Any = None

    def __call__(self, stage: str, count: int, total: int) -> None:
        if (stage, total) != self._stage:
            self._bars.close()
            self._bars.start(stage)
            self._stage, self._advance = (stage, total), self._bars.counting(total)
        self._advance(count)

    def close(self) -> None:
        self._bars.close()
