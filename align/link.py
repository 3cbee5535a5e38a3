"""Stage `link`: documents and segments in, beads out. Decides between the two alignment problems and numbers the beads.

Bitext: the documents of a group are translations of each other; each is aligned with the group's first (base) document
and beads that share a base segment become one. Renditions: `renditions` links whatever renders the same statement.
Where a reviewer had the rest aligned again, `Rounds` links once more, with what was accepted by then fixed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from .corpus import Bead, Decision, Document, Member, Segment
from .decide.replay import Replay
from .decide.reviews import RowKey
from .decide.spans import Texts, place_of
from .decide.structure import apply
from .embed import Vectors
from .errors import InputError
from .store import digest


@dataclass(frozen=True, slots=True)
class Round:
    """The beads after a realignment: fixed ones with the id they had, others without. `key` says around what they were linked."""

    key: str
    beads: tuple[Bead, ...]


@dataclass(frozen=True, slots=True)
class Linked:
    """The beads, the mode they were made in and why, and how (`signature`).

    Renditions only: `near_misses`, pairs that were almost linked, the likeliest first; `unlinked`, what somebody says and no other
    document renders; `twins`, pairs of documents that are one text or its translation. `rounds`: one for each realignment that a
    reviewer asked for.
    """

    beads: tuple[Bead, ...]
    mode: str
    reason: str
    signature: str
    near_misses: tuple[Bead, ...] = ()
    unlinked: tuple[Segment, ...] = ()
    twins: tuple[tuple[str, str], ...] = ()
    rounds: tuple[Round, ...] = ()


def link(
    documents: Sequence[Document],
    segments: Sequence[Segment],
    vectors: Vectors | None,
    mode: str = "auto",
    base: str = "",
    advance: Callable[[int], None] = lambda _: None,
    decisions: Sequence[tuple[int, Decision]] = (),
) -> Linked:
    """Align or link the documents; `base` is the outlet or language whose document leads each group.

    Without `vectors` bitexts are aligned by their surface; renditions cannot be linked then (InputError). `decisions` are those that
    count up to the last realignment, numbered (`decide.rounds`); without one the list is empty.
    """
    first = _first(documents, segments, vectors, mode, base, advance)
    if not decisions:
        return first
    rounds = Rounds(first, documents, segments, vectors, base)
    texts = Texts(documents, segments, voices=first.mode == "renditions")
    replay = Replay(first.beads, texts, bitext=first.mode == "bitext", relink=rounds)
    for number, decision in decisions:
        apply(replay, number, decision)
    return rounds.linked


def _first(
    documents: Sequence[Document], segments: Sequence[Segment], vectors: Vectors | None, mode: str, base: str, advance: Callable[[int], None] = lambda _: None
) -> Linked:
    by_document: dict[str, list[Segment]] = defaultdict(list)
    for segment in segments:
        by_document[segment.document].append(segment)
    groups = _groups(documents, base)
    mode, reason = _decide(groups, by_document, vectors) if mode == "auto" else (mode, f"mode = {mode!r} is set")
    if mode == "renditions":
        if vectors is None:
            raise InputError(f"renditions cannot be linked without an encoder ({reason})", hint="choose an encoder, or set the mode to bitext")
        return _renditions(documents, segments, vectors, reason)
    from .aligner import Settings, signature

    _check_bitext(groups)
    beads: list[Bead] = []
    for group in groups:
        beads += _align_group(group, by_document, vectors)
        advance(sum(len(by_document[document.id]) for document in group))
    return Linked(tuple(_numbered(beads)), mode, reason, f"{signature(Settings())}|encoder:{vectors.signature if vectors else 'none'}")


def _renditions(documents: Sequence[Document], segments: Sequence[Segment], vectors: Vectors, reason: str) -> Linked:
    from . import renditions

    found = renditions.review(documents, segments, vectors)
    how = f"{renditions.signature(renditions.Settings())}|encoder:{vectors.signature}"
    return Linked(tuple(_numbered(found.beads)), "renditions", reason, how, tuple(_numbered(found.near_misses)), found.unlinked, found.twins)


def round_key(fixed: Sequence[Bead], rejected: Sequence[RowKey]) -> str:
    """The same for the same beads and rows to link around."""
    return digest(repr((list(fixed), list(rejected))))


class Rounds:
    """Links the rest again around fixed beads, once a call; `linked` grows by a round each time."""

    def __init__(self, linked: Linked, documents: Sequence[Document], segments: Sequence[Segment], vectors: Vectors | None, base: str) -> None:
        self.linked = linked
        self._documents, self._segments, self._vectors, self._base = documents, segments, vectors, base
        self._texts = Texts(documents, segments)

    def __call__(self, fixed: Sequence[Bead], rejected: Sequence[RowKey]) -> list[Bead]:
        """All beads of the new round: the fixed ones as they are, others without an id; the texts of a rejected row are not linked."""
        barred = [Bead("", tuple(member for place in row if (member := self._texts.member(*place))), 0.0) for row in rejected]
        beads = (self._renditions if self.linked.mode == "renditions" else self._bitext)(fixed, barred)
        self.linked = replace(self.linked, rounds=(*self.linked.rounds, Round(round_key(fixed, rejected), tuple(beads))))
        return beads

    def _renditions(self, fixed: Sequence[Bead], barred: Sequence[Bead]) -> list[Bead]:
        from . import renditions

        assert self._vectors is not None  # else the first round had said so
        found = renditions.review(self._documents, self._segments, self._vectors, anchors=fixed, rejected=barred)
        self.linked = replace(self.linked, near_misses=tuple(_numbered(found.near_misses)), unlinked=found.unlinked)
        order = {document.id: number for number, document in enumerate(self._documents)}
        return sorted(found.beads, key=lambda bead: (order[bead.members[0].document], *place_of(bead.members[0])[1:], bead.id))

    def _bitext(self, fixed: Sequence[Bead], barred: Sequence[Bead]) -> list[Bead]:
        by_document: dict[str, list[Segment]] = defaultdict(list)
        for segment in self._segments:
            by_document[segment.document].append(segment)
        beads = []
        for group in _groups(self._documents, self._base):
            names = {document.id for document in group}
            own = [bead for bead in fixed if any(member.document in names for member in bead.members)]
            apart = [bead for bead in barred if any(member.document in names for member in bead.members)]
            if own or apart:
                beads += _align_group(group, by_document, self._vectors, own, apart)
            else:
                # Nobody decided anything here: the first alignment stands.
                beads += [replace(bead, id="") for bead in self.linked.beads if bead.members[0].document in names]
        return beads


def _groups(documents: Sequence[Document], base: str) -> list[list[Document]]:
    groups: dict[str, list[Document]] = defaultdict(list)
    for document in documents:
        groups[document.group].append(document)
    for group in groups.values():
        group.sort(key=lambda document: base not in (document.outlet, document.language))
    return [groups[name] for name in sorted(groups)]


def _check_bitext(groups: Sequence[Sequence[Document]]) -> None:
    for group in groups:
        if len(group) < 2:
            raise InputError(
                f"bitext mode needs two documents or more in a group; {group[0].id!r} stands alone",
                hint='give its translation the same group, or set mode = "renditions"',
            )


def _decide(groups: Sequence[Sequence[Document]], by_document: dict[str, list[Segment]], vectors: Vectors | None) -> tuple[str, str]:
    """Parallel or comparable? Every document is held against the first of its group; one that is not parallel decides."""
    if any(len(group) < 2 for group in groups):
        return "renditions", "a document stands alone, so there is no translation to align it with"
    from .aligner import looks_parallel

    for group in groups:
        source = [segment.text for segment in by_document[group[0].id]]
        for other in group[1:]:
            parallel, reason = looks_parallel(source, [segment.text for segment in by_document[other.id]], vectors)
            if not parallel:
                return "renditions", f"{group[0].id} and {other.id}: {reason}"
    return "bitext", reason


def _align_group(
    group: Sequence[Document], by_document: dict[str, list[Segment]], vectors: Vectors | None, fixed: Sequence[Bead] = (), barred: Sequence[Bead] = ()
) -> list[Bead]:
    """Align each document with the first; beads that touch the same segments of the first are merged.

    `fixed` beads stand as they are, and nothing reaches across them; of a `barred` one the second choice is found.
    """
    from .aligner import align

    base, others = group[0], group[1:]
    size = len(by_document[base.id])
    leader = list(range(size))
    taken = {(member.document, index) for bead in fixed for member in bead.members for index in member.segments}

    def find(index: int) -> int:
        while leader[index] != index:
            index = leader[index]
        return index

    links: list[tuple[str, tuple[int, ...], tuple[int, ...], float, bool]] = []
    for other in others:
        pairings = align(
            [segment.text for segment in by_document[base.id]],
            [segment.text for segment in by_document[other.id]],
            vectors,
            anchors=_anchors(fixed, base.id, other.id),
            forbidden=[(_held(bead, base.id), _held(bead, other.id)) for bead in barred],
            languages=(base.language, other.language),
        )
        for pairing in pairings:
            if any((base.id, index) in taken for index in pairing.source) or any((other.id, index) in taken for index in pairing.target):
                continue
            links.append((other.id, pairing.source, pairing.target, pairing.confidence, pairing.moved))
            for index in pairing.source[1:]:
                low, high = sorted((find(pairing.source[0]), find(index)))
                leader[high] = low
    blocks: dict[int, list[int]] = defaultdict(list)
    for index in range(size):
        if (base.id, index) not in taken:
            blocks[find(index)].append(index)
    alone = {source: confidence for _, source, target, confidence, _ in links if not target}
    beads = []
    for head, indices in blocks.items():
        joined = [entry for entry in links if entry[1] and entry[2] and find(entry[1][0]) == head]
        targets: dict[str, list[int]] = defaultdict(list)
        for other_id, _, target, _, _ in joined:
            targets[other_id] += target
        members = _members(base, by_document[base.id], indices)
        for other in others:
            members += _members(other, by_document[other.id], targets.get(other.id, ()))
        score = min((entry[3] for entry in joined), default=alone.get(tuple(indices), 0.0))
        beads.append(Bead("", tuple(members), score, moved=any(entry[4] for entry in joined)))
    named = {other.id: other for other in others}
    for other_id, source, target, confidence, _ in links:
        if not source:
            beads.append(Bead("", tuple(_members(named[other_id], by_document[other_id], target)), confidence))
    return _with(beads, fixed, group) if fixed else beads


def _held(bead: Bead, document: str) -> tuple[int, ...]:
    """The segments of a document that a bead holds."""
    return tuple(sorted({index for member in bead.members if member.document == document for index in member.segments}))


def _anchors(fixed: Sequence[Bead], base: str, other: str) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Fixed beads as pairs of segments of two documents, each segment once: beads that share one (a sentence cut in two) stand together."""
    anchors: list[tuple[set[int], set[int]]] = []
    for bead in fixed:
        left, right = set(_held(bead, base)), set(_held(bead, other))
        for pair in [pair for pair in anchors if pair[0] & left or pair[1] & right]:
            anchors.remove(pair)
            left, right = left | pair[0], right | pair[1]
        if left or right:
            anchors.append((left, right))
    return [(tuple(sorted(left)), tuple(sorted(right))) for left, right in anchors]


def _with(beads: Sequence[Bead], fixed: Sequence[Bead], group: Sequence[Document]) -> list[Bead]:
    """Beads and fixed ones together, in the order of the first document; those without a part of it stand behind, document by document."""
    rank = {document.id: number for number, document in enumerate(group)}
    first = [min((rank.get(member.document, len(rank)), member.start) for member in bead.members) for bead in (*beads, *fixed)]
    return [bead for _, _, bead in sorted(zip(first, range(len(first)), (*beads, *fixed), strict=True), key=lambda entry: entry[:2])]


def _members(document: Document, segments: Sequence[Segment], indices: Iterable[int]) -> list[Member]:
    """A member for each run of neighbouring segments, its text as it stands in the document."""
    runs: list[list[int]] = []
    for index in sorted(set(indices)):
        if runs and runs[-1][-1] == index - 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    spans = [(segments[run[0]].start, segments[run[-1]].end, tuple(run)) for run in runs]
    return [Member(document.id, start, end, document.text[start:end], run) for start, end, run in spans]


def _numbered(beads: Sequence[Bead]) -> list[Bead]:
    width = len(str(max(len(beads), 1)))
    return [replace(bead, id=f"{number:0{width}d}") for number, bead in enumerate(beads, 1)]
