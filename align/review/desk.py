"""A session as the review page sees it: packed, kept until something is decided, with the rows of a large table at hand.

Used by `review.server`.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from .. import page
from ..page.pack import Packer, row_id


class Reviewing(Protocol):
    """What the server asks of a session; `review.session.Session` is one."""

    out: Path
    reviewer: str

    def state(self) -> dict[str, Any]: ...
    def decide(self, records: list[dict[str, Any]]) -> dict[str, Any]: ...
    def since(self, sequence: int) -> dict[str, Any]: ...
    def candidates(self, document: str, start: int, end: int) -> list[dict[str, Any]]: ...
    def export(self) -> None: ...


def _parts(state: Mapping[str, Any]) -> tuple[Any, Any, Any, Any, Any, Any, Any]:
    """What `page.render` takes, in its order."""
    return state["title"], state["rows"], state["beads"], state["documents"], state["segments"], state["summary"], state["run"]


class Desk:
    """The session as the page sees it: packed, with the rows of a large table at hand."""

    def __init__(self, session: Reviewing) -> None:
        self.session = session
        self.run = secrets.token_hex(8)
        self.lock = threading.RLock()
        self.kept: tuple[int, bytes] | None = None
        self._take(session.state())

    def _take(self, state: dict[str, Any]) -> None:
        self.packer = Packer(state["documents"])
        self.rows = {row_id(row): row for row in state["rows"]}
        self.sequence = int(state["sequence"])

    def _review(self, state: Mapping[str, Any]) -> dict[str, Any]:
        return {"transport": "server", "run": self.run, **{name: state[name] for name in ("sequence", "reviewer", "decisions", "orphans")}}

    def document(self) -> bytes:
        """The page. Made anew only after something was decided."""
        with self.lock:
            state = self.session.state()
            if self.kept is None or self.kept[0] != state["sequence"]:
                self._take(state)
                self.kept = (self.sequence, page.render(*_parts(state), self._review(state)).encode("utf-8"))
            return self.kept[1]

    def state(self) -> dict[str, Any]:
        with self.lock:
            state = self.session.state()
            self._take(state)
            packed = page.payload(*_parts(state), self._review(state))
            small = len(state["rows"]) <= page.FETCHED
            return packed | {"details": self.packer.details(state["rows"]) if small else None}

    def changes(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """What a session says has changed, in the form of the page."""
        rows = list(result["rows"])
        with self.lock:
            gone = set(result["removed"])
            if gone:
                self.rows = {name: row for name, row in self.rows.items() if row["bead"] not in gone}
            self.rows |= {row_id(row): row for row in rows}
            self.sequence = max(self.sequence, int(result["sequence"]))
        return {
            **{name: result[name] for name in ("decisions", "removed", "sequence")},
            **{name: result[name] for name in ("orphans", "reload") if name in result},
            "run": self.run,
            "beads": self.packer.beads(result["beads"]),
            **self.packer.rows(rows),
            "details": self.packer.details(rows),
        }

    def details(self, ids: Sequence[str]) -> dict[str, Any]:
        return self.packer.details(self.rows[name] for name in ids if name in self.rows)

    def search(self, query: str) -> list[str]:
        """The rows that hold every word, in texts, back-translations, outlets, speakers, kinds or comment."""
        words = query.lower().split()
        fields = [f"{name}_{side}" for name in ("outlet", "text", "backtranslation", "speaker") for side in "ab"]
        found = []
        for name, row in list(self.rows.items()):
            text = "\n".join([str(row.get("bead")), *(str(row.get(field) or "") for field in fields), str(row.get("comment") or ""), *row["kinds"]]).lower()
            if all(word in text for word in words):
                found.append(name)
        return found
