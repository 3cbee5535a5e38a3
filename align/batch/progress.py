"""How a run is seen from outside: an event log that only grows, and a short state that is replaced every second.

`events.jsonl`: one object a line, each with `time` (UTC) and `event`: started, pair, failed, lost, part, kept, memory, finished,
stopped. `.work/status.json` is a `State`. Neither has any part in the results.
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..store import output_error, write_text
from .parts import Places

EVERY = 1.0  # seconds between two states
RECENT = 60.0  # seconds over which speed is taken
SILENT = 30.0  # seconds without a state after which a run on another machine counts as gone


@dataclass(frozen=True, slots=True)
class State:
    """A run at a moment. `state`: running, finished, stopped (an error), interrupted or, seen from outside, gone. Speeds in segments a second."""

    state: str
    engine: str
    workers: int
    pairs: int
    done: int = 0
    kept: int = 0
    failed: int = 0
    segments: int = 0
    segments_a_second: float = 0.0
    seconds: float = 0.0
    seconds_left: float | None = None
    lost_workers: int = 0
    stage: str = ""
    started: str = ""
    updated: str = ""
    host: str = ""
    process: int = 0
    message: str = ""


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Log:
    """Appends to `events.jsonl`, a whole line at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a+b", buffering=0)
            if self._file.seek(0, os.SEEK_END):
                self._file.seek(-1, os.SEEK_END)
                if self._file.read(1) != b"\n":
                    self._file.write(b"\n")  # a kill has torn the last line
        except OSError as error:
            raise output_error(path, error) from error

    def __call__(self, event: str, **fields: Any) -> None:
        line = json.dumps({"time": now(), "event": event, **fields}, ensure_ascii=False) + "\n"
        try:
            self._file.write(line.encode("utf-8", "surrogatepass"))
        except OSError as error:
            raise output_error(self.path, error) from error

    def close(self) -> None:
        self._file.close()


def read_events(path: Path) -> Iterator[dict[str, Any]]:
    """The events, in order; a line that a kill has torn is passed over."""
    with suppress(FileNotFoundError), path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            with suppress(ValueError):
                yield json.loads(line)


class Meter:
    """Counts what is done and writes the state; `watch` hears each state that is written."""

    def __init__(self, places: Places, state: State, watch: Callable[[State], None]) -> None:
        self._path, self._watch = places.work / "status.json", watch
        self._began = self._last = time.monotonic()
        self._recent: deque[tuple[float, int, int]] = deque([(self._began, 0, 0)])
        self._worked = 0
        self.state = replace(state, state="running", started=now(), host=platform.node(), process=os.getpid())

    def add(self, *, done: int = 0, kept: int = 0, failed: int = 0, segments: int = 0, lost: int = 0) -> None:
        """`kept` pairs were finished before; `segments` are those worked now."""
        state = self.state
        self._worked += 0 if kept else done + failed
        self.state = replace(
            state, done=state.done + done + kept, kept=state.kept + kept, failed=state.failed + failed,
            segments=state.segments + segments, lost_workers=state.lost_workers + lost,
        )  # fmt: skip

    def show(self, *, final: str = "", stage: str = "", message: str = "") -> None:
        """Write the state when it is time to, or at the end."""
        moment = time.monotonic()
        if not final and moment - self._last < EVERY and (not stage or stage == self.state.stage):
            return
        self._last = moment
        self._recent.append((moment, self.state.segments, self._worked))
        while moment - self._recent[0][0] > RECENT and len(self._recent) > 2:
            self._recent.popleft()
        began, segments, worked = self._recent[0] if not final else (self._began, 0, 0)
        span = max(moment - began, 1e-6)
        pace = (self._worked - worked) / span
        left = self.state.pairs - self.state.done - self.state.failed
        self.state = replace(
            self.state, state=final or "running", stage=stage or self.state.stage, updated=now(), message=message, seconds=round(moment - self._began, 1),
            segments_a_second=round((self.state.segments - segments) / span, 1), seconds_left=0.0 if final else round(left / pace, 1) if pace > 0 else None,
        )  # fmt: skip
        write_text(self._path, json.dumps(asdict(self.state), ensure_ascii=False, indent=2) + "\n")
        self._watch(self.state)


def status(out: str | Path) -> State:
    """How far the run in a folder is; as `align batch status`. A run whose process is there no more is "gone".

    Raises InputError when nothing was run there.
    """
    path = Places(Path(out)).work / "status.json"
    try:
        state = State(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise InputError("no run has been here", place=str(out), hint="name the folder that `align batch run --out` was given") from error
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"cannot be read ({error})", place=str(path)) from error
    return replace(state, state="gone") if state.state == "running" and not _alive(state) else state


def _alive(state: State) -> bool:
    if state.host != platform.node():
        return (datetime.now(UTC) - datetime.fromisoformat(state.updated)).total_seconds() < SILENT
    try:
        os.kill(state.process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
