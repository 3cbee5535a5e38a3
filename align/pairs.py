"""Beads in, pairs of members out: what is compared with what. Called by `pipeline` before `backtranslate`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from .corpus import Bead, Document, Pair


def pairs(beads: Sequence[Bead], documents: Sequence[Document], mode: str, base: str) -> list[Pair]:
    """Every two members of a bead, the base's first, then in the order of the documents.

    In bitext mode two members of one document are halves of one side, not renditions of each other.
    """
    known = {document.id: document for document in documents}
    rank = {document.id: (base not in (document.outlet, document.language), place) for place, document in enumerate(documents)}
    found = []
    for bead in beads:
        members = sorted(bead.members, key=lambda member: (rank[member.document], member.start))
        for a, b in combinations(members, 2):
            if mode == "bitext" and a.document == b.document:
                continue
            found.append(Pair(bead.id, a, b, known[a.document].language, known[b.document].language))
    return found
