"""`apply` lays one decision over the beads of a `Replay`. Those that change beads stand here, one function an action: merge, split, unlink,
link, edit, realign.

Beads made here have origin "human" and an id after the number of the decision in the log (`h12`, or `h12-1`, `h12-2` ...), so that
the ids are the same on each run; those of a realignment that were not there before are `r12-1`, `r12-2` ...
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations

from ..corpus import Bead, Decision, Member, Span
from .replay import NoTargetError, Order, Replay
from .reviews import NOTHING, BeadReview, Orphan, row_key
from .spans import matched, place_of

Members = tuple[Member, ...]
LAST = 1_000_000_000


def merge(replay: Replay, number: int, decision: Decision) -> None:
    places = replay.places(decision.target)
    names = {name for member in _members_at(replay, places) for name in replay.on_segments([member])}
    inside = sorted((name for name in names if {place_of(one) for one in replay.beads[name].members} <= places), key=replay.order.__getitem__)
    covered = {place_of(member) for name in inside for member in replay.beads[name].members}
    if len(inside) < 2 or covered != places:
        raise NoTargetError("no two beads have just these members")
    members = {place_of(member): member for name in inside for member in replay.beads[name].members}
    _replace(replay, number, inside, [replay.texts.joined(members.values())])


def split(replay: Replay, number: int, decision: Decision) -> None:
    name, members = replay.find(decision.target, rows=False)
    made = []
    for part in decision.payload["parts"]:
        found = [_part(replay, span, members, decision.target) for span in part]
        made.append(replay.texts.joined(found))
    if len({tuple(place_of(member) for member in part) for part in made}) < len(made):
        raise NoTargetError("two of its parts are the same")
    if any({place_of(one) for one in part} == {place_of(one) for one in members} for part in made):
        raise NoTargetError("one of its parts is the whole bead")
    _replace(replay, number, [name], made)


def unlink(replay: Replay, number: int, decision: Decision) -> None:
    name, members = replay.find(decision.target, rows=False)
    leaving = _one_of(members, decision.payload["member"])
    rest = tuple(member for member in members if member is not leaving)
    if not rest:
        raise NoTargetError("the bead has no other member")
    _replace(replay, number, [name], [replay.texts.joined(rest) if replay.texts.documents else rest, (leaving,)])


def link(replay: Replay, number: int, decision: Decision) -> None:
    try:
        name, members = replay.find(decision.target, rows=False)
        consumed = [name]
    except NoTargetError:
        # Not a bead: texts that stand alone, whose beads are gaps or none.
        members, consumed = tuple(_find(replay, span) for span in decision.target), []
        if (replay.bitext or len(members) > 1) and any(_is_linked(replay, member) for member in members):
            raise
    joining = _find(replay, decision.payload["member"])
    if any(member.document == joining.document and member.start < joining.end and joining.start < member.end for member in members):
        raise NoTargetError("the bead has this text already")
    made = replay.texts.joined((*members, joining))
    if len(made) < 2 and not consumed:
        raise NoTargetError("there is nothing to link it with")
    alone = [one for one in replay.on_segments((*members, joining)) if replay.beads[one].is_gap and _within(replay.beads[one], made)]
    _replace(replay, number, list(dict.fromkeys([*consumed, *alone])), [made])


def edit(replay: Replay, number: int, decision: Decision) -> None:
    name, members = replay.find(decision.target, rows=False)
    old, new = _one_of(members, decision.payload["from"]), _find(replay, decision.payload["to"])
    if place_of(old) == place_of(new):
        raise NoTargetError("the span is as it was")
    if any(member is not old and member.document == new.document and member.start < new.end and new.start < member.end for member in members):
        raise NoTargetError("another member of the bead has a part of this text")
    _replace(replay, number, [name], [tuple(new if member is old else member for member in members)])


def realign(replay: Replay, number: int, decision: Decision) -> None:
    if replay.relink is None:
        raise NoTargetError("nothing was linked again here")
    fixed = replay.fixed()
    rejected = [] if replay.bitext else [name for name in replay.reviews if _is_rejected(replay, name)]
    barred = replay.rejected()
    found = replay.relink(fixed, barred)
    if replay.bitext:
        replay.bar(barred)
    kept = {bead.id for bead in fixed}
    before = {frozenset(map(place_of, bead.members)): name for name, bead in replay.beads.items() if name not in kept}
    old = {name: (replay.beads[name], replay.order[name], replay.review(name), replay.said(name)) for name in replay.beads}
    arranged: list[tuple[Bead, BeadReview, Sequence[Decision]]] = []
    for place, bead in enumerate(found, 1):
        name = bead.id or before.pop(frozenset(map(place_of, bead.members)), "")
        arranged.append(
            (replace(old[name][0], members=bead.members) if name else replace(bead, id=f"r{number}-{place}"), *(old[name][2:] if name else (NOTHING, ())))
        )
    present = {bead.id for bead, _, _ in arranged}
    for name in sorted((name for name in rejected if name not in present), key=replay.order.__getitem__):
        arranged.append((old[name][0], *old[name][2:]))
        present.add(name)
    changed = dict(replay.changed)
    for name in old:
        replay.remove(name)
    replay.changed = dict(changed)
    for place, (bead, review, said) in enumerate(arranged):
        replay.add(bead, (place,))
        replay.keep(bead.id, review, said)
        if bead.id in old and old[bead.id][0] == bead and bead.id not in changed:
            replay.changed.pop(bead.id)
    for name in old:
        if name not in present:
            replay.changed[name] = None
            about = [one for one in old[name][3] if one.action != "reject"]
            replay.orphans += [Orphan(one, f"its bead was linked anew by the realignment of {decision.time}") for one in about]


CHANGES: dict[str, Callable[[Replay, int, Decision], None]] = {
    "merge": merge, "split": split, "unlink": unlink, "link": link, "edit": edit, "realign": realign,
}  # fmt: skip


def apply(replay: Replay, number: int, decision: Decision) -> str:
    """Lay the decision with that number in the log over the beads; gives "", or the reason why it is an orphan now."""
    try:
        if change := CHANGES.get(decision.action):
            change(replay, number, decision)
        else:
            replay.judge(decision)
    except NoTargetError as reason:
        replay.orphans.append(Orphan(decision, str(reason)))
        return str(reason)
    return ""


def _is_rejected(replay: Replay, name: str) -> bool:
    from .reviews import status_of

    return status_of(replay.beads[name], replay.review(name)) == "rejected"


def _members_at(replay: Replay, places: set[tuple[str, int, int]]) -> list[Member]:
    found = (replay.texts.member(*place) for place in sorted(places))
    return [member for member in found if member is not None]


def _find(replay: Replay, span: Span) -> Member:
    """The stretch of text that a span means. Raises NoTargetError where it does not stand any more."""
    near = [member for name in _around(replay, span) for member in replay.beads[name].members]
    member = replay.texts.find(span, near)
    if member is None:
        text = " ".join(span.text.split())[:60]
        raise NoTargetError(f"{span.document!r} does not have this text{f': “{text}”' if text else ''}")
    return member


def _around(replay: Replay, span: Span) -> list[str]:
    if span.document not in replay.texts.documents:
        return []
    return replay.on_segments([Member(span.document, span.start, span.end, "", replay.texts.touched(span.document, span.start, span.end))])


def _one_of(members: Members, span: Span) -> Member:
    found = matched([span], members)
    if found is None:
        raise NoTargetError("the member is not in the bead")
    return found[1][0]


def _part(replay: Replay, span: Span, members: Members, target: Sequence[Span]) -> Member:
    """A span of a part: a member as it is, or a stretch of one. Offsets that shifted did so together with the target's."""
    if (whole := matched([span], members)) is not None:
        return whole[1][0]
    outer = next((one for one in target if one.document == span.document and one.start <= span.start and span.end <= one.end), None)
    home = matched([outer], members) if outer is not None else None
    shift = home[1][0].start - outer.start if outer is not None and home is not None else 0
    member = _find(replay, replace(span, start=span.start + shift, end=span.end + shift) if span.start + shift >= 0 else span)
    if not any(one.document == member.document and one.start <= member.start and member.end <= one.end for one in members):
        raise NoTargetError("a part reaches beyond the bead")
    return member


