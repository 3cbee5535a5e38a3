"""`align review`: the page served on this machine, each decision written down at once; or a review brought in from a file, or given out as gold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import UsageError
from .console import Bars, JsonOption, console, print_json, warn

if TYPE_CHECKING:
    from ..review.session import Session

PORT = 8765


def add_to(app: typer.Typer) -> None:
    @app.command(epilog="Examples: align review corpora/lavrov-2017-05-10 · align review corpora/lavrov-2017-05-10 --import reviewed.xlsx")
    def review(
        corpus: Annotated[Path, typer.Argument(help="A corpus (folder with align.toml; default: this folder), or what a run wrote.")] = Path(),
        imports: Annotated[
            list[Path] | None,
            typer.Option("--import", help="Take in the decisions that the page saved, or a reviewed workbook, and serve nothing.", metavar="FILE"),
        ] = None,
        gold: Annotated[Path | None, typer.Option("--export-gold", help="Write the review as gold for `align eval`, and serve nothing.", metavar="DIR")] = None,
        reviewer: Annotated[str, typer.Option(help="Who decides (default: your login name).", metavar="NAME")] = "",
        host: Annotated[str, typer.Option(help="The loopback address to serve on.")] = "127.0.0.1",
        port: Annotated[int, typer.Option(help="The port to serve on; 0: any that is free.", min=0, max=65535)] = PORT,
        no_browser: Annotated[bool, typer.Option("--no-browser", help="Say the address, and open nothing.")] = False,
        json: JsonOption = False,
    ) -> None:
        """Review the table of a corpus in the browser. Nothing leaves this machine, and nothing that was acknowledged is lost."""
        if json and not (imports or gold):
            raise UsageError("--json goes with --import or --export-gold")
        from ..review.session import Session

        bars = Bars(quiet=json)
        try:
            session = Session.open(corpus, reviewer.strip() or _login_name(), bars)
        finally:
            bars.close()
        said: dict[str, Any] = {}
        if imports:
            said["imported"] = _import(session, imports, json)
        if gold is not None:
            from ..review.gold import write_gold

            said["gold"] = write_gold(session, gold)
            if not json:
                _show_gold(said["gold"])
        if json:
            print_json(said)
        elif not said:
            from ..review.server import serve

            before = session.sequence
            session.warm()
            serve(session, host, port, "", not no_browser, typer.echo)
            if session.since(before)["decisions"]:
                _bring_up_to_date(session)


def _import(session: Session, paths: list[Path], quiet: bool) -> list[dict[str, Any]]:
    """Take in files one after the other, then bring the files of the run up to date."""
    from ..review.imports import import_file

    records = []
    for path in paths:
        imported = import_file(session, path)
        records.append(imported.record())
        warn(imported.warnings)
        if not quiet:
            for line in imported.lines():
                typer.echo(line)
    if any(record["taken"] for record in records):
        _bring_up_to_date(session, quiet)
    return records


def _bring_up_to_date(session: Session, quiet: bool = False) -> None:
    bars = Bars(quiet=quiet)
    try:
        session.export(bars)
    finally:
        bars.close()
    if not quiet:
        typer.echo(f"tables, memories and report in {session.out} are up to date")


def _show_gold(written: dict[str, Any]) -> None:
    out = console()
    for name, count in written["files"].items():
        out.print(f"{count:>7}  {Path(written['folder']) / name}", markup=False, soft_wrap=True)
    if written["open_sentences"]:
        share = f"{written['open_sentences']} of {written['sentences']} sentences are in no reviewed row"
        warn([f"{share}: leave them out of an evaluation with --ignore {Path(written['folder']) / 'open.tsv'}"])


def _login_name() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "reviewer"
