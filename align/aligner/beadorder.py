"""Pairings of two texts in order: which stand elsewhere than their neighbours, and where gaps are listed; called by `aligner`.

In: the pairings as they were found, in any order. Out: all of them in source order, the moved ones marked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, slots=True)
class Pairing:
    """One bead: indices of segments of either side; a gap has one segment and the other side empty.

    `confidence` is the probability that the bead is right, 0 to 1; `moved` says that it stands in another order
    than its neighbours.
    """

    source: tuple[int, ...]
    target: tuple[int, ...]
    confidence: float
    moved: bool = False


def flag_moved(found: Sequence[Pairing]) -> list[Pairing]:
    """Mark what is not on the heaviest chain that rises in both texts, weighted by segments."""
    ordered = sorted((pairing for pairing in found if pairing.source and pairing.target), key=lambda pairing: pairing.source)
    kept = rising([pairing.target[0] for pairing in ordered], [len(pairing.source) + len(pairing.target) for pairing in ordered])
    flagged = [pairing if k in kept else replace(pairing, moved=True) for k, pairing in enumerate(ordered)]
    return flagged + [pairing for pairing in found if not (pairing.source and pairing.target)]


def rising(numbers: Sequence[int], weights: Sequence[int]) -> set[int]:
    """Indices of the heaviest rising subsequence.

    Where all numbers before a place are below all behind it, the parts on either side are independent of each other.
    """
    if not numbers:
        return set()
    highest, lowest = np.maximum.accumulate(numbers), np.minimum.accumulate(numbers[::-1])[::-1]
    ends = [*(np.flatnonzero(highest[:-1] < lowest[1:]) + 1).tolist(), len(numbers)]
    kept, start = set[int](), 0
    for end in ends:
        kept |= {start} if end - start == 1 else {start + k for k in _rising_part(numbers[start:end], weights[start:end])}
        start = end
    return kept


def _rising_part(numbers: Sequence[int], weights: Sequence[int]) -> set[int]:
    """The heaviest rising subsequence by a tree of prefix maxima over the ranks: n log n."""
    ranks = {number: rank + 1 for rank, number in enumerate(sorted(set(numbers)))}
    tree: list[tuple[int, int]] = [(0, -1)] * (len(ranks) + 1)
    previous: list[int] = []
    best = (0, -1)
    for index, number in enumerate(numbers):
        place, under = ranks[number] - 1, (0, -1)
        while place > 0:
            under = max(under, tree[place], key=lambda item: (item[0], -item[1]))
            place -= place & -place
        previous.append(under[1])
        entry = (under[0] + weights[index], index)
        place = ranks[number]
        while place < len(tree):
            tree[place] = max(tree[place], entry, key=lambda item: (item[0], -item[1]))
            place += place & -place
        best = max(best, entry, key=lambda item: (item[0], -item[1]))
    kept, index = set(), best[1]
    while index >= 0:
        kept.add(index)
        index = previous[index]
    return kept


def in_order(found: Sequence[Pairing], sources: int, targets: int) -> list[Pairing]:
    """All pairings in source order; a target segment that stands alone comes behind the bead of the one before it.

    Segments that no pairing holds (empty lines) become gaps, certain ones.
    """
    taken_source = {i for pairing in found for i in pairing.source}
    alone = {pairing.target[0]: pairing for pairing in found if not pairing.source}
    holder = {j: pairing.source[0] for pairing in found if pairing.source for j in pairing.target}
    keyed = [((float(pairing.source[0]), 0, 0), pairing) for pairing in found if pairing.source]
    keyed += [((float(i), 0, 0), Pairing((i,), (), 1.0)) for i in range(sources) if i not in taken_source]
    after = -0.5
    for j in range(targets):
        if j in holder:
            after = float(holder[j])
        else:
            keyed.append(((after, 1, j), alone.get(j, Pairing((), (j,), 1.0))))
    return [pairing for _, pairing in sorted(keyed, key=lambda item: item[0])]
