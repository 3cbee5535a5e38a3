"""`align models`: list, install, add, remove, path. `install` is the only command that uses the network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import NoRouteError, UsageError
from .backtranslate import bar
from .console import Bars, JsonOption, console, print_json, warn

if TYPE_CHECKING:
    from ..backtranslate.models import Offer

INDEX = "Address of an index of packages, or a folder; default: Argos's own (ARGOS_PACKAGE_INDEX)."


def add_to(app: typer.Typer) -> None:
    models = typer.Typer(no_args_is_help=True, help="Translation models: list, install, add, remove.", epilog="Example: align models install ru en")
    app.add_typer(models, name="models")

    @models.command("list")
    def list_models(json: JsonOption = False) -> None:
        """The packages on this machine, installed and bundled."""
        from ..backtranslate.models import rows

        found = rows()
        if json:
            print_json(found)
            return
        out = console()
        for row in found:
            pair = f"{row['source']} to {row['target']}" if row["source"] else "damaged"
            line = f"{pair:<12}{row['name']:<28}{row['origin']:<11}{row['size_bytes'] / 1e6:7.1f} MB  {row['licence']}"
            out.print(line.rstrip(), markup=False, soft_wrap=True)
            if row["problem"]:
                out.print(f"            {row['problem']}; `align models remove {Path(row['path']).name}`", markup=False, soft_wrap=True)

    @models.command("path")
    def path() -> None:
        """The folder that packages are installed in (Argos's own)."""
        from ..backtranslate import models as library

        typer.echo(str(library.path()))

    @models.command(epilog="Examples: align models install ru en · align models install --for corpora/lavrov-2017-05-10")
    def install(
        source: Annotated[str, typer.Argument(help="Language to translate from.", metavar="[SOURCE]")] = "",
        target: Annotated[str, typer.Argument(help="Language to translate to.", metavar="[TARGET]")] = "",
        corpus: Annotated[Path | None, typer.Option("--for", help="Install what this corpus needs.", metavar="CORPUS")] = None,
        engine: Annotated[str, typer.Option(help="argos.", metavar="NAME")] = "argos",
        index: Annotated[str, typer.Option(help=INDEX, metavar="ADDRESS")] = "",
        sha256: Annotated[str, typer.Option(help="Checksum that the package must have.", metavar="HEX")] = "",
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be installed, and stop.")] = False,
    ) -> None:
        """Download translation models and install them, whole or not at all."""
        from ..backtranslate.models import read_index, wanted

        if engine != "argos":
            raise UsageError(f"models of the engine {engine!r} are not installed with this command", hint="known: argos")
        if bool(source and target) == (corpus is not None):
            raise UsageError("say what to install", hint="align models install ru en, or align models install --for CORPUS")
        if sha256 and corpus:
            raise UsageError("--sha256 goes with one package", hint="install the packages one by one")
        directions = _directions(corpus) if corpus else ((source, target),)
        offers = read_index(index)
        chosen: dict[Offer, None] = {}
        lacking: NoRouteError | None = None
        for start, goal in directions:
            try:
                chosen.update(dict.fromkeys(wanted(start, goal, offers)))
            except NoRouteError as error:
                lacking = error
                warn([error.message])
        if lacking and not chosen:
            raise lacking
        if not chosen:
            warn(["nothing to install: what the index has for this is here"])
            return
        if sha256 and len(chosen) > 1:
            raise UsageError(f"{len(chosen)} packages are needed: --sha256 goes with one", hint="install them one by one")
        for offer in chosen:
            _install(offer, sha256, dry_run)

    @models.command()
    def add(
        file: Annotated[Path, typer.Argument(help="An .argosmodel file.")],
        sha256: Annotated[str, typer.Option(metavar="HEX", help="Checksum that it must have.")] = "",
    ) -> None:
        """Install a package from a file."""
        from ..backtranslate import models as library

        package = library.add(file, sha256)
        typer.echo(f"{package.name}\t{package.path}")

    @models.command(epilog="Example: align models remove en_ru")
    def remove(name: Annotated[str, typer.Argument(help="Name of a package, or a pair such as en_ru.")]) -> None:
        """Remove an installed package."""
        from ..backtranslate import models as library

        for gone in library.remove(name):
            typer.echo(gone)


def _directions(corpus: Path) -> tuple[tuple[str, str], ...]:
    from ..backtranslate.models import needs
    from ..config import read_configuration

    configuration = read_configuration(corpus)
    return needs({entry.language for entry in configuration.documents}, configuration.original_language)


def _install(offer: Offer, sha256: str, dry_run: bool) -> None:
    from ..backtranslate import models as library

    size = library.size(offer)
    says = f"{offer.name}: {f'{size / 1e6:.1f} MB' if size else 'size not known'}, licence {offer.licence or 'not named in the index'}, from {offer.link}"
    warn([says])
    if dry_run:
        return
    bars = Bars()
    try:
        package = library.install(offer, sha256, bar(bars, "download"))
    finally:
        bars.close()
    if not offer.licence and (found := library.licence(package.path)):
        warn([f"its own words on licence: {found}"])
    typer.echo(f"{package.name}\t{package.path}")
