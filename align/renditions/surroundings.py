"""What the neighbourhood of a pair of sentences says: whether what stands around it, or is linked with it, renders the same too.

In: `candidates` and the log odds of each pair by itself. Out: a table with a column for each name in AROUND, one row a pair.
Called by `renditions`; the weights are learnt by `benchmarks/renditions/learn.py`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .candidates import BLOCK, DIGITS, Candidates, Floats, Integers, Sentences

AROUND = ("alone", "support", "beside", "rival", "relatives", "same_document", "company_most", "company_least")
REACH = 4  # sentences before and after that count as the neighbourhood
NOTHING = -8.0  # log odds of a pair that was not even proposed


def measure(sentences: Sentences, found: Candidates, odds: Floats) -> Floats:
    """What the neighbourhood says, given the log odds of each pair by itself: a column for each name in AROUND.

    support: pairs of neighbouring sentences, the nearer to a diagonal through this pair the more; beside: one of the two
    with the other's neighbour; rival: a better partner in the same document that is neither a repeat nor a neighbour
    of this one; relatives: the mean log odds of pairs of one of the two with a likely partner of the other; company: how many
    partners each of the two may have in the other's document, the more and the fewer.
    """
    chance = 1 / (1 + np.exp(-np.clip(odds, -50, 50)))
    size = len(sentences.texts)
    left, right = found.left, found.right
    keys = left * size + right

    def place(one: Integers, other: Integers) -> tuple[Integers, NDArray[np.bool_]]:
        wanted = np.minimum(one, other) * size + np.maximum(one, other)
        where = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return where, keys[where] == wanted

    against = np.ones(len(left))
    beside = np.zeros(len(left))
    for step in range(-REACH, REACH + 1):
        for shift in range(-REACH, REACH + 1):
            diagonal = bool(step and shift)
            if not diagonal and abs(step + shift) != 1:
                continue
            a, b = left + step, right + shift
            inside = (a >= sentences.starts[left]) & (a < sentences.ends[left]) & (b >= sentences.starts[right]) & (b < sentences.ends[right]) & (a != b)
            where, known = place(np.where(inside, a, left), np.where(inside, b, right))
            near = np.where(inside & known, chance[where], 0.0)
            if diagonal:
                against *= 1 - near * (1.0 if step * shift > 0 else 0.5) / ((1 + abs(step - shift)) * max(abs(step), abs(shift)) ** 0.5)
            else:
                beside = np.maximum(beside, near)
    rival = np.zeros(len(left))
    total, weight = np.clip(odds, NOTHING, 4.0), np.ones(len(left))
    partners = _partners(found, chance, size)
    for begin in range(0, len(left), BLOCK):
        rows = np.arange(begin, min(begin + BLOCK, len(left)))
        for own, other in ((left, right), (right, left)):
            row, third, likely = _expand(partners, rows, own[rows])
            facing = other[row]
            likely = np.where(third == facing, 0.0, likely)
            where, known = place(third, facing)
            same = sentences.document[third] == sentences.document[facing]
            next_to = np.where(np.abs(third - facing) == 1, 0.3, 1.0)
            np.maximum.at(rival, row[same], (likely * next_to * (1 - np.where(known, chance[where], 0.0)))[same])
            strong = likely > 0.2
            total += np.bincount(row[strong], weights=(likely * np.where(known, np.clip(odds[where], NOTHING, 4.0), NOTHING))[strong], minlength=len(left))
            weight += np.bincount(row[strong], weights=likely[strong], minlength=len(left))
    columns = [odds, np.log(1.01 - against), np.log(beside + 0.01), np.log(rival + 0.01), total / weight]
    same_document = sentences.document[left] == sentences.document[right]
    return np.round(np.column_stack([*columns, same_document, _company(sentences, found, chance)]), DIGITS)


def _company(sentences: Sentences, found: Candidates, chance: Floats) -> Floats:
    """Log of the partners that each of the two is likely to have in the other's document, the more and the fewer: shape (pairs, 2)."""
    count = int(sentences.document.max()) + 1
    met = np.concatenate([found.left * count + sentences.document[found.right], found.right * count + sentences.document[found.left]])
    _, place = np.unique(met, return_inverse=True)
    partners = np.log(np.bincount(place, weights=np.concatenate([chance, chance]))[place] + 0.05)
    both = partners.reshape(2, -1)
    return np.column_stack([both.max(axis=0), both.min(axis=0)])


def _partners(found: Candidates, chance: Floats, size: int) -> tuple[Integers, Integers, Floats]:
    """For each sentence its likely partners: bounds, partners, chances."""
    likely = chance > 0.02
    ends = np.concatenate([found.left[likely], found.right[likely]])
    order = np.argsort(ends, kind="stable")
    others = np.concatenate([found.right[likely], found.left[likely]])[order]
    return np.searchsorted(ends[order], np.arange(size + 1)), others, np.concatenate([chance[likely]] * 2)[order]


def _expand(partners: tuple[Integers, Integers, Floats], rows: Integers, owners: Integers) -> tuple[Integers, Integers, Floats]:
    """Each row repeated for each likely partner of its owner, with the partner and its chance."""
    bounds, others, chances = partners
    counts = bounds[owners + 1] - bounds[owners]
    flat = np.repeat(bounds[owners] - np.cumsum(counts) + counts, counts) + np.arange(int(counts.sum()))
    return np.repeat(rows, counts), others[flat], chances[flat]
