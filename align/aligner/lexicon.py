"""A bilingual word list learnt from the document itself, and how well the words of two spans cover each other.

In: the words of both texts, numbered, and the beads of a first alignment. Out: translation probabilities (IBM model 1, Brown
et al. 1993, a few rounds of expectation maximization) and the coverage of pairs of spans. Called by `rescoring`. All is done
on arrays of pairs of words, one entry for every two words that meet in a bead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Numbers = NDArray[np.float64]

ROUNDS = 4
COMMON = 0.08  # words in more than this share of the segments prove nothing
LONGEST = 60  # words on one side of a bead that is learnt from


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text as numbers: those of segment i are numbers[starts[i] : starts[i + 1]]; `weights` is their rarity."""

    numbers: Integers
    starts: Integers
    weights: Numbers

    def counts(self, first: Integers, last: Integers) -> Integers:
        return np.asarray(self.starts[last] - self.starts[first])


@dataclass(frozen=True, slots=True)
class Table:
    """probability[k] belongs to the pair of words keys[k] = left * size + right; keys rise."""

    keys: Integers
    probability: Numbers
    size: int

    def look_up(self, left: Integers, right: Integers) -> Numbers:
        if not len(self.keys):
            return np.zeros(len(left))
        wanted = left * self.size + right
        place = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.where(self.keys[place] == wanted, self.probability[place], 0.0)


def number_words(lines: Sequence[Sequence[str]], rarity: Mapping[str, float]) -> Words:
    """Number the words of a text, in the order of their first appearance; common words and those met once are left out."""
    frequency: dict[str, int] = {}
    for line in lines:
        for word in set(line):
            frequency[word] = frequency.get(word, 0) + 1
    most = max(3.0, COMMON * len(lines))
    known: dict[str, int] = {}
    numbers: list[int] = []
    starts = [0]
    for line in lines:
        numbers += [known.setdefault(word, len(known)) for word in dict.fromkeys(line) if 2 <= frequency[word] <= most]
        starts.append(len(numbers))
    return Words(np.array(numbers, dtype=np.int64), np.array(starts, dtype=np.int64), np.array([rarity[word] for word in known]))


def pair_up(left: Words, right: Words, beads: Integers) -> tuple[Integers, Integers, Integers]:
    """All pairs of a left and a right word of each bead (rows i, i', j, j'): which bead and right word (a running number),
    the left word, the right word; ordered so that the pairs of one right word in one bead are neighbours."""
    many_left, many_right = left.counts(beads[:, 0], beads[:, 1]), right.counts(beads[:, 2], beads[:, 3])
    pairs = many_left * many_right
    bead = np.repeat(np.arange(len(beads)), pairs)
    place = np.arange(len(bead)) - np.repeat(np.cumsum(pairs) - pairs, pairs)
    across, down = np.divmod(place, many_left[bead])
    group = np.repeat(np.cumsum(many_right * (many_left > 0)) - many_right * (many_left > 0), pairs) + across
    return group, left.numbers[left.starts[beads[bead, 0]] + down], right.numbers[right.starts[beads[bead, 2]] + across]


def learn(left: Words, right: Words, beads: Integers) -> Table:
    """The probability of each right word, given the left one; one count is held back, as a word seen once proves little."""
    short = (left.counts(beads[:, 0], beads[:, 1]) <= LONGEST) & (right.counts(beads[:, 2], beads[:, 3]) <= LONGEST)
    group, first, second = pair_up(left, right, beads[short])
    size = max(1, len(right.weights))
    keys, where = np.unique(first * size + second, return_inverse=True)
    chance = np.ones(len(keys))
    for _ in range(ROUNDS):
        value = chance[where]
        counts = np.bincount(where, value / np.bincount(group, value)[group], minlength=len(keys)) if len(group) else chance
        totals = np.bincount(keys // size, counts, minlength=len(left.weights)) + 1.0
        chance = counts / totals[keys // size]
    return Table(keys, chance, size)


def coverage(left: Words, right: Words, table: Table, beads: Integers) -> Numbers:
    """For each bead the share of its right words, by rarity, that some left word explains: 0 to 1."""
    group, first, second = pair_up(left, right, beads)
    many = right.counts(beads[:, 2], beads[:, 3])
    bead = np.repeat(np.arange(len(beads)), many)
    place = np.arange(len(bead)) - np.repeat(np.cumsum(many) - many, many)
    words = right.numbers[right.starts[beads[bead, 2]] + place]
    totals = np.bincount(bead, right.weights[words], minlength=len(beads))
    explained: NDArray[Any] = np.zeros(len(beads))
    if len(group):
        heads = np.flatnonzero(np.diff(group, prepend=-1))
        best = np.minimum(1.0, 3.0 * np.maximum.reduceat(table.look_up(first, second), heads))
        owner = np.repeat(np.arange(len(beads)), many * (left.counts(beads[:, 0], beads[:, 1]) > 0))
        explained = np.bincount(owner, best * right.weights[second[heads]], minlength=len(beads))
    return np.asarray(explained / np.maximum(totals, 1e-9))
