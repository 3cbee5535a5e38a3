"""An open review: the state of a run with its decisions laid over, and the door through which new decisions come in.

Any number of threads (tabs), sessions and processes may work on one log at once: each decision is checked against the state with
everybody's decisions in it, appended under a lock and synced before it is acknowledged. What others did is taken in from the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import RLock
from typing import Any

from .. import decide as decisions_
from .. import pipeline, write
from ..config import Configuration, read_configuration, recall
from ..corpus import Bead, Decision, Span
from ..decide import Decided, Orphan, Replay, RowReview, Texts
from ..decide.grammar import parse, record_of
from ..decide.log import Appender
from ..decide.replay import NoTargetError
from ..decide.reviews import RowKey, row_key
from ..errors import InputError
from ..link import Rounds
from ..steps import Progress
from .candidates import Candidates
from .compare import Comparison


class RefusedError(InputError):
    """Raised for a decision that is none, or whose target is not there (any more); nothing was written."""


class Session:
    """A review of one run by `reviewer`. Thread-safe. `sequence` counts the decisions in the log."""

    def __init__(self, configuration: Configuration, reviewer: str, result: pipeline.Result) -> None:
        if configuration.decisions is None:
            raise InputError("this corpus has no place for decisions", place=str(configuration.folder))
        self.configuration, self.reviewer, self.out = configuration, reviewer, configuration.out
        self.run = result.run
        self._parts = result.parts
        self._linked = result.parts.linked()
        self.documents, self.segments = result.parts.reading().documents, result.parts.segments()
        self._by_id = {document.id: document for document in self.documents}
        self._texts = Texts(self.documents, self.segments)
        self._lock = RLock()
        self._comparison = Comparison(configuration, result.parts)
        self._candidates = Candidates(self.documents, self.segments, result.parts.vectors, self._linked)
        self._rounds: dict[str, list[Bead]] = {}
        self._stored_rounds = iter(self._linked.rounds)
        self._log = Appender(configuration.decisions)
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self._stamps: dict[str, int] = {}
        self._lost: list[Orphan] = []
        self.sequence = 0
        self._replay = self._new_replay()
        self._rebuild()
        self._stamps = {}

    @classmethod
    def open(cls, where: Configuration | Path, reviewer: str, progress: Progress | None = None) -> Session:
        """Open a review on a corpus (a configuration, or the folder of `align.toml`) or on the folder that a run wrote.

        The pipeline runs first where it is not up to date. Raises AlignError for what the user can mend.
        """
        if isinstance(where, Path):
            ran = (where / ".stages").is_dir() and not (where / "align.toml").exists()
            configuration = recall(where) if ran else read_configuration(where)
        else:
            configuration = where
        return cls(configuration, reviewer, pipeline.run(configuration, progress=progress))

    # What there is.

    def state(self) -> dict[str, Any]:
        """Everything the page shows, with the decisions laid over: what `page.render` takes, and the decisions themselves."""
        with self._lock:
            self._catch_up()
            decided = self._decided()
            rows = [row for bead in decided.beads for row in self._rows.get(bead.id, ())]
            return {
                "title": self.configuration.name,
                "mode": self._linked.mode,
                "base": self.configuration.base,
                "reviewer": self.reviewer,
                "sequence": self.sequence,
                "rows": rows,
                "beads": decided.beads,
                "reviews": {bead.id: {"status": decided.status(bead), "comment": self._replay.review(bead.id).comment} for bead in decided.beads},
                "documents": self.documents,
                "segments": self.segments,
                "summary": write.summarize(
                    self.configuration, self.documents, self.segments, self._linked, decided, rows, self._parts.vectors.signature
                ),
                "run": self.run | {"orphaned_decisions": len(decided.orphans)},
                "decisions": self._records(self._log.log.decisions, 1),
                "orphans": self._orphans(),
            }  # fmt: skip

    def since(self, sequence: int) -> dict[str, Any]:
        """What changed after that many decisions, by whomever: `removed` ids of beads, `beads`, `rows`, and the `decisions`."""
        with self._lock:
            self._catch_up()
            return self._changes(sequence)

    def candidates(self, document: str, start: int, end: int, limit: int = 30) -> list[dict[str, Any]]:
        """Likely partners of a stretch of a document in the other documents, best first.

        Raises InputError when there is no such stretch.
        """
        with self._lock:
            self._catch_up()
            return self._candidates(document, start, end, self._replay, limit)

    def export(self, progress: Progress | None = None) -> None:
        """Bring every file of the run up to date with the log."""
        with self._lock:
            self.run = pipeline.run(self.configuration, progress=progress).run

    # Decisions.

    def decide(self, records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Take decisions (all or none), and give what they changed, as `since` does, once they are on the disk.

        The server gives the times; a record without `reviewer` is by the session's. Raises RefusedError when one is no decision or finds
        no target, OutputError when the log cannot be written.
        """
        new = [self._parsed(record) for record in records]
        with self._lock:
            before = [self.sequence]
            try:
                self._log.append(lambda: self._checked(new, before))
            except BaseException:
                self._rebuild()
                raise
            self.sequence = len(self._log.log.decisions)
            self._refresh_rows()
            return self._changes(before[0])

    def take(self, decisions: Sequence[Decision]) -> tuple[tuple[Decision, ...], list[Orphan]]:
        """Append decisions that come from a file, with the time and reviewer they have; what is in the log already is left out.

        Gives those that were taken, and those of them that find no target: they are kept, as the log keeps them.
        """
        with self._lock:
            taken = self._log.append(lambda: self._new_to_the_log(decisions))
            self._rebuild()
            orphans = [orphan for orphan in (*self._replay.orphans, *self._lost) if orphan.decision in taken]
            return taken, orphans

    def _new_to_the_log(self, decisions: Sequence[Decision]) -> list[Decision]:
        log = self._log.log.decisions
        known: dict[tuple[str, str], list[Decision]] = {}
        for one in log:
            known.setdefault((one.time, one.reviewer), []).append(one)
        imported = {one.payload["imported"] for one in log if isinstance(one.payload.get("imported"), str)}
        new = [one for one in decisions if one not in known.get((one.time, one.reviewer), ()) and one.payload.get("imported") not in imported]
        return [self._told(one) for one in new]

    def log(self) -> tuple[Decision, ...]:
        """Everything that was decided, in order."""
        with self._lock:
            self._catch_up()
            return self._log.log.decisions

    def find(self, target: Sequence[Span]) -> tuple[RowReview, list[Decision]] | None:
        """What holds for the row that has these spans, and the decisions about its bead that count; None where there is no such row."""
        with self._lock:
            try:
                name, members = self._replay.find(target, rows=True)
            except NoTargetError:
                return None
            return self._replay.review(name).of_row(row_key(*members)), self._replay.said(name)

    def decided(self) -> Decided:
        """The beads with what was said about them."""
        with self._lock:
            self._catch_up()
            return self._decided()

    def first_beads(self) -> Sequence[Bead]:
        """The beads as the program found them, before anybody decided anything."""
        return self._linked.beads

    def _parsed(self, record: Mapping[str, Any]) -> Decision:
        try:
            decision = parse({**record, "time": "-", "reviewer": record.get("reviewer") or self.reviewer})
        except ValueError as error:
            raise RefusedError(f"not a decision ({error})") from error
        return replace(self._told(decision), time="")

    def _told(self, decision: Decision) -> Decision:
        """The decision with the texts of its spans."""

        def told(span: Span) -> Span:
            document = self._by_id.get(span.document)
            if span.text or document is None:
                return span
            text = document.text[span.start : span.end]
            return replace(span, text=text) if decisions_.text_hash(text) == span.text_hash else span

        def deep(value: Any) -> Any:
            return told(value) if isinstance(value, Span) else [deep(each) for each in value] if isinstance(value, list) else value

        payload = {name: deep(value) for name, value in decision.payload.items()}
        return replace(decision, target=tuple(told(span) for span in decision.target), payload=payload)

    def _checked(self, new: Sequence[Decision], before: list[int]) -> tuple[Decision, ...]:
        """Called under the lock of the log: take in what others did, then lay the new decisions over it; each must find its target."""
        self._advance()
        before[0] = self.sequence
        stamped = self._log.stamped(new)
        log = [*self._log.log.decisions, *stamped]
        if any(decision.action in ("undo", "redo") for decision in stamped):
            before_replay = self._replay
            self._replay_all(log)
            lost = [orphan for orphan in (*self._lost, *self._replay.orphans) if any(orphan.decision is one for one in stamped)]
            if lost:
                self._replay = before_replay
                raise RefusedError(f"{lost[0].decision.action}: {lost[0].reason}")
            return stamped
        for number, decision in enumerate(stamped, self.sequence + 1):
            reason = self._replay.apply(number, decision)
            if reason:
                raise RefusedError(f"{decision.action}: {reason}", hint="somebody may have changed this since the page was loaded")
        return stamped

    # The state follows the log.

    def _new_replay(self) -> Replay:
        return Replay(self._linked.beads, self._texts, bitext=self._linked.mode == "bitext", relink=self._relink)

    def _relink(self, fixed: Sequence[Bead], rejected: Sequence[RowKey]) -> Sequence[Bead]:
        key = repr((fixed, rejected))
        if key not in self._rounds:
            stored = next(self._stored_rounds, None)
            if stored is None:
                stored = tuple(Rounds(self._linked, self.documents, self.segments, self._parts.vectors, self.configuration.base)(fixed, rejected))
            self._rounds[key] = list(stored)
        return self._rounds[key]

    def _catch_up(self) -> None:
        if self._log.refresh():
            self._advance()

    def _advance(self) -> None:
        """Lay over what is new in the log."""
        decisions = self._log.log.decisions
        new = decisions[self.sequence :]
        if not new:
            return
        names = {(one.time, one.reviewer) for one in decisions[: self.sequence]} if len(new) < 100 else set()
        plain = all(one.action not in ("undo", "redo") and (one.time, one.reviewer) not in names for one in new)
        if plain and names:
            for number, decision in enumerate(new, self.sequence + 1):
                self._replay.apply(number, decision)
        else:
            self._replay_all(decisions)
        self.sequence = len(decisions)
        self._refresh_rows()

    def _rebuild(self) -> None:
        """Replay the whole log."""
        decisions = self._log.log.decisions
        self._replay_all(decisions)
        self.sequence = len(decisions)
        self._refresh_rows()

    def _replay_all(self, decisions: Sequence[Decision]) -> None:
        """A new state from the whole log; what differs from the old one counts as changed."""
        old, new = self._replay, self._new_replay()
        counted, self._lost = decisions_.effective(decisions)
        for number, decision in counted:
            new.apply(number, decision)
        names = dict.fromkeys([*old.beads, *new.beads])
        changed = [name for name in names if old.beads.get(name) != new.beads.get(name) or old.reviews.get(name) != new.reviews.get(name)]
        new.changed = dict.fromkeys([*old.changed, *changed])
        self._replay = new

    def _refresh_rows(self) -> None:
        """Rows of the beads that changed, and the mark when they did."""
        replay = self._replay
        changed = [name for name in replay.changed if name in replay.beads]
        missing = [name for name in replay.beads if name not in self._rows] if not self._rows else changed
        self._rows.update(self._comparison.rows([replay.beads[name] for name in missing], replay.reviews))
        for name in replay.changed:
            self._stamps[name] = self.sequence
            if name not in replay.beads:
                self._rows.pop(name, None)
        replay.changed = {}

    def _decided(self) -> Decided:
        decided = self._replay.decided()
        return replace(decided, orphans=(*decided.orphans, *self._lost))

    def _changes(self, sequence: int) -> dict[str, Any]:
        replay = self._replay
        names = [name for name, stamp in self._stamps.items() if stamp > sequence]
        there = sorted((name for name in names if name in replay.beads), key=replay.order.__getitem__)
        return {
            "sequence": self.sequence,
            "decisions": self._records(self._log.log.decisions[sequence:], sequence + 1),
            "removed": [name for name in names if name not in replay.beads],
            "beads": [self._bead(name) for name in there],
            "rows": [row for name in there for row in self._rows.get(name, ())],
            "orphans": self._orphans(),
        }

    def _bead(self, name: str) -> dict[str, Any]:
        bead, review = self._replay.beads[name], self._replay.review(name)
        status = Decided((bead,), {name: review}, ()).status(bead)
        return write.bead_record(bead, self._by_id, status) | {"comment": review.comment, "order": list(self._replay.order[name])}

    def _orphans(self) -> list[dict[str, Any]]:
        return [{"reason": orphan.reason, **record_of(orphan.decision)} for orphan in (*self._replay.orphans, *self._lost)]

    def _records(self, decisions: Iterable[Decision], first: int) -> list[dict[str, Any]]:
        return [{"number": number, **record_of(decision)} for number, decision in enumerate(decisions, first)]
