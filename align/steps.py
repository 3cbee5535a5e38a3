"""Runs the stages of a pipeline once: what did not change since the last run is kept, the rest is done again.

Each stage has a key: a hash of the key before it, its settings and the version of the program. A stage whose
key and result are on disk is not run, and its result is read only when a later stage wants it. Called by
`pipeline`; knows nothing of what the stages do.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

from . import __version__
from .errors import InputError, UsageError
from .plain import from_plain, to_plain
from .store import digest, replacing

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StepReport:
    """How a stage went: `state` is "ran", "kept" or (dry run) "would run"."""

    name: str
    state: str
    seconds: float


class Progress(Protocol):
    """What the command line shows while stages run."""

    def start(self, stage: str) -> None: ...

    def counting(self, total: int) -> Callable[[int], None]:
        """Announce how many items the stage has; what it gives is called with the number just done."""
        ...

    def finish(self, report: StepReport) -> None: ...


class Silent:
    """No progress shown."""

    def start(self, stage: str) -> None: ...

    def counting(self, total: int) -> Callable[[int], None]:
        return lambda _: None

    def finish(self, report: StepReport) -> None: ...


def so_far(progress: Progress) -> Callable[[int, int], None]:
    """For a stage that says (done, total): tells a progress how many more are done each time."""
    advance: Callable[[int], None] | None = None
    last = 0

    def hear(done: int, total: int) -> None:
        nonlocal advance, last
        if advance is None:
            advance = progress.counting(total)
        advance(done - last)
        last = done

    return hear


@cache
def program_version() -> str:
    """The version, with a hash of the program's own files, so that a changed program does its work again."""
    folder = Path(__file__).parent
    files = sorted(path for pattern in ("*.py", "*.json", "*.tsv") for path in folder.rglob(pattern))
    return f"{__version__}:{digest(*(path.read_bytes() for path in files))[:16]}"


class Steps:
    """Call it once a stage, in order; it gives a function that gives the stage's result.

    `start` names the first stage to run again whatever is on disk. In a dry run nothing is done.
    """

    def __init__(self, folder: Path, names: Iterable[str], *, start: str = "", dry_run: bool = False, progress: Progress | None = None) -> None:
        self.names = tuple(names)
        if start and start not in self.names:
            raise UsageError(f"there is no stage {start!r}", hint=f"stages: {', '.join(self.names)}")
        self.folder = folder
        self.reports: list[StepReport] = []
        self._start = start
        self._dry_run = dry_run
        self.progress = progress or Silent()
        self._key = program_version()
        self._stale = False

    def __call__(
        self, name: str, kind: Any, work: Callable[[], T], *settings: object, aside: object = None, intact: Callable[[T], bool] | None = None
    ) -> Callable[[], T]:
        """Run a stage unless its result is kept from before; gives a function that gives the result.

        `kind` is the type to read the result back as. `aside` are settings that the later stages do not depend on: when only they
        changed, this stage runs and the later ones need not. `intact` says whether a kept result still holds (the files that it
        names are there).
        """
        self._key = digest(self._key, name, json.dumps(to_plain(settings), sort_keys=True, default=str))
        key, path = self._key, self.folder / f"{name}.json"
        if aside is not None:
            key = digest(key, json.dumps(to_plain(aside), sort_keys=True, default=str))
        stale = self._stale or name == self._start or _stored_key(path) != key
        if not stale and intact is not None:
            stale = not intact(_load(path, kind))
        if aside is None or name == self._start:
            self._stale = stale
        if not stale:
            self._done(StepReport(name, "kept", 0.0))
            return _once(lambda: _load(path, kind))
        if self._dry_run:
            self._done(StepReport(name, "would run", 0.0))
            return _refuse
        self.progress.start(name)
        began = time.perf_counter()
        result = work()
        with replacing(path) as file:
            # The key stands first, so that it can be read without the rest.
            file.write(json.dumps({"key": key}) + "\n")
            json.dump(to_plain(result), file, ensure_ascii=False)
        self._done(StepReport(name, "ran", time.perf_counter() - began))
        return lambda: result

    def _done(self, report: StepReport) -> None:
        self.reports.append(report)
        self.progress.finish(report)


def _once(load: Callable[[], T]) -> Callable[[], T]:
    return cache(load)


def _refuse() -> Any:
    raise RuntimeError("a dry run has no results")


def _stored_key(path: Path) -> str:
    with suppress(OSError, ValueError, KeyError, TypeError), path.open(encoding="utf-8") as file:
        return str(json.loads(file.readline())["key"])
    return ""


def _load(path: Path, kind: Any) -> Any:
    try:
        with path.open(encoding="utf-8") as file:
            file.readline()
            return from_plain(kind, json.load(file))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError("a result kept from an earlier run cannot be read", place=str(path), hint="run again with --force") from error
