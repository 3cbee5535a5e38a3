"""Stage `decide`: a reviewer's decisions, read from `decisions.jsonl`, laid over the beads that the program found.

A decision points at spans of text, so it survives a re-run and a change of the aligner. The log is only ever appended to and is
replayed in its order: `grammar` says what a line may hold, `log` reads and appends, `replay` and `structure` lay decisions over beads,
`reviews` is what comes out. `undo` takes back the decision it names, wherever that stands in the log. What finds no target is an
orphan: listed with the reason, and kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from ..corpus import Bead, Decision, Document, Segment
from .grammar import ACTIONS, STATUS, STRUCTURAL
from .log import read_decisions, read_log
from .replay import Relink, Replay
from .reviews import BeadReview, Decided, Orphan, RowReview
from .spans import Texts, target_of, text_hash
from .structure import apply

if TYPE_CHECKING:
    from ..link import Linked

__all__ = [
    "ACTIONS", "STATUS", "STRUCTURAL", "BeadReview", "Decided", "Orphan", "Replay", "RowReview", "Texts",
    "decide", "effective", "over", "read_decisions", "read_log", "rounds", "structural", "target_of", "text_hash",
]  # fmt: skip

Numbered = tuple[int, Decision]


def decide(beads: Sequence[Bead], decisions: Sequence[Decision], texts: Texts | None = None, *, bitext: bool = True, relink: Relink | None = None) -> Decided:
    """Lay the decisions over the beads. The last word counts; rejected beads are kept, marked as such.

    `texts` is needed where a decision changes beads; `relink` gives the beads of each realignment, in order.
    """
    replay = Replay(beads, texts, bitext=bitext, relink=relink)
    counted, lost = effective(decisions)
    for number, decision in counted:
        apply(replay, number, decision)
    replay.orphans += lost
    return replay.decided()


def over(linked: Linked, decisions: Sequence[Decision], documents: Sequence[Document], segments: Sequence[Segment]) -> Decided:
    """Lay the decisions over what the stage `link` found, realignments included."""
    again = iter(linked.rounds)
    texts = Texts(documents, segments, voices=linked.mode == "renditions")
    return decide(linked.beads, decisions, texts, bitext=linked.mode == "bitext", relink=lambda fixed, rejected: next(again).beads)


def effective(decisions: Sequence[Decision]) -> tuple[list[Numbered], list[Orphan]]:
    """The decisions that count, each with its number in the log (from 1), and the undo and redo that name none before them.

    A line that stands in the log twice counts once.
    """
    stands: dict[tuple[str, str], bool] = {}
    seen: dict[tuple[str, str], list[Decision]] = {}
    kept: list[Numbered] = []
    lost: list[Orphan] = []
    for number, decision in enumerate(decisions, 1):
        name = (decision.time, decision.reviewer)
        if decision.action in ("undo", "redo"):
            named = list(_named(decision, stands))
            if not named:
                lost.append(Orphan(decision, f"no decision before it was made at {decision.payload.get('time')}"))
            for one in named:
                stands[one] = decision.action == "redo"
            continue
        if decision in seen.get(name, ()):
            continue
        seen.setdefault(name, []).append(decision)
        stands.setdefault(name, True)
        kept.append((number, decision))
    return [(number, decision) for number, decision in kept if stands[decision.time, decision.reviewer]], lost


def _named(decision: Decision, known: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    time, reviewer = str(decision.payload.get("time", "")), decision.payload.get("reviewer")
    return (name for name in known if name[0] == time and reviewer in (None, name[1]))


def structural(decisions: Sequence[Decision]) -> list[Numbered]:
    """What decides which beads there are, and so what is compared: decisions that change beads, and before a realignment all."""
    counted, _ = effective(decisions)
    last = max((place for place, (_, decision) in enumerate(counted) if decision.action == "realign"), default=-1)
    return [entry for place, entry in enumerate(counted) if place <= last or entry[1].action in STRUCTURAL]


def rounds(decisions: Sequence[Decision]) -> list[Numbered]:
    """What the linking depends on: everything that counts up to the last realignment, nothing where there is none."""
    counted, _ = effective(decisions)
    last = max((place for place, (_, decision) in enumerate(counted) if decision.action == "realign"), default=-1)
    return counted[: last + 1]
