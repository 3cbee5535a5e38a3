"""The translation models on this machine, of every engine: list, install, add, remove, path. Called by the command line.

Argos packages stand in Argos's own folder, Firefox Translations models in ours. What an index looks like and how a model
is unpacked is each engine's own matter (`argos_index`, `bergamot_index`); `install` is what both share.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..errors import InputError, NoRouteError, UsageError
from . import argos_index, bergamot, bergamot_index
from .archive import remove_folder
from .argos_index import add
from .argos_packages import Package, bundled_folder, codes, find_route, packages, scan, user_folder, version_key
from .install import Advance, Offer, size
from .routing import same_language

__all__ = ["ENGINES", "Offer", "add", "install", "licence", "needs", "path", "read_index", "remove", "rows", "size", "wanted"]

ENGINES = ("argos", "bergamot")


def path(engine: str = "argos") -> Path:
    """Where models are installed."""
    return bergamot.folders()[0] if engine == "bergamot" else user_folder()


def rows() -> list[dict[str, Any]]:
    """One a model, Argos's first: engine, source, target, name, version, origin, size_bytes, licence, path, problem ("" when sound)."""
    result = []
    for folder, origin in ((user_folder(), "installed"), (bundled_folder(), "bundled")):
        for found in scan(folder):
            if isinstance(found, InputError):
                result.append(_row("argos", "", "", Path(found.place).name, "", origin, Path(found.place), found.message))
            else:
                result.append(_row("argos", found.source, found.target, found.name, found.version, origin, found.path, ""))
    missing = "" if find_spec("fxtranslate") else 'its engine is not installed: pip install "align-renditions[bergamot]"'
    for model in bergamot.installed():
        problem = missing
        try:
            bergamot.Model(model)
        except InputError as error:
            problem = error.message
        origin = "installed" if model.path.parent == path("bergamot") else "fxtranslate"
        version = bergamot.provenance(model.path).get("version", "")
        result.append(_row("bergamot", model.source, model.target, model.path.name, version, origin, model.path, problem))
    return result


def _row(engine: str, source: str, target: str, name: str, version: str, origin: str, place: Path, problem: str) -> dict[str, Any]:
    files = [place] if place.is_file() else [file for file in place.rglob("*") if file.is_file()]
    return {
        "engine": engine,
        "source": source,
        "target": target,
        "name": name,
        "version": version,
        "origin": origin,
        "size_bytes": sum(file.stat().st_size for file in files),
        "licence": "MPL-2.0" if origin == "bundled" else licence(place),
        "path": str(place),
        "problem": problem,
    }


def licence(place: Path) -> str:
    """What a model says of its licence: what was written down or its metadata, else the first line of its README that speaks of one."""
    if found := bergamot.provenance(place).get("licence"):
        return found
    with suppress(OSError, ValueError, AttributeError):
        metadata = json.loads((place / "metadata.json").read_text(encoding="utf-8"))
        if found := metadata.get("license") or metadata.get("licence"):
            return str(found)
    with suppress(OSError):
        for line in (place / "README.md").read_text(encoding="utf-8", errors="replace").splitlines():
            if re.search(r"licen[cs]e|MPL|CC[- ]BY|public domain", line, re.IGNORECASE):
                return line.strip(" #*-")[:200]
    return ""


def read_index(address: str = "", engine: str = "argos") -> tuple[Offer, ...]:
    """What an index offers; "" is the engine's own. Raises InputError for an index that cannot be read."""
    return bergamot_index.read_index(address) if engine == "bergamot" else argos_index.read_index(address)


def _here(engine: str) -> list[Package]:
    return list(bergamot.installed()) if engine == "bergamot" else [package for package in packages() if not package.bundled]


def _is_current(package: Package, offer: Offer) -> bool:
    if offer.engine == "bergamot":
        return bergamot_index.is_current(package, offer)
    return version_key(package.version) >= version_key(offer.version)


def wanted(source: str, target: str, offers: Sequence[Offer], found: Sequence[Package] | None = None, engine: str = "argos") -> tuple[Offer, ...]:
    """What to install so that texts go from one language to another: the newest model, else a chain of them.

    Empty when that is installed already. Raises NoRouteError when the index has no such models.
    """
    known = _here(engine) if found is None else [package for package in found if not package.bundled]
    newest: dict[tuple[str, str], Offer] = {}
    for offer in sorted(offers, key=lambda offer: (version_key(offer.version), offer.link)):
        newest[offer.source, offer.target] = offer
    there = {(package.source, package.target): package for package in known}
    for a in codes(source):
        for b in codes(target):
            if best := newest.get((a, b)):
                installed = there.get((a, b))
                return () if installed and _is_current(installed, best) else (best,)
    candidates = [*known, *(Package(a, b, offer.version, Path(offer.link), False) for (a, b), offer in newest.items() if (a, b) not in there)]
    chain = find_route(source, target, candidates)
    if not chain:
        names = ", ".join(sorted({f"{a} to {b}" for a, b in newest})[:40]) or "nothing"
        raise NoRouteError(f"the index has no models that lead from {source} to {target}", hint=f"it offers: {names}")
    return tuple(newest[step.source, step.target] for step in chain if (step.source, step.target) not in there)


def needs(languages: Iterable[str], original_language: str) -> tuple[tuple[str, str], ...]:
    """The directions that a corpus would be translated in: between its languages, and from each to the original language and back."""
    tags = sorted(set(languages) | ({original_language} if original_language else set()))
    return tuple((a, b) for a in tags for b in tags if not same_language(a, b))


def install(offer: Offer, sha256: str = "", advance: Advance = lambda done, total: None) -> Package:
    """Download an offer, check it and unpack it. `advance` hears (bytes, bytes in all) of the download.

    Raises InputError when the download breaks off (what came is kept: the next call goes on from there), when a
    checksum (of the index, or `sha256`, Argos only) or the model is wrong; OutputError when it cannot be written.
    """
    return bergamot_index.install(offer, advance) if offer.engine == "bergamot" else argos_index.install(offer, sha256, advance)


def remove(name: str, engine: str = "") -> list[str]:
    """Remove the installed models of this name (`translate-en_ru-1.9`, `ru-en`, the folder's name) or pair (`en_ru`); gives the names.

    Raises UsageError when there is none, only a bundled one, or several engines have it and none is named.
    """
    known = [row for row in rows() if engine in ("", row["engine"])]
    pair = name.replace("-", "_").replace(" ", "_")
    chosen = [row for row in known if name in (row["name"], Path(row["path"]).name) or (row["source"] and pair == f"{row['source']}_{row['target']}")]
    mine = [row for row in chosen if row["origin"] == "installed"]
    if not mine:
        names = ", ".join(row["name"] for row in known if row["origin"] == "installed") or "nothing"
        if any(row["origin"] == "fxtranslate" for row in chosen):
            raise UsageError(f"{name!r} belongs to the program fxtranslate", hint=f"fxtranslate models rm {chosen[-1]['name']}")
        why = f"{name!r} comes with the program and stays" if chosen else f"there is no installed model {name!r}"
        raise UsageError(why, hint=f"installed: {names}")
    if len(engines := {row["engine"] for row in mine}) > 1:
        raise UsageError(f"{name!r} is installed for {' and '.join(sorted(engines))}", hint="say which: --engine argos or --engine bergamot")
    for row in mine:
        remove_folder(Path(row["path"]))
    return [row["name"] for row in mine]
