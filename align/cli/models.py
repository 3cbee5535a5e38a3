"""`align models`: list, install, add, remove, path. `install` is the only command that uses the network."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import NoRouteError, UsageError
from .backtranslate import bar
from .console import Bars, JsonOption, console, print_json, warn

if TYPE_CHECKING:
    from ..backtranslate.models import Offer

INDEX = "Address of an index of models, or a folder; default: the engine's own (ARGOS_PACKAGE_INDEX, ALIGN_BERGAMOT_INDEX)."
ENGINE = "argos, or bergamot (Firefox Translations models)."
EngineOption = Annotated[str, typer.Option("--engine", help=ENGINE, metavar="NAME")]


def add_to(app: typer.Typer) -> None:
    models = typer.Typer(no_args_is_help=True, help="Translation models: list, install, add, remove.", epilog="Example: align models install ru en")
    app.add_typer(models, name="models")

    @models.command("list", epilog="Example: align models list --json")
    def list_models(json: JsonOption = False) -> None:
        """The models on this machine, installed and bundled."""
        from ..backtranslate.models import rows

        found = rows()
        if json:
            print_json(found)
            return
        out = console()
        for row in found:
            pair = f"{row['source']} to {row['target']}" if row["source"] else "damaged"
            licence = row["licence"] or "licence not named"
            line = f"{pair:<11}{row['engine']:<9}{row['name']:<21} {row['origin']:<10}{row['size_bytes'] / 1e6:6.1f} MB  {licence}"
            out.print(line.rstrip(), markup=False, soft_wrap=True)
            if row["problem"]:
                mend = "" if "pip install" in row["problem"] else f"; `align models remove --engine {row['engine']} {Path(row['path']).name}`"
                out.print(f"           {row['problem']}{mend}", markup=False, soft_wrap=True)
        if not any(row["origin"] == "installed" for row in found):
            warn(["only what comes with the program is here; `align models install ru en` brings other languages"])

    @models.command("path", epilog="Example: align models path --engine bergamot")
    def path(engine: EngineOption = "argos") -> None:
        """The folder that models are installed in (for Argos its own)."""
        from ..backtranslate import models as library

        typer.echo(str(library.path(_known(engine))))

    @models.command(
        epilog="Examples: align models install ru en · align models install --engine bergamot ru en · align models install --for corpora/lavrov-2017-05-10"
    )
    def install(
        source: Annotated[str, typer.Argument(help="Language to translate from.", metavar="SOURCE")] = "",
        target: Annotated[str, typer.Argument(help="Language to translate to.", metavar="TARGET")] = "",
        corpus: Annotated[Path | None, typer.Option("--for", help="Install what this corpus needs.", metavar="CORPUS")] = None,
        engine: Annotated[str, typer.Option(help=ENGINE + " Default: argos, or what the corpus says.", metavar="NAME")] = "",
        index: Annotated[str, typer.Option(help=INDEX, metavar="ADDRESS")] = "",
        sha256: Annotated[str, typer.Option(help="Checksum that the package must have.", metavar="HEX")] = "",
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be installed, and stop.")] = False,
    ) -> None:
        """Download translation models and install them, whole or not at all."""
        from ..backtranslate.models import read_index, wanted

        _known(engine or "argos")
        if bool(source and target) == (corpus is not None):
            raise UsageError("say what to install", hint="align models install ru en, or align models install --for CORPUS")
        directions, engine = _directions(corpus, engine) if corpus else (((source, target),), engine or "argos")
        if sha256 and (corpus or engine != "argos"):
            why = "goes with one package" if corpus else "goes with Argos packages; an index of Firefox Translations models has checksums of its own"
            raise UsageError(f"--sha256 {why}", hint="install the packages one by one" if corpus else "leave it away")
        offers = read_index(index, engine)
        chosen: dict[Offer, None] = {}
        lacking: NoRouteError | None = None
        for start, goal in directions:
            try:
                chosen.update(dict.fromkeys(wanted(start, goal, offers, engine=engine)))
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
        if engine == "bergamot" and find_spec("fxtranslate") is None:
            warn(['the engine for them is not installed yet: pip install "align-renditions[bergamot]"'])

    @models.command(epilog="Example: align models add translate-en_ru-1_9.argosmodel")
    def add(
        file: Annotated[Path, typer.Argument(help="An .argosmodel file.")],
        sha256: Annotated[str, typer.Option(metavar="HEX", help="Checksum that it must have.")] = "",
    ) -> None:
        """Install an Argos package from a file."""
        from ..backtranslate import models as library

        if file.is_dir():
            raise UsageError(
                f"{file} is a folder", hint=f"align models install --index {file} --engine bergamot ru en takes Firefox Translations models from it"
            )
        package = library.add(file, sha256)
        typer.echo(f"{package.name}\t{package.path}")

    @models.command(epilog="Examples: align models remove en_ru · align models remove --engine bergamot ru-en")
    def remove(
        name: Annotated[str, typer.Argument(help="Name of a model, or a pair such as en_ru.")],
        engine: Annotated[str, typer.Option(help=ENGINE + " Needed where both have the pair.", metavar="NAME")] = "",
    ) -> None:
        """Remove an installed model."""
        from ..backtranslate import models as library

        for gone in library.remove(name, _known(engine) if engine else ""):
            typer.echo(gone)


def _known(engine: str) -> str:
    from ..backtranslate.models import ENGINES

    if engine not in ENGINES:
        raise UsageError(f"models of the engine {engine!r} are not managed here", hint=f"known: {', '.join(ENGINES)}")
    return engine


def _directions(corpus: Path, engine: str) -> tuple[tuple[tuple[str, str], ...], str]:
    """What a corpus needs, for the engine that is asked for, else for the one that it names."""
    from ..backtranslate.models import ENGINES, needs
    from ..config import read_configuration

    configuration = read_configuration(corpus)
    named = configuration.backtranslate.engine
    directions = needs({entry.language for entry in configuration.documents}, configuration.original_language)
    return directions, engine or (named if named in ENGINES else "argos")


def _install(offer: Offer, sha256: str, dry_run: bool) -> None:
    from ..backtranslate import models as library

    size = library.size(offer)
    what = f"{offer.name} ({offer.version})" if offer.parts and offer.version else offer.name
    says = f"{what}: {f'{size / 1e6:.1f} MB' if size else 'size not known'}, licence {offer.licence or 'not named in the index'}, from {offer.link}"
    warn([says])
    if dry_run:
        return
    bars = Bars()
    said = bar(bars, "download, kB")
    try:
        package = library.install(offer, sha256, lambda done, total: said(done // 1000, total // 1000))
    finally:
        bars.close()
    if not offer.licence and (found := library.licence(package.path)):
        warn([f"its own words on licence: {found}"])
    typer.echo(f"{offer.name}\t{package.path}")
