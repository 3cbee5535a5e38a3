"""Stage `link`: documents and segments in, beads out. Decides between the two alignment problems and numbers the beads.

Bitext: the documents of a group are translations of each other; each is aligned with the group's first (base) document
and beads that share a base segment become one. Renditions: `renditions` links whatever renders the same statement.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from .corpus import Bead, Document, Member, Segment
from .embed import Vectors
from .errors import InputError


@dataclass(frozen=True, slots=True)
class Linked:
    """The beads, the mode they were made in and why, and how (`signature`).

    Renditions only: `near_misses`, pairs that were almost linked, the likeliest first; `unlinked`, what somebody says and no other
    document renders; `twins`, pairs of documents that are one text or its translation.
    """

    beads: tuple[Bead, ...]
    mode: str
    reason: str
    signature: str
    near_misses: tuple[Bead, ...] = ()
    unlinked: tuple[Segment, ...] = ()
    twins: tuple[tuple[str, str], ...] = ()


def link(
    documents: Sequence[Document],
    segments: Sequence[Segment],
    vectors: Vectors | None,
    mode: str = "auto",
    base: str = "",
    advance: Callable[[int], None] = lambda _: None,
) -> Linked:
    """Align or link the documents; `base` is the outlet or language whose document leads each group.

    Without `vectors` bitexts are aligned by their surface; renditions cannot be linked then (InputError).
    """
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


def _align_group(group: Sequence[Document], by_document: dict[str, list[Segment]], vectors: Vectors | None) -> list[Bead]:
    """Align each document with the first; beads that touch the same segments of the first are merged."""
    from .aligner import align

    base, others = group[0], group[1:]
    size = len(by_document[base.id])
    leader = list(range(size))

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
            languages=(base.language, other.language),
        )
        for pairing in pairings:
            links.append((other.id, pairing.source, pairing.target, pairing.confidence, pairing.moved))
            for index in pairing.source[1:]:
                low, high = sorted((find(pairing.source[0]), find(index)))
                leader[high] = low
    blocks: dict[int, list[int]] = defaultdict(list)
    for index in range(size):
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
    return beads


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
