"""What a reviewer said about the sides of a bead: which go into one unit, and which units are confirmed. Called by `export`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..corpus import Bead, Divergence, Member
from .escaping import replace_forbidden

Spans = frozenset[tuple[str, int, int]]


@dataclass(frozen=True, slots=True)
class Side:
    """The members of one language in a bead that go into one variant, in document order."""

    tag: str
    members: tuple[Member, ...]

    @property
    def text(self) -> str:
        return " ".join(replace_forbidden(" ".join(member.text for member in self.members))[0].split())

    @property
    def spans(self) -> Spans:
        return frozenset((member.document, member.start, member.end) for member in self.members)


class Judged:
    """A bead with the review of its rows."""

    def __init__(self, bead: Bead, rows: Sequence[Divergence]) -> None:
        self._by_hand = bead.origin == "human"
        self._rows = rows
        self.any_rejected = any(row.status == "rejected" for row in rows)

    def _said(self, one: Side, other: Side) -> set[str]:
        return {row.status for row in self._rows if between(row, [one.spans, other.spans])}

    def rejected(self, one: Side, other: Side) -> bool:
        return "rejected" in self._said(one, other)

    def together(self, sides: Sequence[Side]) -> list[list[Side]]:
        """The sides in groups of two or more within which nothing was rejected; each side in the first group that it fits."""
        groups: list[list[Side]] = []
        for side in sides:
            home = next((group for group in groups if not any(self.rejected(side, other) for other in group)), None)
            if home is None:
                groups.append([side])
            else:
                home.append(side)
        return [group for group in groups if len(group) > 1]

    def accepted(self, sides: Sequence[Side]) -> bool:
        """Do accepted rows hold all sides together? What was put together by hand is accepted unless somebody doubts it."""
        said = {(a, b): found for a in range(len(sides)) for b in range(a + 1, len(sides)) if (found := self._said(sides[a], sides[b]))}
        if self._by_hand and not any("needs review" in found for found in said.values()):
            return True
        wanted = {number for pair in said for number in pair}
        reached = {min(wanted, default=0)}
        for _ in wanted:
            reached |= {number for pair, found in said.items() if found == {"accepted"} and reached & set(pair) for number in pair}
        return bool(wanted) and reached == wanted


def between(row: Divergence, spans: Sequence[Spans]) -> bool:
    """Is the row about two members that a unit holds, on different sides?"""
    first, second = row.pair.member_a, row.pair.member_b
    a, b = (first.document, first.start, first.end), (second.document, second.start, second.end)
    return any(a in one and b in other for number, one in enumerate(spans) for position, other in enumerate(spans) if number != position)
