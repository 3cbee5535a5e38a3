"""Groups of documents that belong together, one of a language at most; with two languages these are pairs.

The likeliest pairs are joined first. Two groups are joined when their documents are likely to belong together on average, so a weak pair
is carried by a third language in which both have a sure partner, and a false one is kept apart by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .pairing import Candidate

UNKNOWN = 0.02  # chance of a pair that was not even a candidate
WORTH_A_LOOK = 0.05


def groups(candidates: Sequence[Candidate], languages: Mapping[int, str], least: float) -> tuple[list[list[int]], dict[tuple[int, int], float]]:
    """Groups as lists of documents, in order, and the confidence of each pair in them."""
    chance = {(candidate.source, candidate.target): candidate.chance for candidate in candidates}
    members: dict[int, list[int]] = {}
    group_of: dict[int, int] = {}
    confidence: dict[tuple[int, int], float] = {}
    for document in languages:
        members[document], group_of[document] = [document], document

    def known(one: int, other: int) -> float:
        return chance.get((one, other), chance.get((other, one), UNKNOWN))

    for candidate in sorted(candidates, key=lambda each: (-round(each.chance, 6), each.source, each.target)):
        if candidate.chance < min(least, WORTH_A_LOOK):
            break
        one, other = group_of[candidate.source], group_of[candidate.target]
        if one == other or {languages[each] for each in members[one]} & {languages[each] for each in members[other]}:
            continue
        between = {(min(a, b), max(a, b)): known(a, b) for a in members[one] for b in members[other]}
        mean = sum(between.values()) / len(between)
        if mean < least:
            continue
        confidence |= {pair: round(value if value >= least else mean, 4) for pair, value in between.items()}
        members[one] = sorted(members[one] + members.pop(other))
        for document in members[one]:
            group_of[document] = one
    return sorted(group for group in members.values() if len(group) > 1), confidence