def _is_linked(replay: Replay, member: Member) -> bool:
    """Does a bead that is no gap hold a part of this text?"""
    return any(
        own.document == member.document and own.start < member.end and member.start < own.end
        for name in replay.on_segments([member])
        if not replay.beads[name].is_gap
        for own in replay.beads[name].members
    )


def _within(bead: Bead, members: Sequence[Member]) -> bool:
    return all(any(one.document == own.document and one.start <= own.start and own.end <= one.end for one in members) for own in bead.members)


def _replace(replay: Replay, number: int, consumed: Sequence[str], made: Sequence[Members]) -> None:
    """Put new beads in the place of old ones, with what was said about them as far as it still holds.

    Bitext: what the new beads hold others lose, and a segment that no bead holds becomes a gap. Elsewhere a part of one member is a gap
    only where nothing else holds it.
    """
    order = min((replay.order[name] for name in consumed), default=None) or _place_for(replay, made)
    old = [(replay.beads[name], replay.review(name)) for name in consumed]
    for name in consumed:
        replay.remove(name)
    parts = [part for part in made if len(part) > 1 or replay.bitext or not _held(replay, made, part)]
    if replay.bitext:
        parts += _shrunk(replay, made)
        parts += _freed(replay, [bead for bead, _ in old], parts)
    moved = any(bead.moved for bead, _ in old)
    for place, members in enumerate(parts, 1):
        name = f"h{number}-{place}" if len(parts) > 1 else f"h{number}"
        replay.add(Bead(name, members, 1.0, "human", moved and len(members) > 1), (*order, number, place))
        replay.keep(name, _carried(members, old, first=place == 1), ())


