"""Decisions laid over beads one after the other. `Replay` is the state in between: `decide` folds a whole log through it, a review
session keeps one open. The same log over the same beads gives the same state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from ..corpus import Bead, Decision, Member, Span
from .grammar import STATUS
from .reviews import NOTHING, BeadReview, Decided, Orphan, RowKey, row_key, row_keys, status_of
from .spans import Key, Place, Texts, key_of, matched, place_of

Order = tuple[int, ...]
# Fixed beads and rejected rows in; all beads of the new round out, the fixed ones among them as they are, the others without an id.
Relink = Callable[[Sequence[Bead], Sequence[RowKey]], Sequence[Bead]]


class NoTargetError(Exception):
    """A decision finds nothing to be about; the message says why."""


class Replay:
    """Live beads, what was said about them, and orphans. `changed` collects the ids of beads that came, went or were judged.

    `bitext`: every segment is in exactly one bead, so that what a bead takes others lose, and what it loses becomes a gap.
    """

    def __init__(self, beads: Iterable[Bead], texts: Texts | None = None, *, bitext: bool = True, relink: Relink | None = None) -> None:
        self.texts, self.bitext, self.relink = texts or Texts((), ()), bitext, relink
        self.beads: dict[str, Bead] = {}
        self.reviews: dict[str, BeadReview] = {}
        self.orphans: list[Orphan] = []
        self.changed: dict[str, None] = {}
        self.order: dict[str, Order] = {}
        self._barred: dict[RowKey, None] = {}
        self._said: dict[str, list[Decision]] = {}
        self._holders: dict[Key, dict[str, None]] = {}
        self._on_segment: dict[tuple[str, int], dict[str, None]] = {}
        for number, bead in enumerate(beads):
            self.add(bead, (number,))
        self.changed.clear()

    # What there is.

    def add(self, bead: Bead, order: Order) -> None:
        self.beads[bead.id] = bead
        self.order[bead.id] = order
        self.changed[bead.id] = None
        for member in bead.members:
            self._holders.setdefault(key_of(member), {})[bead.id] = None
            for index in member.segments:
                self._on_segment.setdefault((member.document, index), {})[bead.id] = None

    def remove(self, name: str) -> Bead:
        bead = self.beads.pop(name)
        self.reviews.pop(name, None)
        self._said.pop(name, None)
        self.changed[name] = None
        for member in bead.members:
            self._holders[key_of(member)].pop(name, None)
            for index in member.segments:
                self._on_segment[member.document, index].pop(name, None)
        return bead

    def on_segments(self, members: Iterable[Member]) -> list[str]:
        """The beads that touch the segments of these members, in order."""
        found = {name for member in members for index in member.segments for name in self._on_segment.get((member.document, index), ())}
        return sorted(found, key=self.order.__getitem__)

    def decided(self) -> Decided:
        ordered = sorted(self.beads, key=self.order.__getitem__)
        reviews = {name: self.reviews[name] for name in ordered if name in self.reviews}
        return Decided(tuple(self.beads[name] for name in ordered), reviews, tuple(self.orphans))

    def review(self, name: str) -> BeadReview:
        return self.reviews.get(name, NOTHING)

    # What decisions point at.

    def find(self, target: Sequence[Span], *, rows: bool) -> tuple[str, tuple[Member, ...]]:
        """The bead that has exactly these members or, with `rows`, these two among others; of several the nearest by offset.

        Raises NoTargetError.
        """
        holders = sorted((self._holders.get((span.document, span.text_hash), {}) for span in target), key=len)
        best: tuple[int, bool, Order, str, tuple[Member, ...]] | None = None
        for name in holders[0] if holders else ():
            bead = self.beads[name]
            whole = len(bead.members) == len(target)
            if not (whole or (rows and len(target) == 2 < len(bead.members))) or (found := matched(target, bead.members)) is None:
                continue
            entry = (found[0], not whole, self.order[name], name, found[1])
            if best is None or entry[:3] < best[:3]:
                best = entry
        if best is None:
            raise NoTargetError(self._missing(target))
        return best[3], best[4]

    def _missing(self, target: Sequence[Span]) -> str:
        lost = [span for span in target if not self._holders.get((span.document, span.text_hash))]
        if not lost:
            return "its texts are there, but no bead has just these members"
        unknown = [span.document for span in lost if self.texts.documents and span.document not in self.texts.documents]
        if unknown:
            return f"there is no document {unknown[0]!r} any more"
        return f"no bead has this text of {lost[0].document!r}: {_excerpt(lost[0])}"

    def places(self, target: Sequence[Span]) -> set[Place]:
        """The members of live beads that the spans mean, each the nearest with that text.

        Raises NoTargetError when one is nowhere.
        """
        found = set()
        for span in target:
            names = self._holders.get((span.document, span.text_hash))
            if not names:
                raise NoTargetError(self._missing([span]))
            fitting = [place_of(m) for name in names for m in self.beads[name].members if key_of(m) == (span.document, span.text_hash)]
            found.add(min(fitting, key=lambda place: (abs(place[1] - span.start), place)))
        return found

    # Decisions.

    def judge(self, decision: Decision) -> None:
        """What is said about a row or a bead: status, comment, grade, kinds. Raises NoTargetError."""
        name, members = self.find(decision.target, rows=True)
        bead, review = self.beads[name], self.review(name)
        whole = len(bead.members) == len(members)
        key = row_key(*members) if len(members) == 2 else None
        who = decision.reviewer
        if decision.action in STATUS:
            status = STATUS[decision.action]
            if whole:
                review = replace(review, status=status, reviewer=who, rows=tuple(replace(row, status=None, reviewer=who) for row in review.rows))
            elif key:
                review = review.with_row(key, status=status, reviewer=who)
        elif decision.action == "comment":
            text = str(decision.payload.get("text", ""))
            if whole:
                review = replace(review, comment=text, reviewer=who, rows=tuple(replace(row, comment=row.comment or None) for row in review.rows))
            elif key:
                review = review.with_row(key, comment=text, reviewer=who)
        elif key is None:
            raise NoTargetError(f"{decision.action} is about two members of a bead, and this target has {len(members)}")
        elif decision.action == "regrade":
            review = review.with_row(key, grade=int(decision.payload["grade"]), reviewer=who)
        else:
            review = review.with_row(key, kinds=tuple(decision.payload["kinds"]), reviewer=who)
        self.reviews[name] = review
        self._said.setdefault(name, []).append(decision)
        self.changed[name] = None

    def fixed(self) -> list[Bead]:
        """What a new linking may not touch: beads made by hand and accepted ones, without members whose link to an accepted one was rejected."""
        found = []
        for name in sorted(self.beads, key=self.order.__getitem__):
            bead, review = self.beads[name], self.review(name)
            states = {key: review.of_row(key).status for key in row_keys(bead)}
            if status_of(bead, review) == "accepted" or (bead.origin == "human" and not set(states.values()) & {"rejected"}):
                found.append(bead)
            elif "accepted" in states.values():
                sure = {place for key, status in states.items() if status == "accepted" for place in key}
                gone = {place for key, status in states.items() if status == "rejected" and set(key) & sure for place in key} - sure
                found.append(replace(bead, members=tuple(member for member in bead.members if place_of(member) not in gone)))
        return found

    def rejected(self) -> list[RowKey]:
        """The rows that a new linking may not make again: those of now, behind those that an earlier one did without."""
        names = sorted(self.reviews, key=self.order.__getitem__)
        now = [key for name in names for key in row_keys(self.beads[name]) if self.reviews[name].of_row(key).status == "rejected"]
        return list(dict.fromkeys([*self._barred, *now]))

    def bar(self, rows: Iterable[RowKey]) -> None:
        """Rows whose beads are gone, and which no later linking may make again."""
        self._barred.update(dict.fromkeys(rows))

    def said(self, name: str) -> list[Decision]:
        """The decisions about a bead that count, in order."""
        return self._said.get(name, [])

    def keep(self, name: str, review: BeadReview, said: Sequence[Decision]) -> None:
        """Carry a review over to a bead."""
        if review != NOTHING:
            self.reviews[name] = review
        if said:
            self._said[name] = list(said)


def _excerpt(span: Span) -> str:
    text = " ".join(span.text.split())
    return f"“{text[:60]}{'…' if len(text) > 60 else ''}”" if text else f"characters {span.start} to {span.end} as they were"
