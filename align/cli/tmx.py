"""`align tmx`: check, describe, merge, split and convert translation memories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import UsageError
from .console import EXIT_FAILED, JsonOption, console, print_json, warn

MemoryArgument = Annotated[Path, typer.Argument(help="A translation memory (.tmx, .tmx.gz, .tmx.zip).", metavar="FILE")]
MemoriesArgument = Annotated[list[Path], typer.Argument(help="Translation memories (.tmx, .tmx.gz, .tmx.zip).", metavar="FILE...")]


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="Check, describe, merge, split, convert memories.", epilog="Example: align tmx check memory.tmx")
    app.add_typer(group, name="tmx")
    _add_check(group)
    _add_info(group)
    _add_merge(group)
    _add_split(group)
    _add_convert(group)


def _add_check(group: typer.Typer) -> None:
    @group.command(epilog="Example: align tmx check tmx/lavrov-2017-05-10.tmx")
    def check(
        files: MemoriesArgument,
        shown: Annotated[int, typer.Option(help="Places shown of each rule.", min=1, metavar="N")] = 5,
        json: JsonOption = False,
    ) -> None:
        """Find what is wrong: XML, the DTD, the specification's further rules, what CAT tools stumble on. Exit code 1 when there are errors."""
        from ..tmx.check import check

        reports = [check(path, shown) for path in files]
        if json:
            print_json([report.as_record() for report in reports])
        else:
            out = console()
            styles = {"error": "bold red", "warning": "yellow", "note": "cyan"}
            for report in reports:
                for problem in report.problems:
                    out.print(f"[{styles[problem.severity]}]{problem.severity}[/] ", end="")
                    place = f"{report.path}:{problem.line}:{problem.column}"
                    out.print(f"{place}: {problem.message} [{problem.rule}]", markup=False, soft_wrap=True)
                    if problem.hint:
                        out.print(f"  {problem.hint}", markup=False, soft_wrap=True)
                hidden = sum(count - min(count, shown) for count in report.counts.values())
                counts = f"{report.count('error')} errors, {report.count('warning')} warnings, {report.count('note')} notes"
                more = f" ({hidden} of them not shown; --shown N shows more)" if hidden else ""
                out.print(f"{report.path}: {report.units} units, {counts}{more}", markup=False, soft_wrap=True)
        if any(report.count("error") for report in reports):
            raise typer.Exit(EXIT_FAILED)


def _add_info(group: typer.Typer) -> None:
    @group.command(epilog="Example: align tmx info memory.tmx --json")
    def info(files: MemoriesArgument, json: JsonOption = False) -> None:
        """Count units, languages, properties, duplicates and lengths."""
        from ..tmx.info import describe

        records = [describe(path).as_record() for path in files]
        if json:
            print_json(records)
            return
        out = console()
        for record in records:
            for name, value in record.items():
                if isinstance(value, dict):
                    out.print(name.replace("_", " "), markup=False)
                    for key, entry in value.items():
                        text = ", ".join(f"{entry[field]} {field.replace('_', ' ')}" for field in entry) if isinstance(entry, dict) else str(entry)
                        out.print(f"  {key or '(none)':<24}{text}", markup=False, soft_wrap=True)
                elif value not in ("", []):
                    out.print(f"{name.replace('_', ' '):<20}{value}", markup=False, soft_wrap=True)


def _add_merge(group: typer.Typer) -> None:
    @group.command(epilog="Example: align tmx merge edited.tmx out/tmx/book.en_fr.tmx --out edited.tmx")
    def merge(
        memory: MemoryArgument,
        news: Annotated[list[Path], typer.Argument(help="Memories of a new run.", metavar="NEW...")],
        out: Annotated[Path, typer.Option(help="Write here; may be FILE itself.", metavar="FILE")],
        json: JsonOption = False,
    ) -> None:
        """Bring a memory up to date from a new run; what people edited or confirmed stays."""
        from ..tmx.merge import merge

        tally: Counter[str] = Counter()
        units = merge(memory, news, out, tally)
        _say(json, {"units": units, "files": [str(out)], "counts": dict(sorted(tally.items()))}, {out: units}, tally)


def _add_split(group: typer.Typer) -> None:
    @group.command(epilog="Example: align tmx split memory.tmx --by-score --out project/tm")
    def split(
        files: MemoriesArgument,
        by_score: Annotated[bool, typer.Option("--by-score", help="By score, into the folders that OmegaT knows: auto, penalty-015 ...")] = False,
        out: Annotated[Path | None, typer.Option(help="Folder to write into; default: beside the file.", metavar="DIR")] = None,
        json: JsonOption = False,
    ) -> None:
        """Take a memory apart: a file a pair of languages, or, by score, a folder a quality."""
        from ..tmx.split import split_by_score, split_pairs

        written: dict[Path, int] = {}
        for path in files:
            written.update((split_by_score if by_score else split_pairs)(path, out or path.parent))
        _say(json, {"files": [{"file": str(path), "units": units} for path, units in written.items()]}, written, {})


def _add_convert(group: typer.Typer) -> None:
    @group.command(epilog="Example: align tmx convert broken.tmx --out mended.tmx --lenient")
    def convert(
        file: Annotated[Path, typer.Argument(help="A .tmx, .tsv, .csv, .xlsx, .jsonl, .xlf, .xliff or NAME.en-de.en.", metavar="FILE")],
        out: Annotated[Path, typer.Option(help="Its suffix decides: .tmx .tsv .csv .xlsx .jsonl .xlf (1.2) .xliff (2.1) .moses", metavar="FILE")],
        lenient: Annotated[bool, typer.Option("--lenient", help="Read what can be read of a damaged TMX, and list the rest.")] = False,
        source_language: Annotated[str, typer.Option(help="Source language; default: what the file says.", metavar="TAG")] = "",
        json: JsonOption = False,
    ) -> None:
        """Write a memory in another format; what is lost on the way is listed."""
        from ..tmx.convert import convert
        from ..tmx.languages import well_formed

        if source_language and not well_formed(source_language):
            raise UsageError(f"--source-language: {source_language!r} is not a language tag", hint="write a BCP 47 tag such as de, pt-BR or zh-Hant")
        done = convert(file, out, lenient, source_language)
        if not json:
            warn(f"{file}:{loss.line}:{loss.column}: {loss.what}" for loss in done.losses)
        _say(json, done.as_record(), dict.fromkeys(done.files, done.units), {f"lost: {what}": count for what, count in done.lost.items() if count})


def _say(json: bool, record: dict[str, Any], files: Mapping[Path, int], counts: Mapping[str, int]) -> None:
    if json:
        print_json(record)
        return
    out = console()
    for path, units in files.items():
        out.print(f"{path}  {units} units", markup=False, soft_wrap=True)
    for what, count in sorted(counts.items()):
        out.print(f"  {what}: {count}", markup=False, soft_wrap=True)
