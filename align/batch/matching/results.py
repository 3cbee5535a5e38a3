"""What matching finds: pairs with their confidence, and for every document without a partner the reason."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of the archive. `name` is what messages call it; `language` is "" until it is identified; `id` is what its
    name holds beside the language."""

    path: Path
    name: str
    language: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that takes no part. `failed`: it should have, but could not be read."""

    entry: Entry
    reason: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """Two documents that belong together, by their places in `Matching.entries`; `confidence` from 0 to 1; `doubts` in words."""

    source: int
    target: int
    confidence: float
    group: int
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alone:
    """A document without a partner in `other` (a language), its likeliest one (None: there is none) and why not that one."""

    entry: int
    other: str
    nearest: int | None
    confidence: float
    reason: str


@dataclass(frozen=True, slots=True)
class Matching:
    """Everything that was found; `matches` and `alone` in the order of the archive. `notes` are for the user, a line each."""

    entries: tuple[Entry, ...]
    languages: tuple[str, ...]
    matches: tuple[Match, ...]
    alone: tuple[Alone, ...]
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]
    signature: str
