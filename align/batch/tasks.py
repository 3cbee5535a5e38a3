"""What passes between driver, engines and workers: small, frozen, and free of texts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..backtranslate import Settings as BacktranslateSettings
from ..store import digest
from .manifest import Item

MAX_SEGMENTS = 10_000


@dataclass(frozen=True, slots=True)
class Settings:
    """How pairs are worked. `max_segments`: a document with more is cut at safe anchors, so that memory stays bounded."""

    mode: str = "auto"
    encoder: str = "auto"
    backtranslate: BacktranslateSettings = field(default_factory=lambda: BacktranslateSettings(engine="none", threads=1))
    max_segments: int = MAX_SEGMENTS


@dataclass(frozen=True, slots=True)
class Job:
    """What every worker of a run knows. `folder` is where the inputs are; `fingerprint` says what makes the results."""

    folder: Path
    out: Path
    settings: Settings
    languages: tuple[tuple[str, str], ...]
    fingerprint: str


def fingerprint(settings: Settings, languages: Iterable[tuple[str, str]]) -> str:
    """A digest of the program, its settings, encoders and translation packages: two that differ give other results.

    Raises UsageError for an encoder that does not exist.
    """
    from .. import backtranslate
    from ..embed import choose_encoder, encoder_signature
    from ..registry import load
    from ..steps import program_version

    names = [choose_encoder(settings.encoder, pair)[0] for pair in languages]
    for name in dict.fromkeys(names):
        load("encoders", name)  # says so when there is none of that name
    encoders = [encoder_signature(name) for name in names]
    return digest(program_version(), settings.mode, str(settings.max_segments), backtranslate.signature(settings.backtranslate), *encoders)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a pair has no result. `settled`: the same input fails again, so it is not tried before something changes."""

    id: str
    file: str
    reason: str
    settled: bool = True


@dataclass(frozen=True, slots=True)
class Unpack:
    """Take an old part apart: what is still valid in it is used again."""

    part: int


@dataclass(frozen=True, slots=True)
class Check:
    """Hash a part's inputs: is it as it was left, and if not, which pairs are to be worked?"""

    part: int
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Align:
    """Work a pair; the result lies under its key afterwards."""

    part: int
    place: int
    item: Item
    key: str


@dataclass(frozen=True, slots=True)
class Assemble:
    """Put the results of a part's pairs into its files. `failures` are those of pairs that have no result."""

    part: int
    items: tuple[Item, ...]
    keys: tuple[str, ...]
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Memorise:
    """Make the memory of a language pair from the units of all parts."""

    languages: str
    parts: int


Task = Unpack | Check | Align | Assemble | Memorise


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a worker says of a task. `value` depends on the task; `failure` is that of a pair; `fatal` stops the run
    (message, place, hint): no other pair would fare better."""

    worker: str
    value: Any = None
    failure: Failure | None = None
    fatal: tuple[str, str, str] | None = None
    trace: str = ""


# What an engine gives back: a task with its outcome, or with None where its worker was lost.
Came = list[tuple[Task, Outcome | None]]
