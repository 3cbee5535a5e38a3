"""Plug-ins: what an encoder, a translator, a scorer and a writer are, and how to find one by name.

Built-ins come in through the same door as anybody else's: the entry points `align.encoders`,
`align.translators`, `align.scorers` and `align.writers`. Each names a factory; calling it may import
something heavy, looking it up does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from .errors import MissingPluginError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .corpus import Pair

    Vectors = NDArray[np.float32]


class Encoder(Protocol):
    """Texts to vectors. `signature` names the model and its version, `languages` what it knows ("*": any)."""

    signature: str
    languages: frozenset[str]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Give one row of unit length a text: shape (len(texts), dimensions), float32."""
        ...


class Translator(Protocol):
    """Texts in one language to texts in another, one each, in order. `signature` names engine and model."""

    signature: str

    def translate(self, texts: Sequence[str]) -> list[str]: ...


class Scorer(Protocol):
    """Pairs to numbers, one each, in order; None where the scorer has nothing to say (no back-translation)."""

    name: str
    signature: str

    def score(self, pairs: Sequence[Pair]) -> list[float | None]: ...


class Writer(Protocol):
    """Rows (plain dictionaries, all with the same keys) to one file of the format of its suffix."""

    suffix: str

    def write(self, path: Path, rows: Iterable[dict[str, Any]]) -> None: ...


EXTRAS = ("e5", "labse", "bge-m3", "bergamot")
GROUPS = ("encoders", "translators", "scorers", "writers")


def available(group: str) -> dict[str, EntryPoint]:
    """The plug-ins of a group by name, in alphabetical order; nothing is imported."""
    found = entry_points(group=f"align.{group}")
    return {point.name: point for point in sorted(found, key=lambda point: point.name)}


def load(group: str, name: str) -> Callable[..., Any]:
    """The factory of a plug-in; nothing is imported until it is called.

    Raises UsageError for a name that nobody registered; the factory raises MissingPluginError when a library is missing.
    """
    plugins = available(group)
    if name not in plugins:
        raise UsageError(f"there is no {group[:-1]} named {name!r}", hint=f"known: {', '.join(plugins) or 'none'}; `align doctor` lists what is installed")

    def make(*arguments: Any, **options: Any) -> Any:
        # A plug-in may need a package at import or only when it is made: the user hears the same words.
        try:
            return plugins[name].load()(*arguments, **options)
        except ImportError as error:
            install = f'pip install "align-renditions[{name}]"' if name in EXTRAS else f"pip install {error.name}"
            raise MissingPluginError(f"the {group[:-1]} {name!r} needs a package that is not installed ({error.name})", hint=install) from error

    return make


def required(module: str, extra: str) -> Any:
    """A module that comes with an extra of this package.

    Raises MissingPluginError with the line that installs it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise MissingPluginError(f"this needs the package {package}, which is not installed", hint=f'pip install "align-renditions[{extra}]"') from error
