"""Argos packages on this machine: which there are, which chain of them leads from one language to another.

In: Argos's own folder and settings, and the packages that ship with this one. Out: `Package` values and routes
of them. Called by `argos`, `backtranslate` and `models`. Nothing is created, nothing heavy is imported:
`argostranslate.settings` and `argostranslate.package` make folders in the user's home when imported, so their
rules (which variable, which file, which folder) are followed here and they are left alone.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError, NoRouteError

LONGEST_CHAIN = 3
TOKENIZERS = ("sentencepiece.model", "bpe.model")

# What Argos calls languages that a BCP 47 tag calls otherwise, best first.
CODES = {
    "pt": ("pt", "pb"),
    "pt-br": ("pb", "pt"),
    "zh-hant": ("zt", "zh"),
    "zh-tw": ("zt", "zh"),
    "zh-hk": ("zt", "zh"),
    "zh-mo": ("zt", "zh"),
    "no": ("nb", "no"),
    "nb": ("nb", "no"),
    "nn": ("nb", "no"),
    "iw": ("he",),
    "fil": ("tl",),
}


@dataclass(frozen=True, slots=True)
class Package:
    """One Argos package: a folder, or (`bundled`) an `.argosmodel` archive that is read in place."""

    source: str
    target: str
    version: str
    path: Path
    bundled: bool
    target_prefix: str = ""

    @property
    def name(self) -> str:
        return f"translate-{self.source}_{self.target}-{self.version}"


def setting(name: str, default: str) -> str:
    """One of Argos's own settings: the environment first, then its `settings.json`, as Argos does it."""
    if (value := os.environ.get(name)) is not None:
        return value
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    with suppress(OSError, ValueError):
        settings = json.loads((folder / "argos-translate" / "settings.json").read_text(encoding="utf-8"))
        if isinstance(settings, dict) and settings.get(name) is not None:
            return str(settings[name])
    return default


def number_setting(name: str, default: int) -> int:
    """The same for a whole number. Raises InputError when it is not one."""
    value = setting(name, str(default))
    try:
        return int(value)
    except ValueError as error:
        raise InputError(f"not a whole number: {value!r}", place=name, hint="unset it, or set it to a number") from error


def user_folder() -> Path:
    """Where Argos keeps the user's packages; it need not exist."""
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return Path(setting("ARGOS_PACKAGES_DIR", str(data / "argos-translate" / "packages")))


def bundled_folder() -> Path:
    return Path(__file__).parent.parent / "data" / "argos"


def _from_metadata(metadata: Any, path: Path, bundled: bool) -> Package | None:
    """The package that `metadata.json` describes; None for one that does not translate (a sentence splitter)."""
    if not isinstance(metadata, dict):
        raise ValueError("metadata.json is not an object")
    if metadata.get("type", "translate") != "translate":
        return None
    source, target = metadata.get("from_code"), metadata.get("to_code")
    if not (isinstance(source, str) and source and isinstance(target, str) and target):
        raise ValueError("metadata.json names no pair of languages")
    return Package(source, target, str(metadata.get("package_version", "")), path, bundled, str(metadata.get("target_prefix") or ""))


def read_package(path: Path) -> Package | None:
    """The package in a folder or an archive; None when it is a package of another type.

    Raises InputError when it is damaged: no metadata, no model, no tokenizer.
    """
    hint = f"`align models remove {path.name}`, then install it again"
    try:
        if path.is_dir():
            package = _from_metadata(json.loads((path / "metadata.json").read_text(encoding="utf-8")), path, False)
            if package is None:
                return None
            if not (path / "model" / "model.bin").is_file():
                raise ValueError("there is no model/model.bin")
            if not any((path / name).is_file() for name in TOKENIZERS):
                raise ValueError("there is no sentencepiece.model and no bpe.model")
            return package
        with zipfile.ZipFile(path) as archive:
            (name,) = [name for name in archive.namelist() if name.count("/") == 1 and name.endswith("/metadata.json")]
            return _from_metadata(json.loads(archive.read(name)), path, True)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise InputError(f"not a sound Argos package ({reason})", place=str(path), hint=hint) from error


