"""An open review: the state of a run with its decisions laid over, and the door through which new decisions come in.

Any number of threads (tabs), sessions and processes may work on one log at once: each decision is checked against the state with
everybody's decisions in it, appended under a lock and synced before it is acknowledged. What others did is taken in from the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import RLock, Thread
from typing import Any

from .. import pipeline, write
from ..config import Configuration, read_configuration, recall
from ..corpus import Bead, Decision, Span
from ..decide import Decided, Orphan, RowReview, text_hash
from ..decide.grammar import parse, record_of
from ..decide.log import Appender
from ..decide.replay import NoTargetError
from ..decide.reviews import row_key
from ..errors import InputError
from ..steps import Progress
from .candidates import Candidates
from .state import RefusedError, State

__all__ = ["RefusedError", "Session", "numbered"]


class Session:
    """A review of one run by `reviewer`. Thread-safe."""

    def __init__(self, configuration: Configuration, reviewer: str, result: pipeline.Result) -> None:
        if configuration.decisions is None:
            raise InputError("this corpus has no place for decisions", place=str(configuration.folder))
        self.configuration, self.reviewer, self.out = configuration, reviewer, configuration.out
        self.run = result.run
        self.documents, self.segments = result.parts.reading().documents, result.parts.segments()
        self._by_id = {document.id: document for document in self.documents}
        self._vectors = result.parts.vectors
        self._lock, self._export_lock = RLock(), RLock()
        self._log = Appender(configuration.decisions)
        self._state = State(configuration, result.parts, self._log.log.decisions)
        self._candidates = Candidates(self.documents, self.segments, result.parts.vectors, self._state.linked)
        self._known_from, self._generation = self.sequence, 0

    @property
    def sequence(self) -> int:
        """How many decisions there are."""
        return self._state.sequence

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
            decided, rows = self._state.decided(), self._state.all_rows()
            return {
                "title": self.configuration.name,
                "mode": self._state.linked.mode,
                "base": self.configuration.base,
                "reviewer": self.reviewer,
                "sequence": self.sequence,
                "rows": rows,
                "beads": decided.beads,
                "reviews": {bead.id: {"status": decided.status(bead), "comment": self._state.replay.review(bead.id).comment} for bead in decided.beads},
                "documents": self.documents,
                "segments": self.segments,
                "summary": write.summarize(
                    self.configuration, self.documents, self.segments, self._state.linked, decided, rows, self._vectors.signature
                ),
                "run": self.run | {"orphaned_decisions": len(decided.orphans)},
                "decisions": numbered(self._log.log.decisions),
                "orphans": self._state.orphans(),
            }  # fmt: skip

    def since(self, sequence: int) -> dict[str, Any]:
        """What changed after that many decisions, by whomever: `removed` ids of beads, `beads`, `rows`, and the `decisions`.

        `reload` says that this cannot be told (the decisions were made before this session, or the log is another), so that `state` is asked for.
        """
        with self._lock:
            self._catch_up()
            return self._changes(sequence)

    def candidates(self, document: str, start: int, end: int, limit: int = 30) -> list[dict[str, Any]]:
        """Likely partners of a stretch of a document in the other documents, best first.

        Raises InputError when there is no such stretch.
        """
        with self._lock:
            self._catch_up()
            return self._candidates(document, start, end, self._state.replay, limit)

    def export(self, progress: Progress | None = None) -> None:
        """Bring every file of the run up to date with the log. Decisions may come in meanwhile."""
        with self._export_lock:
            self.run = pipeline.run(self.configuration, progress=progress).run

    def warm(self) -> None:
        """Load in the background what the first new text would wait for."""
        Thread(target=self._vectors.warm, daemon=True).start()

    # Decisions.

    def decide(self, records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Take decisions (all or none), and give what they changed, as `since` does, once they are on the disk.

        The server gives the times; a record without `reviewer` is by the session's. Raises RefusedError when one is no decision or finds
        no target, OutputError when the log cannot be written.
        """
        new = [self._parsed(record) for record in records]
        with self._lock:
            self._prepare(new)
            before = [self.sequence]
            try:
                self._log.append(lambda: self._checked(new, before))
            except BaseException:
                self._state.rebuild(self._log.log.decisions)
                raise
            return self._changes(before[0])

    def take(self, decisions: Sequence[Decision]) -> tuple[tuple[Decision, ...], list[Orphan]]:
        """Append decisions that come from a file, with the time and reviewer they have; what is in the log already is left out.

        Gives those that were taken, and those of them that find no target: they are kept, as the log keeps them.
        """
        with self._lock:
            self._catch_up()
            # Nothing new: the log is not touched, nor made.
            taken = self._log.append(lambda: self._new_to_the_log(decisions)) if self._new_to_the_log(decisions) else ()
            self._state.rebuild(self._log.log.decisions)
            return taken, self._state.orphans_among(taken)

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
                name, members = self._state.replay.find(target, rows=True)
            except NoTargetError:
                return None
            return self._state.replay.review(name).of_row(row_key(*members)), self._state.replay.said(name)

    def decided(self) -> Decided:
        """The beads with what was said about them."""
        with self._lock:
            self._catch_up()
            return self._state.decided()

    def first_beads(self) -> Sequence[Bead]:
        """The beads as the program found them, before anybody decided anything."""
        return self._state.linked.beads

    def _parsed(self, record: Mapping[str, Any]) -> Decision:
        try:
            decision = parse({**record, "time": "-", "reviewer": record.get("reviewer") or self.reviewer})
        except ValueError as error:
            raise RefusedError(f"not a decision ({error})") from error
        return replace(self._told(decision), time="")

    def _prepare(self, new: Sequence[Decision]) -> None:
        """Link again before the log is locked, so that others do not wait for it."""
        self._catch_up()
        if len(new) == 1 and new[0].action == "realign":
            self._state.relink(self._state.replay.fixed(), self._state.replay.rejected())

    def _told(self, decision: Decision) -> Decision:
        """The decision with the texts of its spans."""

        def told(span: Span) -> Span:
            document = self._by_id.get(span.document)
            if span.text or document is None:
                return span
            text = document.text[span.start : span.end]
            return replace(span, text=text) if text_hash(text) == span.text_hash else span

        def deep(value: Any) -> Any:
            return told(value) if isinstance(value, Span) else [deep(each) for each in value] if isinstance(value, list) else value

        payload = {name: deep(value) for name, value in decision.payload.items()}
        return replace(decision, target=tuple(told(span) for span in decision.target), payload=payload)

    def _checked(self, new: Sequence[Decision], before: list[int]) -> tuple[Decision, ...]:
        """Called under the lock of the log: take in what others did, then lay the new decisions over it; each must find its target."""
        self._take_in()
        before[0] = self.sequence
        stamped = self._log.stamped(new)
        self._state.attempt(self._log.log.decisions, stamped)
        return stamped

    def _catch_up(self) -> None:
        """Take in what others appended to the log."""
        if self._log.refresh():
            self._take_in()

    def _take_in(self) -> None:
        if self._log.generation != self._generation:
            self._generation = self._log.generation
            self._state.rebuild(self._log.log.decisions)
            self._known_from = self.sequence
        self._state.follow(self._log.log.decisions)

    def _changes(self, sequence: int) -> dict[str, Any]:
        return {
            "sequence": self.sequence,
            "reload": not self._known_from <= sequence <= self.sequence,
            "decisions": numbered(self._log.log.decisions[sequence:], sequence + 1),
            **self._state.changes(sequence),
        }


def numbered(decisions: Iterable[Decision], first: int = 1) -> list[dict[str, Any]]:
    """Decisions as records, each with its number in the log."""
    return [{"number": number, **record_of(decision)} for number, decision in enumerate(decisions, first)]
