"""The state of a review that follows its log: beads, what was said about them, rows, and when each last changed. Used by `session`, which
sees to it that one thread works on it at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from .. import decide as decisions_
from .. import pipeline, write
from ..config import Configuration
from ..corpus import Bead, Decision
from ..decide import Decided, Orphan, Replay, Texts
from ..decide.grammar import record_of
from ..decide.reviews import RowKey
from ..decide.structure import apply
from ..errors import InputError
from ..link import Rounds, round_key
from .compare import Comparison


class RefusedError(InputError):
    """Raised for a decision that is none, or whose target is not there (any more); nothing was written."""


class State:
    """`sequence`: how many decisions of the log are laid over; `rows`: the flat rows of each bead by its id."""

    def __init__(self, configuration: Configuration, parts: pipeline.Parts, decisions: Sequence[Decision]) -> None:
        self._base, self._vectors = configuration.base, parts.vectors
        self.linked = parts.linked()
        self._documents, self._segments = parts.reading().documents, parts.segments()
        self._by_id = {document.id: document for document in self._documents}
        self._texts = Texts(self._documents, self._segments, voices=self.linked.mode == "renditions")
        self._comparison = Comparison(configuration, parts)
        self._rounds: dict[str, Sequence[Bead]] = {one.key: one.beads for one in self.linked.rounds}
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self._stamps: dict[str, int] = {}
        self._lost: list[Orphan] = []
        self.replay = self._new_replay()
        self.replay.changed = dict.fromkeys(self.replay.beads)
        self.rebuild(decisions)
        self._stamps = {}

    def _new_replay(self) -> Replay:
        return Replay(self.linked.beads, self._texts, bitext=self.linked.mode == "bitext", relink=self.relink)

    def relink(self, fixed: Sequence[Bead], rejected: Sequence[RowKey]) -> Sequence[Bead]:
        """The beads of a realignment: those that the pipeline made, where it made them, else linked now, once."""
        key = round_key(fixed, rejected)
        if key not in self._rounds:
            self._rounds[key] = Rounds(self.linked, self._documents, self._segments, self._vectors, self._base)(fixed, rejected)
        return self._rounds[key]

    def rebuild(self, decisions: Sequence[Decision]) -> None:
        """Replay a whole log."""
        self._replay_all(decisions)
        self._refresh(len(decisions))

    def follow(self, decisions: Sequence[Decision]) -> None:
        """Lay over what is new in a log."""
        new = decisions[self.sequence :]
        if not new:
            return
        names = {(one.time, one.reviewer) for one in decisions[: self.sequence]}
        if all(one.action not in ("undo", "redo") and (one.time, one.reviewer) not in names for one in new) and len({one.time for one in new}) == len(new):
            for number, decision in enumerate(new, self.sequence + 1):
                apply(self.replay, number, decision)
        else:
            self._replay_all(decisions)
        self._refresh(len(decisions))

    def attempt(self, before: Sequence[Decision], new: Sequence[Decision]) -> None:
        """Lay new decisions over the state of the log before them, and score what they make.

        Raises RefusedError when one finds no target; the state is then to be rebuilt.
        """
        if any(decision.action in ("undo", "redo") for decision in new):
            self._replay_all([*before, *new])
            for orphan in (*self._lost, *self.replay.orphans):
                if any(orphan.decision is one for one in new):
                    raise RefusedError(f"{orphan.decision.action}: {orphan.reason}")
        else:
            for number, decision in enumerate(new, len(before) + 1):
                if reason := apply(self.replay, number, decision):
                    raise RefusedError(f"{decision.action}: {reason}", hint="somebody may have changed this since the page was loaded")
        self._refresh(len(before) + len(new))

    def _replay_all(self, decisions: Sequence[Decision]) -> None:
        """A new state from the whole log; what differs from the old one counts as changed."""
        old, new = self.replay, self._new_replay()
        counted, self._lost = decisions_.effective(decisions)
        for number, decision in counted:
            apply(new, number, decision)
        names = dict.fromkeys([*old.beads, *new.beads])
        changed = [name for name in names if old.beads.get(name) != new.beads.get(name) or old.reviews.get(name) != new.reviews.get(name)]
        new.changed = dict.fromkeys([*old.changed, *changed])
        self.replay = new

    def _refresh(self, sequence: int) -> None:
        """Rows of the beads that changed, and the mark when they did."""
        replay = self.replay
        there = [replay.beads[name] for name in replay.changed if name in replay.beads]
        self.rows.update(self._comparison.rows(there, replay.reviews))
        self.sequence = sequence
        for name in replay.changed:
            self._stamps[name] = sequence
            if name not in replay.beads:
                self.rows.pop(name, None)
        replay.changed = {}

    def decided(self) -> Decided:
        decided = self.replay.decided()
        return replace(decided, orphans=(*decided.orphans, *self._lost))

    def all_rows(self) -> list[dict[str, Any]]:
        """The rows in the order of their beads."""
        return [row for name in sorted(self.rows, key=self.replay.order.__getitem__) for row in self.rows[name]]

    def changes(self, sequence: int) -> dict[str, Any]:
        """What changed after that many decisions."""
        replay = self.replay
        names = [name for name, stamp in self._stamps.items() if stamp > sequence]
        there = sorted((name for name in names if name in replay.beads), key=replay.order.__getitem__)
        return {
            "removed": [name for name in names if name not in replay.beads],
            "beads": [self._bead(name) for name in there],
            "rows": [row for name in there for row in self.rows.get(name, ())],
            "orphans": self.orphans(),
        }

    def _bead(self, name: str) -> dict[str, Any]:
        bead, review = self.replay.beads[name], self.replay.review(name)
        status = Decided((bead,), {name: review}, ()).status(bead)
        return write.bead_record(bead, self._by_id, status) | {"comment": review.comment, "order": list(self.replay.order[name])}

    def orphans(self) -> list[dict[str, Any]]:
        return [{"reason": orphan.reason, **record_of(orphan.decision)} for orphan in (*self.replay.orphans, *self._lost)]

    def orphans_among(self, decisions: Iterable[Decision]) -> list[Orphan]:
        """Those of the decisions that find no target."""
        asked = list(decisions)
        return [orphan for orphan in (*self.replay.orphans, *self._lost) if orphan.decision in asked]
