"""A set of texts that does not grow in memory: eight bytes each, in a temporary file that goes with the process.

The checker, `info` and `merge` look for duplicates with it in memories of any size.
"""

from __future__ import annotations

import sqlite3
from hashlib import blake2b


def short_hash(*parts: str) -> int:
    """64 bits (signed) of a digest over the parts; two texts in a memory of ten million share one with odds of 1 to 400,000."""
    hasher = blake2b(digest_size=8)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        hasher.update(len(data).to_bytes(8, "big"))
        hasher.update(data)
    return int.from_bytes(hasher.digest(), "big", signed=True)


class Keys:
    """Numbers seen so far, each with a value."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.execute("PRAGMA cache_size=-8000")
        self._connection.execute("PRAGMA journal_mode=OFF")
        self._connection.execute("CREATE TABLE keys (key INTEGER PRIMARY KEY, value INTEGER NOT NULL)")
        self._connection.execute("BEGIN")

    def add(self, key: int, value: int = 0) -> int | None:
        """Remember a key; gives the value that it already has, or None when it is new."""
        found = self.get(key)
        if found is None:
            self._connection.execute("INSERT INTO keys VALUES (?, ?)", (key, value))
        return found

    def set(self, key: int, value: int) -> None:
        """Give a key a value, whether it is new or not."""
        self._connection.execute("INSERT OR REPLACE INTO keys VALUES (?, ?)", (key, value))

    def get(self, key: int) -> int | None:
        """The value of a key, or None."""
        row = self._connection.execute("SELECT value FROM keys WHERE key = ?", (key,)).fetchone()
        return None if row is None else int(row[0])

    def close(self) -> None:
        """Give the temporary file back."""
        self._connection.close()
