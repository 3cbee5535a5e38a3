"""Files that are written whole or not at all, content hashes, and the cache of vectors and translations.

`replacing(path)` gives a temporary file that takes its name only when the block ends well. `Cache` is one
SQLite file shared by runs and processes; a damaged or unwritable one costs time, never a result.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from .errors import InputError, OutputError


def digest(*parts: str | bytes) -> str:
    """SHA-256 over the parts, each with its length, as 64 hexadecimal digits."""
    hasher = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        hasher.update(len(data).to_bytes(8, "big"))
        hasher.update(data)
    return hasher.hexdigest()


def output_error(path: Path, error: OSError) -> OutputError:
    """The same failure in the user's words."""
    reason = error.strerror or str(error)
    return OutputError(f"cannot write ({reason})", place=str(path), hint="nothing was changed; free space or choose another place with --out")


@contextmanager
def replacing(path: Path, mode: str = "w") -> Iterator[IO[Any]]:
    """A file open for writing that replaces `path` when the block ends without an exception.

    Text is UTF-8 with line feeds as they are given. Raises OutputError when the folder cannot be written
    or the disk is full; `path` is then what it was before.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        options: dict[str, Any] = {} if "b" in mode else {"encoding": "utf-8", "newline": ""}
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name[:60]}.", suffix=".part", dir=path.parent)
        with os.fdopen(descriptor, mode, **options) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
        Path(temporary).replace(path)
        temporary = None
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                Path(temporary).unlink()


def write_text(path: Path, text: str) -> None:
    with replacing(path) as file:
        file.write(text)


def write_lines(path: Path, records: Iterable[Any]) -> None:
    """JSON Lines: one object a line, keys in the order given, characters as they are."""
    with replacing(path) as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def read_lines(path: Path) -> list[Any]:
    """The objects of a JSON Lines file.

    Raises InputError with file and line.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise InputError(f"cannot read ({error.strerror})", place=str(path)) from error
    records = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                records.append(json.loads(line))
            except ValueError as error:
                raise InputError(f"not JSON ({error})", place=f"{path}:{number}") from error
    return records


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes; "" for one that cannot be read (whoever reads it says why)."""
    try:
        return digest(path.read_bytes())
    except OSError:
        return ""


def cache_folder() -> Path:
    """`ALIGN_CACHE`, else `align` in the user's cache folder."""
    if chosen := os.environ.get("ALIGN_CACHE"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "align"


OPENING_TRIES = 200  # of .05 s each


class Cache:
    """Key to bytes, in SQLite. Several processes may use it at once; when it cannot be used it forgets quietly.

    `table` separates kinds ("vectors", "translations"). Keys are built with `digest`. `limit_bytes` bounds
    a table: the entries unused for longest go first.
    """

    def __init__(self, table: str, folder: Path | None = None, limit_bytes: int = 2_000_000_000) -> None:
        assert table.isidentifier()
        self.table = table
        self.path = (folder or cache_folder()) / "cache.sqlite"
        self.limit_bytes = limit_bytes
        self.problem = ""
        self._connection: sqlite3.Connection | None = None
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self.path, timeout=30, isolation_level=None, check_same_thread=False)
            self._share(self._connection)
            self._connection.execute(f"CREATE TABLE IF NOT EXISTS {table} (key TEXT PRIMARY KEY, value BLOB NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID")
            # `put` asks for the latest and `trim` for the oldest: without it each looks through the whole table.
            self._connection.execute(f"CREATE INDEX IF NOT EXISTS {table}_used ON {table} (used)")
        except (OSError, sqlite3.Error) as error:
            self._give_up(error)

    @staticmethod
    def _share(connection: sqlite3.Connection) -> None:
        """Let others read while one writes. SQLite does not wait here as it does elsewhere when several open a new file at once."""
        for left in reversed(range(OPENING_TRIES)):
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or not left:
                    raise
                time.sleep(0.05)

    def _give_up(self, error: Exception) -> None:
        self.problem = f"{self.path}: {error}"
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection = None

    def get(self, keys: Sequence[str]) -> dict[str, bytes]:
        """The values that are there; a key that is not is left out."""
        if self._connection is None:
            return {}
        found: dict[str, bytes] = {}
        try:
            for start in range(0, len(keys), 500):
                part = list(keys[start : start + 500])
                marks = ",".join("?" * len(part))
                found.update(self._connection.execute(f"SELECT key, value FROM {self.table} WHERE key IN ({marks})", part))
            return found
        except sqlite3.Error as error:
            self._give_up(error)
            return {}

    def put(self, entries: dict[str, bytes]) -> None:
        """Keep the entries, in one transaction."""
        if self._connection is None or not entries:
            return
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            (clock,) = self._connection.execute(f"SELECT COALESCE(MAX(used), 0) + 1 FROM {self.table}").fetchone()
            self._connection.executemany(f"INSERT OR REPLACE INTO {self.table} VALUES (?, ?, ?)", [(key, value, clock) for key, value in entries.items()])
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._give_up(error)

    def size(self) -> tuple[int, int]:
        """(entries, bytes of the values)."""
        if self._connection is None:
            return 0, 0
        row = self._connection.execute(f"SELECT COUNT(*), COALESCE(SUM(LENGTH(value)), 0) FROM {self.table}").fetchone()
        return int(row[0]), int(row[1])

    def trim(self) -> int:
        """Drop the oldest entries until the table is within its limit; gives the number dropped."""
        if self._connection is None:
            return 0
        entries, size = self.size()
        dropped = 0
        while size > self.limit_bytes and entries:
            cursor = self._connection.execute(
                f"DELETE FROM {self.table} WHERE key IN (SELECT key FROM {self.table} ORDER BY used, key LIMIT ?)", [max(1, entries // 10)]
            )
            dropped += cursor.rowcount
            entries, size = self.size()
        return dropped

    def clear(self) -> int:
        """Drop everything in the table; gives the number of entries dropped."""
        if self._connection is None:
            return 0
        dropped = self._connection.execute(f"DELETE FROM {self.table}").rowcount
        self._connection.execute("VACUUM")
        return dropped

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