def _place_for(replay: Replay, made: Sequence[Members]) -> Order:
    """Behind the last bead whose first member stands before the new one's."""
    first = made[0][0]
    before = [replay.order[name] for name, bead in replay.beads.items() if bead.members[0].document == first.document and bead.members[0].start <= first.start]
    return max(before, default=(LAST,))


def _held(replay: Replay, made: Sequence[Members], part: Members) -> bool:
    """Is the one member of a part in another bead, in whole?"""
    others = [member for other in made if other is not part for member in other]
    others += [member for name in replay.on_segments(part) for member in replay.beads[name].members]
    own = part[0]
    return any(one.document == own.document and one.start <= own.start and own.end <= one.end for one in others)


def _shrunk(replay: Replay, made: Sequence[Members]) -> list[Members]:
    """Beads that hold segments of the new ones lose them; what is left of each."""
    taken = {(member.document, index) for part in made for member in part for index in member.segments}
    left = []
    for name in replay.on_segments([member for part in made for member in part]):
        bead = replay.remove(name)
        rest = tuple(own for member in bead.members for own in _runs(replay, member, [i for i in member.segments if (member.document, i) not in taken]))
        if rest:
            left.append(rest)
    return left


def _freed(replay: Replay, old: Sequence[Bead], made: Sequence[Members]) -> list[Members]:
    """Gaps of the segments that the old beads held and no bead holds now."""
    held = {(member.document, index) for part in made for member in part for index in member.segments}
    free: list[Members] = []
    for bead in old:
        for member in bead.members:
            alone = [i for i in member.segments if (member.document, i) not in held and not replay.on_segments([replace(member, segments=(i,))])]
            held.update((member.document, index) for index in alone)
            free += [(own,) for own in _runs(replay, member, alone)]
    return free


def _runs(replay: Replay, member: Member, indices: Sequence[int]) -> list[Member]:
    """A member cut down to some of its segments: one member a run of neighbours."""
    if tuple(indices) == member.segments:
        return [member]
    runs: list[list[int]] = []
    for index in indices:
        if runs and runs[-1][-1] == index - 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    ends = [(replay.texts.segment(member.document, run[0]), replay.texts.segment(member.document, run[-1])) for run in runs]
    spans = [(max(member.start, first.start), min(member.end, last.end)) for first, last in ends]
    found = [replay.texts.member(member.document, start, end, (member,)) for start, end in spans]
    return [one for one in found if one is not None]


def _carried(members: Members, old: Sequence[tuple[Bead, BeadReview]], *, first: bool) -> BeadReview:
    """What was said and still holds: rows that are as they were keep acceptance, grade, kinds and comment; other comments go to the first bead."""
    review = BeadReview()
    keys = {row_key(a, b) for a, b in combinations(members, 2)}
    comments: list[str] = []
    for bead, said in old:
        for a, b in combinations(bead.members, 2):
            row = said.of_row(row_key(a, b))
            own = next((one for one in said.rows if one.row == row.row), None)
            if row.row in keys:
                status = "accepted" if row.status == "accepted" else None
                values = {"status": status, "grade": row.grade, "kinds": row.kinds, "comment": own.comment if own else None}
                if any(value is not None for value in values.values()):
                    review = review.with_row(row.row, **values, reviewer=row.reviewer)
            elif own and own.comment:
                comments.append(own.comment)
        comments += [said.comment] if said.comment else []
    return replace(review, comment="\n".join(dict.fromkeys(comments)) if first else "")
