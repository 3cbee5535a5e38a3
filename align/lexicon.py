"""A bilingual word list learnt from the document itself, and how well the words of two spans cover each other.

In: beads of a first alignment, as words. Out: translation probabilities (IBM model 1, Brown et al. 1993, a few rounds of
expectation maximization, both directions) and the coverage of a pair of spans. Called by `rescoring`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

Words = Sequence[str]
Table = Mapping[str, Mapping[str, float]]

ROUNDS = 4
FEW = 0.02  # probabilities below are dropped at the end


def learn(pairs: Iterable[tuple[Words, Words]], longest: int = 60) -> Table:
    """table[word of the first text][word of the second] is the probability of the second, given the first (IBM 1)."""
    kept = [(sorted(set(left)), sorted(set(right))) for left, right in pairs if 0 < len(left) <= longest and 0 < len(right) <= longest]
    table: dict[str, dict[str, float]] = defaultdict(dict)
    for left, right in kept:
        for word in left:
            table[word].update(dict.fromkeys(right, 1.0))
    for _ in range(ROUNDS):
        counts: dict[str, dict[str, float]] = {word: dict.fromkeys(row, 0.0) for word, row in table.items()}
        for left, right in kept:
            rows = [(table[word], counts[word]) for word in left]
            for other in right:
                total = sum(row[other] for row, _ in rows) + 1e-12
                for row, count in rows:
                    count[other] += row[other] / total
        table = {word: _normal(row) for word, row in counts.items()}  # type: ignore[assignment]
    return {word: {other: value for other, value in row.items() if value >= FEW} for word, row in table.items()}


def _normal(row: dict[str, float]) -> dict[str, float]:
    total = sum(row.values()) + 1.0  # one count is held back: a word seen once proves little
    return {other: value / total for other, value in row.items()}


def coverage(left: Words, right: Words, table: Table, rarity: Mapping[str, float]) -> float:
    """Share of the words of `right`, by rarity, that some word of `left` explains: 0 to 1."""
    explained = total = 0.0
    for other in set(right):
        weight = rarity.get(other, 1.0)
        total += weight
        best = max((table[word].get(other, 0.0) for word in left if word in table), default=0.0)
        explained += weight * min(1.0, 3.0 * best)
    return explained / total if total else 0.0
