"""The translator `bergamot`: Firefox Translations models through the engine `fxtranslate` (an extra; MPL-2.0).

In: two languages. Out: a `Translator`. Called by `backtranslate` through the registry. Models are folders named
`ru-en` with the files that Mozilla publishes (`model.*.bin`, `vocab.*.spm` or `srcvocab.*` and `trgvocab.*`, `lex.*.bin`),
in the folder of ours or in the one that fxtranslate's own command downloads to. Nothing is downloaded here. The engine
searches greedily and translates a sentence at a time, so a result depends on nothing but its sentence.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..errors import InputError, MissingPluginError
from ..store import digest
from .archive import checksum
from .argos_packages import Package, codes, find_route, no_route
from .guard import clean, is_wordless, joint, pieces

SUMS = "SHA256SUMS"  # written when a model is installed: a line a file
LONGEST_CHARS = 600  # the engine drops what is beyond its window without a word


def folders() -> tuple[Path, ...]:
    """Where models are looked for: `ALIGN_BERGAMOT_DIR`, else our own data folder; then fxtranslate's."""
    own = os.environ.get("ALIGN_BERGAMOT_DIR")
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "align" / "bergamot"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fxtranslate" / "models"
    return (Path(own) if own else data, cache)


def pair_of(path: Path) -> tuple[str, str] | None:
    """The languages that the folder of a model names: `ru-en`, `en-zh-Hant`; None for another name."""
    tag = r"[a-z]{2,3}(?:[-_][A-Za-z]{4})?(?:[-_][A-Z]{2})?"
    found = re.fullmatch(f"({tag})-({tag})", path.name)
    return (codes(found[1])[0], codes(found[2])[0]) if found else None


def installed() -> Iterator[Package]:
    """The models that there are, ours before fxtranslate's own."""
    seen = set()
    for folder in folders():
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            pair = pair_of(path)
            if pair and pair not in seen and path.is_dir() and any(path.glob("model.*.bin")):
                seen.add(pair)
                yield Package(*pair, provenance(path).get("sha256", "")[:8], path, False)


def provenance(place: Path) -> dict[str, str]:
    """What was written down when a model was installed; empty for one that was put there by hand."""
    with suppress(OSError, ValueError):
        found = json.loads((place / "provenance.json").read_text(encoding="utf-8"))
        return {name: value for name, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}
    return {}


def packages() -> tuple[Package, ...]:
    """The models that can be used; none when the engine is not installed."""
    return tuple(installed()) if find_spec("fxtranslate") else ()


class Model:
    """One model, opened when it is first used. Raises InputError when files are missing."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self._engine: Any = None
        try:
            (model,) = package.path.glob("model.*.bin")
            shared = list(package.path.glob("vocab.*.spm"))
            vocabularies = shared * 2 if shared else [next(package.path.glob("srcvocab.*.spm")), next(package.path.glob("trgvocab.*.spm"))]
            self._files = [model, *vocabularies, *package.path.glob("lex.*.bin")]
            sums = [checksum(file) for file in self._files]
            lines = (package.path / SUMS).read_text(encoding="ascii").splitlines() if (package.path / SUMS).is_file() else ()
            known = {file: found for found, file in (line.split() for line in lines)}
        except (OSError, ValueError, StopIteration) as error:
            raise InputError("not a sound Firefox Translations model (a model.*.bin and a vocab.*.spm are wanted)", place=str(package.path)) from error
        self.fingerprint = digest(*sums)[:8]
        for file, found in zip(self._files, sums, strict=True):
            if known.get(file.name, found) != found:
                raise InputError("the file is not what was installed", place=str(file), hint=self._hint())

    def open(self) -> None:
        """Read the model. Raises InputError for one that is damaged."""
        if self._engine is None:
            try:
                self._engine = import_module("fxtranslate").Translator(*(file.read_bytes() for file in self._files))
            except (OSError, ValueError) as error:
                raise InputError(f"the model cannot be opened ({error})", place=str(self.package.path), hint=self._hint()) from error
            except BaseException as error:
                raise self._panic(error) from error

    def translate(self, text: str) -> str:
        self.open()
        line = clean(text)
        if is_wordless(line):
            return line
        try:
            parts = [str(self._engine.translate(part)) for part in pieces(line, lambda part: len(part) <= LONGEST_CHARS)]
        except BaseException as error:
            raise self._panic(error) from error
        return joint(self.package.target).join(parts)

    def _hint(self) -> str:
        return f"`align models remove --engine bergamot {self.package.path.name}`, then install it again"

    def _panic(self, error: BaseException) -> BaseException:
        """The engine is written in Rust; what it trips over in a damaged model is no Exception."""
        if type(error).__name__ == "PanicException":
            return InputError(f"the engine broke down on the model ({error})", place=str(self.package.path), hint=self._hint())
        return error

    def rest(self) -> None:
        self._engine = None


class Route:
    """A chain of models as one translator."""

    def __init__(self, chain: Sequence[Package]) -> None:
        self._models = [Model(package) for package in chain]
        names = "+".join(f"{model.package.source}-{model.package.target}:{model.fingerprint}" for model in self._models)
        self.signature = f"bergamot:{names}|fxtranslate:{version('fxtranslate')}"

    def translate(self, texts: Sequence[str]) -> list[str]:
        results = list(texts)
        for model in self._models:
            results = [model.translate(text) for text in results]
        return results

    def rest(self) -> None:
        """Give the memory of the models back until the next text."""
        for model in self._models:
            model.rest()


def open_route(source: str, target: str, **settings: object) -> Route:
    """A translator from one language to another; the settings are Argos's and mean nothing here.

    Raises NoRouteError when no model, and no chain of models, leads there; InputError for a damaged one.
    """
    if find_spec("fxtranslate") is None:
        raise MissingPluginError(
            "the translator 'bergamot' needs a package that is not installed (fxtranslate)", hint='pip install "align-renditions[bergamot]"'
        )
    found = packages()
    chain = find_route(source, target, found)
    if not chain:
        raise no_route(source, target, found, "bergamot")
    return Route(chain)
