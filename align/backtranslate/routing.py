"""Which engine and which pivot language a text goes through, and why: settings in, a `Choice` out.

Called by `backtranslate`. Looks at what is installed; loads no model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..store import digest
from . import bergamot
from .argos_packages import Package, codes, find_route, no_route, number_setting, packages, setting


@dataclass(frozen=True, slots=True)
class Settings:
    """How to translate. What is not given is what Argos's own settings say (`ARGOS_COMPUTE_TYPE`, `ARGOS_BEAM_SIZE` ...), else these defaults.

    `engine`: auto, argos, bergamot, none, or another plug-in. `pivot`: "" chooses. `compute_type`: with any but float32 a
    result depends on what is translated with it. `batch_size` in sentences. `threads`: 0 is one a core, at most 4.
    """

    engine: str = "auto"
    pivot: str = ""
    compute_type: str = field(default_factory=lambda: setting("ARGOS_COMPUTE_TYPE", "float32"))
    beam_size: int = field(default_factory=lambda: number_setting("ARGOS_BEAM_SIZE", 4))
    batch_size: int = field(default_factory=lambda: number_setting("ARGOS_BATCH_SIZE", 32))
    threads: int = 0
    device: str = field(default_factory=lambda: setting("ARGOS_DEVICE_TYPE", "auto"))

    @property
    def plugin(self) -> str:
        """The name under which the engine is registered."""
        return "argos" if self.engine == "auto" else self.engine


@dataclass(frozen=True, slots=True)
class Choice:
    """The pivot for a language, the engine, and why."""

    pivot: str
    engine: str
    reason: str


def signature(settings: Settings) -> str:
    """What a result depends on besides the texts: the settings, and the packages that there are (a new one may be a better route)."""
    if settings.engine == "none":
        return "none"
    parts = [f"{name}={getattr(settings, name)}" for name in Settings.__dataclass_fields__ if name not in ("threads", "batch_size")]
    return digest(*parts, *(f"{package.name}:{package.path}" for package in (*packages(), *bergamot.packages())))


def same_language(a: str, b: str) -> bool:
    """`pt-BR` and `pt` are one language; a text in one is not translated into the other."""
    return a.lower().split("-")[0] == b.lower().split("-")[0]


def both_ways(language: str, pivot: str, found: Sequence[Package]) -> tuple[Package, ...]:
    """The packages of the way there and back; empty when one of the two is missing."""
    out, back = find_route(language, pivot, found), find_route(pivot, language, found)
    return (*out, *back) if out and back else ()


def known_packages(engine: str) -> tuple[Package, ...]:
    """What an engine can translate with; empty for one that does not say."""
    return packages() if engine == "argos" else bergamot.packages() if engine == "bergamot" else ()


def leads(source: str, target: str, settings: Settings) -> bool:
    """Is there a route in this direction? Of an engine that does not say what it knows: perhaps, so yes."""
    engines = ("argos", "bergamot") if settings.engine == "auto" else (settings.engine,)
    return any(name not in ("argos", "bergamot") or find_route(source, target, known_packages(name)) for name in engines)


def engine_for(source: str, target: str, settings: Settings) -> str:
    """The engine for one direction: as configured; auto: Argos, or Bergamot where only that has a route."""
    if settings.engine == "auto" and not find_route(source, target, packages()) and find_route(source, target, bergamot.packages()):
        return "bergamot"
    return settings.plugin


def choose_pivot(language: str, original_language: str, settings: Settings, found: Sequence[Package] | None = None) -> Choice:
    """The language through which texts in `language` go and come back.

    As configured; else the corpus's original language, when there is a route there and back; else any language
    with installed packages both ways (the shortest route, then the alphabet); else the bundled one. `found`: choose
    from these packages. Raises NoRouteError when there is none, or none through the pivot that is configured.
    """
    other = "" if not original_language or same_language(original_language, language) else original_language
    engine = settings.plugin
    if engine not in ("argos", "bergamot"):
        pivot = settings.pivot or other or ("pt" if same_language(language, "en") else "en")
        why = "configured" if settings.pivot else "the corpus's original language" if other else "this engine names no routes of its own"
        return Choice(pivot, engine, why)
    through = settings.pivot or other
    # `auto`: Argos first, Bergamot where only that gets there.
    engines = ("argos", "bergamot") if settings.engine == "auto" and found is None else (engine,)
    known = {name: known_packages(name) if found is None else tuple(found) for name in engines}
    for name in engines:
        if through and both_ways(language, through, known[name]):
            return Choice(through, name, "configured" if settings.pivot else "the corpus's original language")
    if settings.pivot:
        raise no_route(language, settings.pivot, known[engine], engine, and_back=True)
    lacking = f"there is no route through the original language ({other}); " if other else ""
    for name in engines:
        pivots = sorted({package.target for package in known[name]} - set(codes(language)))
        ways = {pivot: way for pivot in pivots if (way := both_ways(language, pivot, known[name]))}
        if ways:
            pivot = min(ways, key=lambda pivot: (all(package.bundled for package in ways[pivot]), len(ways[pivot]), pivot))
            bundled = all(package.bundled for package in ways[pivot])
            return Choice(pivot, name, lacking + ("the bundled packages" if bundled else "an installed route"))
    raise no_route(language, other or ("pt" if same_language(language, "en") else "en"), known[engine], engine, and_back=True)