def scan(folder: Path) -> Iterator[Package | InputError]:
    """Every package of a folder in alphabetical order, sound or damaged; archives only where they ship with this one."""
    if not folder.is_dir():
        return
    archives = folder == bundled_folder()
    for path in sorted(folder.iterdir()):
        if path.suffix == ".argosmodel" if archives else path.is_dir():
            try:
                if package := read_package(path):
                    yield package
            except InputError as error:
                yield error


def packages() -> tuple[Package, ...]:
    """The sound packages, the user's before the bundled ones; damaged ones are left to `models list`."""
    return tuple(found for folder in (user_folder(), bundled_folder()) for found in scan(folder) if isinstance(found, Package))


def codes(tag: str) -> tuple[str, ...]:
    """What Argos may call a language: `pt-BR` is `pb`, else `pt`; `en-US` is `en`."""
    tag = tag.lower().replace("_", "-")
    primary = tag.split("-")[0]
    parts = "-".join(tag.split("-")[:2])
    return CODES.get(parts) or CODES.get(primary) or (primary,)


def version_key(text: str) -> tuple[int, ...]:
    """Versions in their order: 1.10 after 1.9."""
    return tuple(int(part) if part.isdigit() else 0 for part in text.split("."))


def _best(found: Iterable[Package]) -> dict[tuple[str, str], Package]:
    """One package a pair: the user's before a bundled one, then the newest."""
    best: dict[tuple[str, str], Package] = {}
    for package in sorted(found, key=lambda package: (not package.bundled, version_key(package.version), str(package.path))):
        best[package.source, package.target] = package
    return best


def _shortest(start: str, goal: str, edges: dict[tuple[str, str], Package]) -> tuple[Package, ...]:
    """The shortest chain; of several the one through English, else the first in the alphabet. Empty: none."""
    order = sorted(edges.items(), key=lambda item: (item[0][1] != "en", item[0]))
    paths: list[tuple[Package, ...]] = [(package,) for (source, _), package in order if source == start]
    for _ in range(LONGEST_CHAIN):
        for path in paths:
            if path[-1].target == goal:
                return path
        paths = [
            (*path, package)
            for path in paths
            for (source, target), package in order
            if source == path[-1].target and target != start and target not in {step.source for step in path}
        ]
    return ()


def find_route(source: str, target: str, found: Sequence[Package]) -> tuple[Package, ...]:
    """The packages that lead from one language to another, in order; empty when there are none."""
    edges = _best(found)
    routes = [route for start in codes(source) for goal in codes(target) if start != goal and (route := _shortest(start, goal, edges))]
    return min(routes, key=len, default=())


def _short(tag: str) -> str:
    """The tag as a command may name it: without the region, unless a language goes by it (`pt-BR`, `zh-TW`)."""
    parts = tag.replace("_", "-").split("-")
    return tag if "-".join(parts[:2]).lower() in CODES else parts[0].lower()


def missing_commands(source: str, target: str, found: Sequence[Package], engine: str = "argos") -> tuple[str, ...]:
    """The commands that would make a route. Argos and Mozilla publish nearly all their models to and from English."""
    start, goal = _short(source), _short(target)
    steps = [(start, goal)] if "en" in (start, goal) else [(start, "en"), ("en", goal)]
    option = "--engine bergamot " if engine == "bergamot" else ""
    return tuple(f"align models install {option}{a} {b}" for a, b in steps if not find_route(a, b, found))


def no_route(source: str, target: str, found: Sequence[Package], engine: str = "argos", *, and_back: bool = False) -> NoRouteError:
    """The error that names what would make a route, or (`and_back`) one there and back."""
    names = ", ".join(sorted({f"{package.source} to {package.target}" for package in found})) or "none"
    ways = [(source, target), (target, source)] if and_back else [(source, target)]
    commands = dict.fromkeys(command for way in ways for command in missing_commands(*way, found, engine))
    what = "Firefox Translations model" if engine == "bergamot" else "Argos package"
    return NoRouteError(
        f"no {what}, and no chain of them, translates {source} to {target}{' and back' if and_back else ''}",
        hint=f"install what is missing: {' and '.join(f'`{command}`' for command in commands) or 'a model'} (there are: {names})",
    )
