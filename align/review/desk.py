"""A session as the review page sees it: packed, kept until something is decided, with the rows of a large table at hand.

Used by `review.server`.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from .. import page
from ..decide import STATUS
from ..errors import InputError
from ..page.pack import Packer, row_id

LONGEST_ID = 64
# What leaves the rows of the page where they are, and how much of it is written beside a page that was made before.
BESIDE = (*STATUS, "regrade", "kinds", "comment")
MOST_BESIDE = 500


class Reviewing(Protocol):
    """What the server asks of a session; `review.session.Session` is one."""

    reviewer: str

    @property
    def out(self) -> Path: ...

    def state(self) -> dict[str, Any]: ...
    def decide(self, records: list[dict[str, Any]]) -> dict[str, Any]: ...
    def since(self, sequence: int) -> dict[str, Any]: ...
    def candidates(self, document: str, start: int, end: int) -> list[dict[str, Any]]: ...
    def export(self) -> None: ...


def _parts(state: Mapping[str, Any]) -> tuple[Any, Any, Any, Any, Any, Any, Any]:
    """What `page.render` takes, in its order."""
    return state["title"], state["rows"], state["beads"], state["documents"], state["segments"], state["summary"], state["run"]


class Desk:
    """The session as the page sees it: packed, with the rows of a large table at hand.

    The page gives each decision an id of its own and sends it until it is acknowledged. The id is kept in the payload, in
    the log: what has been written is known again, after a crash too, and is not written twice.
    """

    def __init__(self, session: Reviewing) -> None:
        self.session = session
        self.run = secrets.token_hex(8)
        self.lock = threading.RLock()
        self.kept: tuple[int, tuple[bytes, bytes, bytes]] | None = None
        self._take(session.state())

    def _take(self, state: dict[str, Any]) -> None:
        self.packer = Packer(state["documents"])
        self.rows = {row_id(row): row for row in state["rows"]}
        self.sequence = int(state["sequence"])
        self.known: dict[str, dict[str, Any]] = {}
        self._learn(state["decisions"])

    def _learn(self, decisions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The decisions with their ids beside them; what was written is remembered."""
        named = [{**each, "id": each["payload"].get("id", "")} for each in decisions]
        self.known |= {each["id"]: each for each in named if each["id"]}
        return named

    def decide(self, records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Give decisions to the session, each once, and say what they changed.

        Raises InputError for what is no decision of a page, and what the session raises.
        """
        with self.lock:
            results: list[dict[str, Any]] = []
            batch: dict[str, dict[str, Any]] = {}

            def hand_over() -> None:
                if batch:
                    results.append(self.session.decide(list(batch.values())))
                    self._learn(results[-1]["decisions"])
                    batch.clear()

            for record in records:
                name, payload = record.get("id"), record.get("payload", {})
                if not isinstance(name, str) or not 0 < len(name) <= LONGEST_ID or not isinstance(payload, Mapping):
                    raise InputError(f"a decision has no id of 1 to {LONGEST_ID} characters, or its payload is no object")
                if name in self.known or name in batch:
                    continue
                if "of" in payload:
                    # Taken back before the page knew when it was written: by then it is in the log.
                    hand_over()
                    payload = self._meant(payload)
                batch[name] = {**record, "payload": {**payload, "id": name}}
            hand_over()
            if len(results) == 1:
                return self.changes(results[0])
            return self.changes(self.session.since(results[0]["sequence"] - len(results[0]["decisions"]) if results else self.sequence))

    def _meant(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        meant = self.known.get(str(payload["of"]))
        if meant is None:
            raise InputError("the decision that is meant is not in the log")
        return {**{name: value for name, value in payload.items() if name != "of"}, "time": meant["time"], "reviewer": meant["reviewer"]}

    def _review(self, state: Mapping[str, Any]) -> dict[str, Any]:
        own = {name: state[name] for name in ("sequence", "reviewer", "orphans")}
        # What a page could not hand over waits in the browser under this name, for no other review on the same port.
        place = sha256(str(self.session.out.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:12]
        return {"transport": "server", "run": self.run, "place": place, **own, "decisions": self._learn(state["decisions"])}

    def document(self) -> bytes:
        """The page. Statuses, grades, kinds and comments since it was made are written beside it; it is made anew after anything else."""
        with self.lock:
            since = self.session.since(self.kept[0]) if self.kept else None
            if since and not since.get("reload") and len(since["decisions"]) <= MOST_BESIDE and all(each["action"] in BESIDE for each in since["decisions"]):
                before, slot, after = self.kept[1] if self.kept else (b"", b"", b"")
                return b"".join((before, slot, page.embedded(self.changes(since)).encode("utf-8") if since["decisions"] else b"", after))
            state = self.session.state()
            self._take(state)
            made = page.render(*_parts(state), self._review(state)).encode("utf-8")
            self.kept = (self.sequence, made.partition(page.SINCE.encode()))
            return made

    def state(self) -> dict[str, Any]:
        with self.lock:
            state = self.session.state()
            self._take(state)
            return page.payload(*_parts(state), self._review(state))

    def changes(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """What a session says has changed, in the form of the page."""
        rows = list(result["rows"])
        with self.lock:
            gone = set(result["removed"])
            if gone:
                self.rows = {name: row for name, row in self.rows.items() if row["bead"] not in gone}
            self.rows |= {row_id(row): row for row in rows}
            self.sequence = max(self.sequence, int(result["sequence"]))
            decisions = self._learn(result["decisions"])
        return {
            "decisions": decisions,
            **{name: result[name] for name in ("removed", "sequence")},
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
