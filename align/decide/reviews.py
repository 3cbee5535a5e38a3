"""What reviewers said about beads and their rows; made by `replay`, read by all that follows the decisions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

from ..corpus import Bead, Decision, Member
from .spans import Place, place_of

RowKey = tuple[Place, Place]


@dataclass(frozen=True, slots=True)
class RowReview:
    """What was said about one row. None: nothing of its own, so that what was said about the bead holds."""

    row: RowKey
    status: str | None = None
    comment: str | None = None
    grade: int | None = None
    kinds: tuple[str, ...] | None = None
    reviewer: str = ""


@dataclass(frozen=True, slots=True)
class BeadReview:
    """What was said about a bead as a whole, and about single rows of it."""

    status: str = ""
    comment: str = ""
    reviewer: str = ""
    rows: tuple[RowReview, ...] = ()

    def of_row(self, key: RowKey) -> RowReview:
        """What holds for a row: its own review filled up with that of the bead."""
        own = next((row for row in self.rows if row.row == key), RowReview(key))
        return replace(
            own,
            status=self.status if own.status is None else own.status,
            comment=self.comment if own.comment is None else own.comment,
            reviewer=own.reviewer or self.reviewer,
        )

    def with_row(self, key: RowKey, **values: object) -> BeadReview:
        """The same with something new about one row."""
        old = next((row for row in self.rows if row.row == key), RowReview(key))
        others = [row for row in self.rows if row.row != key]
        return replace(self, rows=tuple(sorted([*others, replace(old, **values)], key=lambda row: row.row)))  # type: ignore[arg-type]


NOTHING = BeadReview()


@dataclass(frozen=True, slots=True)
class Orphan:
    """A decision that found no target, and why."""

    decision: Decision
    reason: str


@dataclass(frozen=True, slots=True)
class Decided:
    """Beads after review, what was said about each by its id, and the decisions that found no target (kept in the log, listed here)."""

    beads: tuple[Bead, ...]
    reviews: dict[str, BeadReview]
    orphans: tuple[Orphan, ...]

    def row(self, bead: str, a: Member, b: Member) -> RowReview:
        """What a reviewer said about two members of a bead."""
        return self.reviews.get(bead, NOTHING).of_row(row_key(a, b))

    def status(self, bead: Bead) -> str:
        """The status of a bead: what all its rows have in common, "" when they differ or nobody decided."""
        return status_of(bead, self.reviews.get(bead.id, NOTHING))


def row_key(a: Member, b: Member) -> RowKey:
    first, second = sorted((place_of(a), place_of(b)))
    return first, second


def row_keys(bead: Bead) -> Iterator[RowKey]:
    """The rows that a bead has."""
    return (row_key(a, b) for a, b in combinations(bead.members, 2))


def status_of(bead: Bead, review: BeadReview) -> str:
    if not any(row.status is not None for row in review.rows):
        return review.status
    found = {review.of_row(key).status or "" for key in row_keys(bead)}
    return found.pop() if len(found) == 1 else ""
