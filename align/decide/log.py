"""The log of decisions, `decisions.jsonl`: read whole, appended to by several processes at once, a line each.

What `append` has given back is on the disk: the line was written, flushed and synced under a lock on the file. A last line without its
line end is what a crash left of a line that was never acknowledged: reading leaves it out and says so, and the next append starts on
a line of its own.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ..corpus import Decision
from ..errors import InputError
from ..store import output_error
from .grammar import parse, record_of

PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Log:
    """Decisions in order, the bytes and lines of the file that they take, the latest time among them, and what is odd about the file."""

    decisions: tuple[Decision, ...] = ()
    size: int = 0
    lines: int = 0
    latest: str = ""
    warnings: tuple[str, ...] = ()


def read_decisions(path: Path | None) -> list[Decision]:
    """The decisions of the log, in order; an absent file is an empty log.

    Raises InputError with file and line for a line that is not a decision.
    """
    return list(read_log(path).decisions)


def read_log(path: Path | None) -> Log:
    """The log with what is odd about it. Raises InputError with file and line for a whole line that is not a decision."""
    if path is None or not path.exists():
        return Log()
    try:
        return _read(path, path.read_bytes(), Log())
    except OSError as error:
        raise InputError(f"cannot read ({error.strerror})", place=str(path)) from error


def _read(path: Path, data: bytes, before: Log) -> Log:
    """The log with the lines of `data` behind what was read before."""
    found: list[Decision] = []
    number, place, warnings = before.lines, 0, before.warnings
    while (end := data.find(b"\n", place)) >= 0:
        number += 1
        found += _line(path, number, data[place:end])
        place = end + 1
    rest = data[place:]
    if rest.strip():
        try:
            # Whole but for its line end: an editor may have left it so.
            found.append(parse(json.loads(rest)))
            place, number = len(data), number + 1
        except (ValueError, RecursionError):
            warnings = (f"{path}:{number + 1}: the last line is cut off and was left out; it was never acknowledged",)
    latest = max([before.latest, *(one.time for one in found)])
    return Log((*before.decisions, *found), before.size + place, number, latest, warnings)


def _line(path: Path, number: int, line: bytes) -> list[Decision]:
    """The decision of a line; none where the line is blank or what `append` made of a line that was cut off."""
    if not line.strip():
        return []
    try:
        record = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
        return [] if isinstance(record, dict) and list(record) == [TORN] else [parse(record)]
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"not a decision ({error})", place=f"{path}:{number}", hint="mend or remove this line; the log holds one JSON object a line"
        ) from error


# The one field of a line that holds what a crash left of another.
TORN = "cut_off"


class Appender:
    """A log that is read on and appended to; any number of threads and processes may have one open on the same file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.log = read_log(path)
        self.generation = 0  # grows when another file was put in the place of the log
        self._file: tuple[int, int] | None = None

    def refresh(self) -> bool:
        """Take in what others appended since; cheap when nothing. True where something changed."""
        try:
            stat = self.path.stat()
            size, file = stat.st_size, (stat.st_dev, stat.st_ino)
        except OSError:
            size, file = 0, None
        other = self._file is not None and file != self._file
        self._file = file
        if size < self.log.size or other:
            self.log = read_log(self.path)
            self.generation += 1
            return True
        if size == self.log.size:
            return False
        with self.path.open("rb") as opened:
            opened.seek(self.log.size)
            self.log = _read(self.path, opened.read(), replace(self.log, warnings=()))
        return True

    def append(self, make: Callable[[], Sequence[Decision]]) -> tuple[Decision, ...]:
        """Append decisions and give them back with their times once they are on the disk.

        `make` is called under the lock, when what others appended was taken in; those of its decisions that have no time get one (UTC)
        that is later than any before. Raises OutputError when the file cannot be written; the log is then what it was.
        """
        with _locked(self.path) as file:
            self.refresh()
            stamped = self.stamped(make())
            if not stamped:
                return ()
            torn = self._behind(file)
            try:
                data = self._ending(file, torn) + b"".join(_encoded(record_of(one)) for one in stamped)
                if torn:
                    os.ftruncate(file, self.log.size)
                _write(file, data)
                os.fsync(file)
                if not self.log.size:
                    _sync_folder(self.path.parent)
            except OSError as error:
                with suppress(OSError):
                    os.ftruncate(file, self.log.size)
                    _write(file, torn)
                raise output_error(self.path, error) from error
            self.refresh()
            return stamped

    def _behind(self, file: int) -> bytes:
        """What stands behind the last whole line."""
        os.lseek(file, self.log.size, os.SEEK_SET)
        return os.read(file, max(0, os.fstat(file).st_size - self.log.size))

    def _ending(self, file: int, torn: bytes) -> bytes:
        """What has to stand before a new line where the last one has no line end.

        A line that was cut off stays for who wants to look, in a line of its own that is JSON again.
        """
        if torn.strip():
            return _encoded({TORN: torn.decode("utf-8", "replace")})
        if not self.log.size:
            return b""
        os.lseek(file, self.log.size - 1, os.SEEK_SET)
        return b"" if os.read(file, 1) == b"\n" else b"\n"

    def stamped(self, decisions: Sequence[Decision]) -> tuple[Decision, ...]:
        """Decisions with a time each; to be called under the lock, so within `make`."""
        latest = self.log.latest
        stamped = []
        for decision in decisions:
            if not decision.time:
                latest = later(latest)
                decision = replace(decision, time=latest)
            stamped.append(decision)
        return tuple(stamped)


def _write(file: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]


def _encoded(record: dict[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """The file open for appending under an exclusive lock, which ends with the process, whatever happens to that."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o666)
    except OSError as error:
        raise output_error(path, error) from error
    try:
        _lock(file)
        yield file
    finally:
        os.close(file)


def _sync_folder(folder: Path) -> None:
    """A new file outlives a pulled plug only when its folder was synced too; there is no such call on Windows."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _lock(file: int) -> None:
    if sys.platform != "win32":
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX)
        return
    import msvcrt

    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            # Far beyond the end, so that nobody is kept from reading.
            os.lseek(file, 1 << 40, os.SEEK_SET)
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


FORM = "%Y-%m-%dT%H:%M:%S.%fZ"


def later(last: str) -> str:
    """Now, UTC with microseconds; a microsecond after `last` where the clock does not say so."""
    now = datetime.now(UTC).strftime(FORM)
    if now > last:
        return now
    try:
        return (datetime.strptime(last, FORM) + timedelta(microseconds=1)).strftime(FORM)
    except ValueError:
        return now
